"""Puts built parts together: a sysroot to compile against, and the parts' share of the root image."""
import fnmatch
import os
import shutil
import subprocess
from pathlib import Path

from . import elf, toolchain
from .errors import PortError


def merge(root, target):
    """Lays a part's tree into target: hard links where possible (parts are never written to), else copies."""
    for folder, folders, files in os.walk(root):
        to = target / Path(folder).relative_to(root)
        to.mkdir(parents=True, exist_ok=True)
        for name in files + [f for f in folders if Path(folder, f).is_symlink()]:
            source, copy = Path(folder, name), to / name
            if copy.is_dir() and not copy.is_symlink():
                raise PortError(f"{source} is a file, but another part has a folder of that name")
            copy.unlink(missing_ok=True)
            try:
                os.link(source, copy, follow_symlinks=False)
            except OSError:  # another file system
                shutil.copy2(source, copy, follow_symlinks=False)


def sysroot(roots, target, hide=(), at=None):
    """A sysroot of these parts with its compiler, target/cc; at: where it will be, if not at target."""
    for name in ("bin", "lib", "sbin"):
        (target / "usr" / name).mkdir(parents=True)
        (target / name).symlink_to(f"usr/{name}")
    for root in roots:
        merge(root, target)
    toolchain.write_compiler(target, hide, at)


def image_files(port, root):
    """What of a part goes into the root image, by its globs: relative paths, sorted."""
    chosen = set()
    for pattern in port.image:
        hits = [p for p in root.glob(pattern) if p.is_symlink() or not p.is_dir()]
        if not hits:
            raise PortError(f"{port.name}: the image glob '{pattern}' matches nothing that was built")
        chosen.update(str(p.relative_to(root)) for p in hits)
    return sorted(p for p in chosen if not any(fnmatch.fnmatch(p, skip) for skip in port.image_skip))


def image(parts, target):
    """Copies every port's image files into target, what we compiled stripped. parts: (port, root) pairs."""
    owner = {}
    for port, root in parts:
        for name in image_files(port, root):
            if name in owner:
                raise PortError(f"{port.name}: {name} is already in the image, from {owner[name]}")
            owner[name] = port.name
            to = target / name
            to.parent.mkdir(parents=True, exist_ok=True)
            if to.is_symlink() or to.exists():
                raise PortError(f"{port.name}: {to} is there already, from somewhere else")
            shutil.copy2(root / name, to, follow_symlinks=False)
            # What Debian built stays as it is: a guest's boot loader is an ELF file that strip would break.
            if not port.deb and not to.is_symlink() and elf.is_elf(to):
                to.chmod(to.stat().st_mode | 0o200)
                strip(to)


def strip(path):
    flags = ["--strip-unneeded", "--enable-deterministic-archives", "-R", ".comment"]
    result = subprocess.run(["strip", *flags, str(path)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise PortError(f"strip {path}: {result.stderr.strip()}")
