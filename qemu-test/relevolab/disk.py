"""Disk images: an MBR, an ext4 partition filled from a directory, a raw partition. Nothing is
mounted, so nothing needs loop devices or can stay mounted."""
import struct
import subprocess
from pathlib import Path

SECTOR = 512
MIB = 1 << 20
LINUX = 0x83


def mbr(partitions):
    """A master boot record for [(first byte, size in bytes)], at most four."""
    table = b""
    for start, size in partitions:
        # No machine here reads the cylinder/head/sector fields: the conventional "too big" values.
        table += struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", LINUX, b"\xfe\xff\xff",
                             start // SECTOR, size // SECTOR)
    return bytes(440) + b"RLV\0\0\0" + table.ljust(64, b"\0") + b"\x55\xaa"


def make(path, tree=None, root_mib=24, raw_mib=8):
    """Writes an image with partition 1 (ext4 from `tree`, or empty space) and partition 2 (raw)."""
    path = Path(path)
    root = (MIB, root_mib * MIB)
    raw = (root[0] + root[1], raw_mib * MIB)
    with open(path, "wb") as image:
        image.write(mbr([root, raw]))
        image.truncate(raw[0] + raw[1])
    if tree:
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-L", "root", "-O", "^metadata_csum",
                        "-d", str(tree), "-E", f"offset={root[0]},root_owner=0:0,no_copy_xattrs",
                        str(path), f"{root_mib}M"], check=True, capture_output=True, text=True)
    return path


def partition(path, number):
    """(first byte, size in bytes) of an MBR partition, counted from 1."""
    with open(path, "rb") as image:
        sector = image.read(SECTOR)
    if sector[510:] != b"\x55\xaa":
        raise ValueError(f"{path} has no partition table")
    start, size = struct.unpack_from("<II", sector, 446 + 16 * (number - 1) + 8)
    return start * SECTOR, size * SECTOR


def copy(source, to):
    """A copy with its holes, shared with the original where the file system can."""
    subprocess.run(["cp", "--reflink=auto", "--sparse=always", str(source), str(to)], check=True)
    return Path(to)


def blank(path, mib=1):
    """An image of zeros."""
    with open(path, "wb") as image:
        image.truncate(mib * MIB)
    return Path(path)
