#!/usr/bin/python3
"""PID 1 under User Mode Linux, see boot.py: mounts what is needed, runs the command, switches off."""
import ctypes
import os
import subprocess
from pathlib import Path

POWER_OFF = 0x4321FEDC  # LINUX_REBOOT_CMD_POWER_OFF
MOUNTS = [("proc", "proc", "/proc"), ("sysfs", "sysfs", "/sys"), ("devtmpfs", "devtmpfs", "/dev"),
          ("tmpfs", "shm", "/dev/shm"), ("tmpfs", "run", "/run"), ("tmpfs", "tmp", "/tmp")]

libc = ctypes.CDLL(None, use_errno=True)


def mount(kind, source, target, options=""):
    os.makedirs(target, exist_ok=True)
    if libc.mount(source.encode(), target.encode(), kind.encode(), 0, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"{target}: {os.strerror(ctypes.get_errno())}")


def run():
    for kind, source, target in MOUNTS:
        mount(kind, source, target)
    out = os.environ["uml_out"]
    mount("hostfs", "out", out, out)
    folder, *command = Path(out, "command").read_text().split("\0")
    if folder.startswith("/tmp/"):
        mount("hostfs", "tree", folder, folder)
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"}
    status = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
    Path(out, "status").write_text(str(status))


if __name__ == "__main__":
    try:
        run()
    finally:
        os.sync()
        libc.reboot(POWER_OFF)
