"""Writes cpio archives in the kernel's "newc" format; root owns everything, times are zero."""
import os
import stat
from pathlib import Path


def _entry(name, mode, data=b"", rdev=(0, 0), inode=0):
    encoded = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(encoded), 0)
    header = b"070701" + b"".join(b"%08x" % field for field in fields)
    pad = b"\0" * (-(len(header) + len(encoded)) % 4)
    return header + encoded + pad + data + b"\0" * (-len(data) % 4)


def archive(tree, under=""):
    """The bytes of an archive of directory `tree`, unpacking to /`under`."""
    tree = Path(tree)
    out, inode = [], 1
    parents = [str(path) for path in reversed(Path(under).parents)][1:] if under else []
    for name in [*parents, *([under] if under else [])]:
        out.append(_entry(name, stat.S_IFDIR | 0o755, inode=inode))
        inode += 1
    for path in sorted(tree.rglob("*")):
        info = path.lstat()
        data, rdev = b"", (0, 0)
        if stat.S_ISREG(info.st_mode):
            data = path.read_bytes()
        elif stat.S_ISLNK(info.st_mode):
            data = os.readlink(path).encode()
        elif stat.S_ISCHR(info.st_mode):
            rdev = (os.major(info.st_rdev), os.minor(info.st_rdev))
        name = os.path.join(under, path.relative_to(tree))
        out.append(_entry(name, info.st_mode, data, rdev, inode))
        inode += 1
    out.append(_entry("TRAILER!!!", 0))
    data = b"".join(out)
    return data + b"\0" * (-len(data) % 512)
