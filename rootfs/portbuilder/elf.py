"""Reads as much of ELF as it takes to check that every program of the image is hardened and can be loaded."""
import struct
from pathlib import Path

PT_DYNAMIC, PT_INTERP, PT_GNU_STACK, PT_GNU_RELRO = 2, 3, 0x6474E551, 0x6474E552
DT_NEEDED, DT_STRTAB, DT_SONAME, DT_RPATH, DT_RUNPATH, DT_FLAGS, DT_FLAGS_1 = 1, 5, 14, 15, 29, 30, 0x6FFFFFFB
DF_BIND_NOW, DF_1_NOW = 0x8, 0x1
ET_EXEC, ET_DYN = 2, 3
PF_X = 1
LOADER = "/lib/ld-musl-x86_64.so.1"
# No function of theirs has anything on its stack that -fstack-protector-strong would guard.
NOTHING_TO_GUARD = ("libxentoolcore.so", "libcorosync_common.so")


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def read(path):
    """The facts the checks need of one ELF64 file, or None for another kind of ELF (an object, a kernel)."""
    data = Path(path).read_bytes()
    if data[:4] != b"\x7fELF" or data[4] != 2:
        return None
    kind, = struct.unpack_from("<H", data, 16)
    if kind not in (ET_EXEC, ET_DYN):
        return None
    phoff, = struct.unpack_from("<Q", data, 32)
    phentsize, phnum = struct.unpack_from("<HH", data, 54)
    facts = {"pie": kind == ET_DYN, "relro": False, "now": False, "stack": None, "interp": None,
             "needed": [], "rpath": None, "guarded": b"\0__stack_chk_fail\0" in data}
    segments = [struct.unpack_from("<IIQQQQQQ", data, phoff + i * phentsize) for i in range(phnum)]

    def offset(address):
        for kind, _, start, virtual, _, size, _, _ in segments:
            if kind == 1 and virtual <= address < virtual + size:
                return start + address - virtual
        raise ValueError(f"{path}: no segment holds address {address:#x}")

    def text(start):
        return data[start:data.index(b"\0", start)].decode()

    for kind, flags, start, _, _, size, _, _ in segments:
        if kind == PT_GNU_RELRO:
            facts["relro"] = True
        elif kind == PT_GNU_STACK:
            facts["stack"] = "exec" if flags & PF_X else "noexec"
        elif kind == PT_INTERP:
            facts["interp"] = text(start)
        elif kind == PT_DYNAMIC:
            entries = list(struct.iter_unpack("<QQ", data[start:start + size]))
            tags = dict(reversed(entries))
            names = offset(tags[DT_STRTAB])
            facts["needed"] = [text(names + value) for tag, value in entries if tag == DT_NEEDED]
            facts["now"] = bool(tags.get(DT_FLAGS, 0) & DF_BIND_NOW or tags.get(DT_FLAGS_1, 0) & DF_1_NOW)
            for tag in (DT_RPATH, DT_RUNPATH):
                if tag in tags:
                    facts["rpath"] = text(names + tags[tag])
    return facts


def faults(root, path):
    """What is wrong with one ELF file of the image rooted at root: phrases, none if all is well."""
    facts = read(path)
    if facts is None:
        return []
    found = []
    if not facts["pie"]:
        found.append("not position-independent")
    if not facts["relro"]:
        found.append("no RELRO")
    if not facts["now"]:
        found.append("not BIND_NOW")
    if facts["stack"] != "noexec":
        found.append("executable stack" if facts["stack"] else "no GNU_STACK header")
    if facts["needed"] and not facts["guarded"] and not path.name.startswith(NOTHING_TO_GUARD):
        found.append("no stack protector")  # a static program does not tell
    if facts["rpath"]:
        found.append(f"search path {facts['rpath']}")
    if facts["interp"] not in (None, LOADER):
        found.append(f"loader {facts['interp']}, expected {LOADER}")
    found += [f"needs {name}, which is not in the image" for name in facts["needed"]
              if not any((root / folder / name).exists() for folder in ("usr/lib", "lib"))]
    return found


def _runs_here(path):
    """Programs and libraries; not a boot loader or kernel for guests, which is data to this machine."""
    return (path.stat().st_mode & 0o111 or ".so" in path.name) and is_elf(path)


def check(root):
    """All faults of all programs and libraries under root, as lines."""
    lines = []
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink() and _runs_here(path):
            lines += [f"/{path.relative_to(root)}: {fault}" for fault in faults(root, path)]
    return lines
