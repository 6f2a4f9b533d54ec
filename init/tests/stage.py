"""Becomes process 1 of a small machine: own mounts, hostname, network; then executes init.

Started by node.py in a new PID namespace. Arguments: a JSON object, see Node."""
import ctypes
import json
import os
import stat
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWNET = 0x20000, 0x4000000, 0x8000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 0x1000, 0x4000, 0x40000, 2
SYS_PIVOT_ROOT, PR_SET_PDEATHSIG, SIGKILL = 155, 1, 9
DEVICES = {"null": (1, 3), "zero": (1, 5), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
LOOP_MAJOR = 7
LOOPS = {"loop-control": (10, 237)} | {f"loop{i}": (LOOP_MAJOR, i) for i in range(64)}

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, kind=None, flags=0, options=None):
    def text(x):
        return None if x is None else str(x).encode()
    check(libc.mount(text(source), text(target), text(kind), ctypes.c_ulong(flags), text(options)),
          f"mount {source} on {target}")


def bind(source, target):
    Path(target).touch()
    mount(source, target, flags=MS_BIND)


def make_devices(dev, terminals, devices):
    mount("tmpfs", dev, "tmpfs", options="mode=0755")
    for name, (major, minor) in devices.items():
        kind = stat.S_IFBLK if major == LOOP_MAJOR else stat.S_IFCHR
        os.mknod(dev / name, kind | 0o666, os.makedev(major, minor))
        os.chmod(dev / name, 0o666)
    for name, path in terminals.items():
        bind(path, dev / name)
    (dev / "kmsg").touch()


def make_root(root, want):
    """The files of the machine in a tmpfs at root; /proc with the harmful file covered."""
    mount("tmpfs", root, "tmpfs", options="mode=0755")
    for folder in ("dev", "proc", "sys", "run", "tmp", "var", "sbin", "bin", *want["folders"]):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for path, source in want["files"].items():
        (root / path).write_bytes(Path(source).read_bytes())
        (root / path).chmod(0o755)
    make_devices(root / "dev", want["terminals"], DEVICES | (LOOPS if want["loops"] else {}))
    mount("proc", root / "proc", "proc")
    for path, text in want["covered"].items():
        if not (root / path).exists():
            continue  # a kernel without sysrq
        cover = root / path.replace("/", "_")
        cover.write_text(text)
        mount(cover, root / path, flags=MS_BIND)
    for target, options in want["tmpfs"].items():
        mount("tmpfs", root / target, "tmpfs", options=options)
    for path, text in want["texts"].items():
        try:
            (root / path).write_text(text)
        except OSError:
            pass  # a full disk is one of the cases
    for source, target in want["binds"].items():
        mount(source, root / target, flags=MS_BIND)


def main():
    want = json.loads(sys.argv[1])
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL)
    check(libc.unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET), "unshare")
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    root = Path(want["root"])
    make_root(root, want)
    os.chdir(root)
    check(libc.syscall(SYS_PIVOT_ROOT, b".", b"."), "pivot_root")
    check(libc.umount2(b".", MNT_DETACH), "umount the old root")
    os.execve(want["init"], [want["init"]], {"LEAK": "of the environment"})


main()
