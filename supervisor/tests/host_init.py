"""Process 1 of a fake host: a namespace of processes, mounts and network. Starts what its file names,
again whenever it ends, and stops it in the opposite order; when it dies, all of it dies at once.

usage: host_init.py FOLDER: services.json in it is [[name, argument, ...], ...]; pids/NAME tells them."""
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

AGAIN = 0.2  # seconds before what has ended is started again, as init would
OWN = ("/run", "/dev/shm", "/var/lib/corosync", "/var/log")


def mount_own_folders(folder):
    libc = ctypes.CDLL(None, use_errno=True)
    for path in OWN:
        if libc.mount(b"tmpfs", path.encode(), b"tmpfs", 0, None) != 0:
            raise OSError(ctypes.get_errno(), path)
    incarnation = os.urandom(8).hex()
    Path("/run/incarnation").write_text(incarnation + "\n", encoding="ascii")
    (folder / "incarnation").write_text(incarnation, encoding="ascii")


class Service:
    def __init__(self, folder, name, *arguments):
        self.folder, self.name, self.arguments = folder, name, arguments
        self.pid = 0
        self.due = 0.0

    def start(self):
        with open(self.folder / f"{self.name}.log", "a", encoding="utf-8") as log:
            self.pid = subprocess.Popen(self.arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL).pid
        new = self.folder / "pids" / f"{self.name}.new"
        new.write_text(str(self.pid), encoding="ascii")
        new.rename(self.folder / "pids" / self.name)

    def look(self):
        if self.pid == 0 and time.monotonic() >= self.due:
            self.start()

    def ended(self):
        self.pid = 0
        self.due = time.monotonic() + AGAIN


def reap(services):
    """Services that have ended, and orphans."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        for service in services:
            if service.pid == pid:
                service.ended()


def main():
    folder = Path(sys.argv[1])
    mount_own_folders(folder)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    services = [Service(folder, *words)
                for words in json.loads((folder / "services.json").read_text(encoding="utf-8"))]
    leaving = []
    signal.signal(signal.SIGTERM, lambda *_: leaving.append(True))
    while not leaving:
        reap(services)
        for service in services:
            service.look()
        time.sleep(0.01)
    for service in reversed(services):
        if service.pid:
            os.kill(service.pid, signal.SIGTERM)
        while service.pid:
            reap(services)
            time.sleep(0.01)


main()
