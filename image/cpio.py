"""Writes cpio archives as the Linux kernel unpacks them into its initial file system.

The format is "newc" (Documentation/driver-api/early-userspace/buffer-format.rst). Archives written here
are the same bytes for the same contents: everything belongs to root, has no time, and gets its inode
number by its place. Archives can be appended to each other; the kernel unpacks one after the other."""
import stat

MAGIC = b"070701"
TRAILER = "TRAILER!!!"
ALIGN = 4          # of names and contents, as the format wants
BLOCK = 512        # of a whole archive, as cpio(1) pads it


class Cpio:
    """An archive in memory. Parents go before what is in them: the kernel does not make them up."""

    def __init__(self):
        self._out = bytearray()
        self._count = 0

    def directory(self, name, mode=0o755):
        self._entry(name, stat.S_IFDIR | mode, links=2)

    def file(self, name, content, mode=0o644):
        self._entry(name, stat.S_IFREG | mode, content)

    def symlink(self, name, target):
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, name, major, minor, mode=0o600):
        self._entry(name, stat.S_IFCHR | mode, device=(major, minor))

    def getvalue(self):
        """The whole archive, its trailer included. Ends its use."""
        self._count = -1  # the trailer's inode is 0
        self._entry(TRAILER, 0)
        self._pad(BLOCK)
        return bytes(self._out)

    def _entry(self, name, mode, content=b"", device=(0, 0), links=1):
        self._count += 1
        raw = name.encode() + b"\0"
        fields = (self._count, mode, 0, 0, links, 0, len(content), 0, 0, *device, len(raw), 0)
        self._out += MAGIC + b"".join(b"%08X" % field for field in fields) + raw
        self._pad(ALIGN)
        self._out += content
        self._pad(ALIGN)

    def _pad(self, size):
        self._out += b"\0" * (-len(self._out) % size)
