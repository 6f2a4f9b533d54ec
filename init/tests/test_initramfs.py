"""Stage one: from the initramfs into the compressed image, and its init executed there."""
import os
import subprocess
from pathlib import Path

from node import build, service


def make_image(folder, init=None):
    """A squashfs like the root image: empty folders, the helper, perhaps an init."""
    root = folder / "image"
    for name in ("bin", "sbin", "dev", "proc", "sys", "run", "tmp", "var", "site"):
        (root / name).mkdir(parents=True)
    files = {"bin/helper": Path(os.environ["INIT_DIR"]) / "tests/helper"}
    if init:
        files["sbin/init"] = init
    for target, source in files.items():
        (root / target).write_bytes(Path(source).read_bytes())
        (root / target).chmod(0o755)
    image = folder / "root.img"
    subprocess.run(["mksquashfs", root, image, "-quiet", "-no-progress"], check=True, capture_output=True)
    return image


def small_init(built):
    return build(built, [service("a", "story", "a")], {})


def start(boot, built, image, **options):
    init = small_init(built)
    return boot(init=init, files={"root.img": image}, loops=True, **options)


def test_into_the_image(boot, built, tmp_path):
    node = start(boot, built, make_image(tmp_path, small_init(built)), folders=["site"],
                 texts={"site/site.conf": "the site's"})
    node.wait_for_story("start a")
    root = next(line for line in node.read("/proc/1/mounts").splitlines() if line.split()[1] == "/")
    assert "squashfs ro" in root
    assert node.read("/site/site.conf") == "the site's"
    assert os.readlink(f"/proc/{node.pid}/exe").endswith("/sbin/init")
    assert not node.path("/root.img").exists()


def test_an_image_without_init_is_run_by_this_one(boot, built, tmp_path):
    node = start(boot, built, make_image(tmp_path))
    node.wait_for("cannot execute /sbin/init; going on without: No such file or directory")
    node.wait_for_story("start a")


def test_a_broken_image_resets_the_host(boot, built, tmp_path):
    image = tmp_path / "root.img"
    image.write_bytes(b"not a file system" * 1000)
    node = start(boot, built, image)
    node.wait_for("cannot mount /root.img as squashfs or erofs")
    node.wait_for("there is no root file system: resetting this host")
    assert node.wait_for_end() == 1  # SIGHUP: restarted
