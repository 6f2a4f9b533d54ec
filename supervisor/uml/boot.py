#!/usr/bin/python3
"""Runs a command under User Mode Linux: the kernel of port linux-uml, its files this machine's own, read
only, but for one folder; its SCSI target has no device before the command asks for some.

    boot.py --linux FILE [--seconds N] --out FOLDER COMMAND...

The exit status is the command's; 124 after N seconds."""
import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCSI_DEBUG = {"add_host": 0, "vpd_use_hostno": 0, "max_luns": 1, "dev_size_mb": 16, "ndelay": 50000,
              "max_queue": 64}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--linux", required=True)
    parser.add_argument("--seconds", type=int, default=3600, help="it is killed after so long")
    parser.add_argument("--memory", default="512M")
    parser.add_argument("--out", required=True, type=Path, help="may be written to")
    parser.add_argument("--scsi", action="append", default=[], help="a parameter of scsi_debug")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args()


def start(linux, out, command, words=(), memory="512M", **popen):
    """The machine, with more words for its kernel. In a session of its own: it consists of several
    processes. Its console is the process' standard input and output."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "status").unlink(missing_ok=True)
    (out / "command").write_text("\0".join([os.getcwd(), *command]))
    scsi = [f"scsi_debug.{name}={value}" for name, value in SCSI_DEBUG.items()]
    kernel = [linux, f"mem={memory}", "rootfstype=hostfs", "rootflags=/", "ro", "quiet", "con=null",
              "con0=fd:0,fd:1", f"init={HERE}/init.py", f"uml_out={out}", *scsi, *words]
    return subprocess.Popen(kernel, start_new_session=True, **popen)


def stop(machine):
    """Pulls its power, if it is still on."""
    try:
        os.killpg(machine.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    machine.wait()


def main():
    options = arguments()
    out = options.out.resolve()
    machine = start(options.linux, out, options.command, [f"scsi_debug.{word}" for word in options.scsi],
                    options.memory, stdin=subprocess.DEVNULL)
    try:
        machine.wait(options.seconds)
    except subprocess.TimeoutExpired:
        print(f"boot.py: not done within {options.seconds} s", file=sys.stderr)
        return 124
    finally:
        stop(machine)
    status = out / "status"
    return int(status.read_text()) if status.exists() else 1


if __name__ == "__main__":
    sys.exit(main())
