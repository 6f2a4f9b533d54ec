"""A network and process namespace of the lab's own.

Its first process does nothing but live: when it dies, the kernel kills every other process in the
namespace and removes the switches and taps with it. So nothing a lab starts can be left behind,
however the lab itself ends, and labs side by side do not see each other."""
import contextlib
import ctypes
import os
import signal
import subprocess
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
CLONE_NEWNET = 0x40000000


def die_with_parent():
    """For preexec_fn: this process gets SIGKILL when the thread that started it is gone."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def started_at(pid):
    """A process's start time in clock ticks: with the pid it names one process for ever."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
    except (FileNotFoundError, ProcessLookupError):
        return None


def child_of(pid):
    """The one child of a process, or None."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid:
                    return int(entry.name)
    return None


class Space:
    """An open namespace. `pid` is its first process, seen from outside."""

    def __init__(self, pid, start):
        self.pid, self.start = pid, start

    @classmethod
    def create(cls, stays):
        """A new one. It ends with this process unless it `stays`."""
        process = subprocess.Popen(
            ["unshare", "--net", "--pid", "--fork", "--kill-child", "sh", "-c",
             "ip link set lo up && echo ready && exec sleep infinity"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            preexec_fn=None if stays else die_with_parent)
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"cannot make a namespace: {process.stderr.read().decode().strip()}")
        process.stdout.close()
        process.stderr.close()
        pid = child_of(process.pid)
        space = cls(pid, started_at(pid))
        space.process = process  # kept so that nobody else gets its pid while we live
        return space

    def alive(self):
        return self.start is not None and started_at(self.pid) == self.start

    def command(self, *argv):
        """argv, to be run inside."""
        return ["nsenter", "--target", str(self.pid), "--net", "--pid", "--", *map(str, argv)]

    def run(self, *argv, check=True, timeout=30):
        """Runs a short command inside; returns the finished process with its output as text."""
        done = subprocess.run(self.command(*argv), capture_output=True, text=True, timeout=timeout,
                              check=False)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(map(str, argv))}: {done.stderr.strip() or done.stdout}")
        return done

    def spawn(self, argv, **options):
        """Starts a long-lived process inside; returns its pid as seen from outside."""
        process = subprocess.Popen(self.command(*argv), start_new_session=True, **options)
        while True:
            pid = child_of(process.pid)
            if pid:
                return process, pid
            if process.poll() is not None:
                raise RuntimeError(f"{argv[0]} ended at once with status {process.returncode}")

    @contextlib.contextmanager
    def inside(self):
        """This thread's new sockets belong to the namespace within the block."""
        with open("/proc/thread-self/ns/net") as before, open(f"/proc/{self.pid}/ns/net") as here:
            if LIBC.setns(here.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                LIBC.setns(before.fileno(), CLONE_NEWNET)

    def close(self):
        """Kills everything inside."""
        if self.alive():
            os.kill(self.pid, signal.SIGKILL)
        if hasattr(self, "process"):
            self.process.wait()
