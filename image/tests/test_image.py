"""mkimage.py image: what the initrd holds, that it is reproducible, and what it refuses."""
import gzip
import json
import os
import subprocess

import mkimage
import pytest

FILES = {"usr/sbin/relevod": b"\x7fELF" + bytes(5000), "etc/hosts": b"127.0.0.1 localhost\n",
         "usr/lib/a.so": b"a" * 70000, "usr/lib/b.so": b"b" * 300}


def write_tree(folder, names, when):
    for name in mkimage.MOUNT_POINTS:
        (folder / name).mkdir(parents=True)
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES[name])
        os.utime(path, (when, when))
    (folder / "bin").symlink_to("usr/bin")


@pytest.fixture(name="inputs")
def fixture_inputs(tmp_path):
    write_tree(tmp_path / "rootfs", FILES, 1_000_000_000)
    (tmp_path / "init").write_bytes(b"init program")
    (tmp_path / "vmlinuz").write_bytes(b"kernel")
    (tmp_path / "xen.gz").write_bytes(gzip.compress(b"hypervisor"))
    return {"rootfs": tmp_path / "rootfs", "init": tmp_path / "init", "kernel": tmp_path / "vmlinuz",
            "xen": tmp_path / "xen.gz", "out": tmp_path / "out"}


def make(inputs):
    return mkimage.main(["image", *(f"--{name}={path}" for name, path in inputs.items())])


def test_initrd_holds_init_and_the_root(inputs, listing, extract):
    assert make(inputs) == 0
    archive = (inputs["out"] / "initrd.img").read_bytes()
    found = listing(archive)
    assert found["init"]["mode"] == "-rwxr-xr-x"
    assert found["dev/console"]["mode"] == "crw-------"
    assert found["lib/firmware"]["target"] == "/site/firmware"
    folder = extract(archive)
    assert (folder / "init").read_bytes() == b"init program"
    subprocess.run(["unsquashfs", "-quiet", "-no-progress", "-dest", folder / "root",
                    folder / "root.img"], check=True, stdout=subprocess.DEVNULL)
    for name, content in FILES.items():
        assert (folder / "root" / name).read_bytes() == content
    assert os.readlink(folder / "root/bin") == "usr/bin"


def test_same_inputs_same_bytes(inputs, tmp_path):
    """Made at another time, by another user's files, written in another order, in another place."""
    assert make(inputs) == 0
    other = tmp_path / "elsewhere"
    write_tree(other, reversed(FILES), 1_500_000_000)
    os.chown(other / "etc/hosts", 1234, 1234)
    second = {**inputs, "rootfs": other, "out": tmp_path / "again"}
    assert make(second) == 0
    for name in ("initrd.img", "vmlinuz", "xen.gz", "sizes.json"):
        assert (second["out"] / name).read_bytes() == (inputs["out"] / name).read_bytes(), name


def test_another_content_gives_other_bytes(inputs, tmp_path):
    assert make(inputs) == 0
    (inputs["rootfs"] / "etc/hosts").write_bytes(b"127.0.0.2 localhost\n")
    second = {**inputs, "out": tmp_path / "again"}
    assert make(second) == 0
    assert (second["out"] / "initrd.img").read_bytes() != (inputs["out"] / "initrd.img").read_bytes()


def test_sizes(inputs):
    assert make(inputs) == 0
    sizes = json.loads((inputs["out"] / "sizes.json").read_text())
    assert sizes["parts"] == {name: (inputs["out"] / name).stat().st_size
                              for name in ("xen.gz", "vmlinuz", "initrd.img")}
    assert sizes["total"] == sum(sizes["parts"].values())
    assert sizes["initrd"]["init"] == len(b"init program")
    assert sizes["root_unpacked"] == {name: len(content) for name, content in FILES.items()}
    assert next(iter(sizes["root_unpacked"])) == "usr/lib/a.so"  # the largest first


@pytest.mark.parametrize("what", ["rootfs", "init", "kernel", "xen"])
def test_a_part_that_is_missing(inputs, capsys, what):
    missing = inputs["out"] / "nowhere"
    assert make({**inputs, what: missing}) == 1
    said = capsys.readouterr().err
    assert said == f"relevo: {missing}: not found, expected the {what} of the image there\n"
    assert not (inputs["out"] / "initrd.img").exists()


def test_root_without_a_mount_point(inputs, capsys):
    (inputs["rootfs"] / "site").rmdir()
    assert make(inputs) == 1
    assert capsys.readouterr().err == (f"relevo: {inputs['rootfs']}/site: not a directory, expected a mount "
                                       f"point for init\n")


def test_hypervisor_in_another_form(inputs, capsys):
    inputs["xen"].write_bytes(b"\x7fELF")
    assert make(inputs) == 1
    assert "expected the hypervisor as Debian packs it" in capsys.readouterr().err
