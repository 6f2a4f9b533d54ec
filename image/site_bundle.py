"""Packs a site's directory (site.conf, guests/, keys, firmware) as a cpio that unpacks to /site."""
import hashlib
import os
import stat
import subprocess

from cpio import Cpio
from errors import ImageError

VERSION = "VERSION"
SKIPPED = (".git", ".gitignore", ".gitattributes")


def pack(folder):
    """(archive, version) of a site's directory. Raises ImageError for what cannot be a site."""
    if not folder.is_dir():
        raise ImageError(f"{folder}: no such directory, expected a site's")
    if not (folder / "site.conf").is_file() and not (folder / "guests").is_dir():
        raise ImageError(f"{folder}: neither site.conf nor guests/ is in it, expected a site's directory")
    if (folder / VERSION).exists():
        raise ImageError(f"{folder / VERSION}: this name is taken, the bundle's version goes there")
    entries = sorted(_walk(folder, ""))
    version = _git_version(folder) or _content_version(entries)
    archive = Cpio()
    archive.directory("site")
    for name, mode, content in entries:
        if content is None:
            archive.directory(f"site/{name}", mode)
        else:
            archive.file(f"site/{name}", content, mode)
    archive.file(f"site/{VERSION}", f"{version}\n".encode())
    return archive.getvalue(), version


def _walk(folder, prefix):
    """(name, mode, content) of everything in it; content None: a directory. Links to files are followed."""
    for entry in os.scandir(folder):
        if entry.name in SKIPPED:
            continue
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield name, _mode(entry), None
            yield from _walk(entry.path, name + "/")
        elif entry.is_file():
            with open(entry.path, "rb") as file:
                yield name, _mode(entry), file.read()
        else:
            raise ImageError(f"{entry.path}: expected a file, a link to a file, or a directory")


def _mode(entry):
    """Keys stay their owner's alone; what the packer's umask added for a group to write does not count."""
    return stat.S_IMODE(entry.stat().st_mode) & 0o755


def _git_version(folder):
    """What git calls the state of the directory, or None where it keeps none of it."""
    git = ["git", "-C", str(folder)]
    tracked = subprocess.run([*git, "ls-files", "--", "."], capture_output=True, text=True, check=False)
    if tracked.returncode != 0 or not tracked.stdout:
        return None
    described = subprocess.run([*git, "describe", "--always", "--tags", "--dirty"],
                               capture_output=True, text=True, check=False)
    return described.stdout.strip() if described.returncode == 0 else None


def _content_version(entries):
    """A name for a directory that git does not know: the same on every node that has the same contents."""
    digest = hashlib.sha256()
    for name, mode, content in entries:
        digest.update(repr((name, mode, content)).encode())
    return f"sha256-{digest.hexdigest()[:12]}"
