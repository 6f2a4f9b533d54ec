"""A node with relevod, a fake Xen, and a LUN on a real device-mapper and SCSI layer."""
import json
import os
import re
import subprocess
from pathlib import Path

from world import World, until
from writing import Writing

WWID = "naa.33333330000007d0"  # scsi_debug's first
DISK = "/dev/mapper/web"


def mapped_paths():
    """{major:minor: A (active) or F (failed)}, as device-mapper has the LUN's."""
    status = subprocess.run(["dmsetup", "status", "web"], capture_output=True, text=True, check=False).stdout
    return dict(re.findall(r"(\d+:\d+) ([AF]) ", status))


class Mapped(Writing):
    """Whoever looks after the LUN's map."""

    disk = DISK

    @staticmethod
    def until_failed(count):
        until(lambda: list(mapped_paths().values()).count("F") == count,
              lambda: f"{count} paths have failed: {mapped_paths()}")


class Blade(Mapped):
    def __init__(self, folder, target):
        self.target = target
        self.world = World(folder)
        self.notes = folder / "writes"

    def begin(self, hosts=2, **options):
        """relevod runs, and has assembled the LUN."""
        self.target.add_hosts(hosts)
        self.configure(**options)
        self.world.start()
        return self.until_state("good")

    def configure(self, **options):
        words = ",".join(f"{name}={value}" for name, value in {"interval": 1, **options}.items())
        self.world.cmdline.write_text(f"hostname=n1 multipath=web:{WWID}:{words}\n")

    def relevo(self, *words):
        done = self.world.command("multipath", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def status(self):
        done = self.world.command("multipath", "--json")
        return json.loads(done.stdout)["multipath"][0] if done.returncode == 0 else {"state": ""}

    def until_state(self, state, **more):
        return until(lambda: (m := self.status())["state"] == state
                     and all(m.get(k) == v for k, v in more.items()) and m,
                     lambda: f"the LUN is {state} {more}; it is {self.status()}")

    def groups(self):
        """[(access, [disk, ...]), ...]"""
        return [(g["paths"][0]["access"], [p["name"] for p in g["paths"]]) for g in self.status()["groups"]]

    def carrying(self):
        """The disks of the group that carries."""
        return next(([p["name"] for p in g["paths"]] for g in self.status()["groups"]
                     if g["state"] == "active"), [])

    def close(self):
        self.target.set_mode(0, *range(8))
        if Path(DISK).exists():
            subprocess.run(["dmsetup", "message", "web", "0", "fail_if_no_path"], check=False)
        if self.writer:
            self.stop_writing()
        self.world.close()
        if Path(DISK).exists():
            subprocess.run(["dmsetup", "remove", "--noudevsync", "--retry", "web"], check=True)
        self.target.remove_hosts()
        self.target.reset()


def size_of(disk):
    fd = os.open(disk, os.O_RDONLY)
    try:
        return os.lseek(fd, 0, os.SEEK_END)
    finally:
        os.close(fd)
