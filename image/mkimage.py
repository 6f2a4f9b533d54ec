#!/usr/bin/python3
"""Makes what a blade boots: xen.gz, vmlinuz and initrd.img, and a site's bundle. See README.md."""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import site_bundle
from cpio import Cpio
from errors import ImageError

# init mounts this file of the initrd as the root.
ROOT_IMAGE = "root.img"
# Where init mounts the rest; a read-only root that lacks one of them cannot be given it later.
MOUNT_POINTS = ("dev", "proc", "run", "site", "sys", "tmp", "var")
# The fastest to unpack of those that are small; measured in README.md.
SQUASHFS = ["-comp", "zstd", "-Xcompression-level", "19", "-b", "128K"]
# Same tree, same bytes: no times, no owners, no attributes, one thread's order.
SQUASHFS_FIXED = ["-mkfs-time", "0", "-all-time", "0", "-all-root", "-no-xattrs", "-no-exports",
                  "-noappend", "-no-progress", "-quiet", "-reproducible"]


def make_root_image(rootfs, target):
    command = ["mksquashfs", str(rootfs), str(target), *SQUASHFS, *SQUASHFS_FIXED]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ImageError(f"mksquashfs of {rootfs} failed: {result.stderr.strip() or result.stdout.strip()}")


def make_initrd(init, root_image):
    """The initial file system: init, the root image, and a console to say what went wrong before /dev."""
    archive = Cpio()
    archive.directory("dev")
    archive.character_device("dev/console", 5, 1)
    archive.directory("lib")
    archive.symlink("lib/firmware", "/site/firmware")  # drivers ask before the root is mounted
    archive.file("init", init.read_bytes(), 0o755)
    archive.file(ROOT_IMAGE, root_image.read_bytes())
    return archive.getvalue()


def measure(out, init, root_image, rootfs):
    """Sizes in bytes: of what is loaded, of what the initrd is made of, of the root's files unpacked."""
    parts = {name: (out / name).stat().st_size for name in ("xen.gz", "vmlinuz", "initrd.img")}
    files = {str(path.relative_to(rootfs)): path.stat().st_size
             for path in rootfs.rglob("*") if path.is_file() and not path.is_symlink()}
    return {
        "total": sum(parts.values()),
        "parts": parts,
        "initrd": {"init": init.stat().st_size, ROOT_IMAGE: root_image.stat().st_size},
        "root_unpacked": dict(sorted(files.items(), key=lambda item: (-item[1], item[0]))),
    }


def make_image(options):
    for what in ("rootfs", "init", "kernel", "xen"):
        path = getattr(options, what)
        if not path.exists():
            raise ImageError(f"{path}: not found, expected the {what} of the image there")
    for name in MOUNT_POINTS:
        if not (options.rootfs / name).is_dir():
            raise ImageError(f"{options.rootfs / name}: not a directory, expected a mount point for init")
    if not options.xen.read_bytes().startswith(b"\x1f\x8b"):
        raise ImageError(f"{options.xen}: not gzip, expected the hypervisor as Debian packs it")
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out) as scratch:
        root_image = Path(scratch) / ROOT_IMAGE
        make_root_image(options.rootfs, root_image)
        (options.out / "initrd.img").write_bytes(make_initrd(options.init, root_image))
        shutil.copyfile(options.kernel, options.out / "vmlinuz")
        shutil.copyfile(options.xen, options.out / "xen.gz")
        sizes = measure(options.out, options.init, root_image, options.rootfs)
    (options.out / "sizes.json").write_text(json.dumps(sizes, indent=4) + "\n")
    print(f"{options.out}: " + ", ".join(f"{name} {size / 1e6:.2f} MB" for name, size in
                                         [*sizes["parts"].items(), ("together", sizes["total"])]))


def make_site(options):
    content, version = site_bundle.pack(options.directory)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(content)
    print(f"{options.out}: site {options.directory} version {version}, {len(content)} bytes")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    image = commands.add_parser("image", help="make xen.gz, vmlinuz, initrd.img and sizes.json")
    for name in ("rootfs", "init", "kernel", "xen", "out"):
        image.add_argument(f"--{name}", type=Path, required=True)
    image.set_defaults(make=make_image)
    site = commands.add_parser("site", help="pack a site's directory as a cpio to append to initrd.img")
    site.add_argument("directory", type=Path)
    site.add_argument("out", type=Path)
    site.set_defaults(make=make_site)
    options = parser.parse_args(arguments)
    try:
        options.make(options)
    except (ImageError, OSError) as why:
        print(f"relevo: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
