#!/usr/bin/python3
"""One side of a mirror, in its User Mode Linux: a node with relevod, a fake Xen, the kernel's DRBD, and
disks that are slices of a file. Does what pair.py asks for, one line of JSON for each request and reply.

    side.py NUMBER FOLDER"""
import json
import mmap
import os
import re
import socket
import subprocess
import sys
import time
import traceback
import tty
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parent), str(HERE.parents[1] / "tests")]
import cost  # noqa: E402
import writer  # noqa: E402
from words import word  # noqa: E402
from world import World, until  # noqa: E402
from writing import Writing  # noqa: E402

CABLE = "vec0"
DISK = "/dev/ubda"
MB = 2048  # sectors
LOOK = 0.1  # seconds from one look to the next
os.environ["DM_DISABLE_UDEV"] = "1"


def run(*command, **more):
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=60, **more)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


def is_as(mirror, wanted):
    return all(mirror[key] == value for key, value in wanted.items())


class Side(World, Writing):
    def __init__(self, number, folder):
        self.number, self.name = number, f"n{number + 1}"
        # The image's files, where the image has them.
        os.makedirs("/run/usr/upper")
        os.makedirs("/run/usr/work")
        run("mount", "-t", "overlay", "usr", "-o",
            f"lowerdir={os.environ['UML_USR']}:/usr,upperdir=/run/usr/upper,workdir=/run/usr/work", "/usr")
        os.makedirs("/run/lock", exist_ok=True)
        super().__init__(Path("/run/node"))
        os.symlink(self.run, "/run/relevo")  # where what the kernel calls looks for relevod
        self.err = folder / "stderr"
        self.disk, self.notes = "/dev/drbd/web", self.folder / "writes"
        socket.sethostname(self.name)
        run("ip", "link", "set", "lo", "up")
        run("ip", "addr", "add", f"10.0.0.{number + 1}/24", "dev", CABLE)
        run("ip", "link", "set", CABLE, "up")

    # --- disks ---

    @staticmethod
    def slice(name, start, size, kind="linear"):
        """Sets up /dev/mapper/NAME, so many MB of the file from there on, or changes it."""
        table = f"0 {int(size * MB)} " + (f"linear {DISK} {start * MB}" if kind == "linear" else kind)
        if Path(f"/dev/mapper/{name}").exists():
            run("dmsetup", "reload", name, "--table", table)
            run("dmsetup", "resume", name)
        else:
            run("dmsetup", "create", name, "--table", table)

    @staticmethod
    def scribble(name, at_mb, text):
        """Changes a disk behind its user's back."""
        with open(f"/dev/mapper/{name}", "r+b", buffering=0) as disk:
            disk.seek(at_mb << 20)
            disk.write(text.encode().ljust(4096, b"\0"))
            os.fsync(disk.fileno())

    @staticmethod
    def check_copy(name, durable):
        """The copy below the mirror has all that was durable."""
        writer.check_slots(f"/dev/mapper/{name}", durable)

    @staticmethod
    def slots(name):
        return writer.read_slots(f"/dev/mapper/{name}")

    @staticmethod
    def read(name, at_mb, size):
        """Bytes of a disk, as text."""
        with open(f"/dev/mapper/{name}", "rb") as disk:
            os.posix_fadvise(disk.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            disk.seek(at_mb << 20)
            return disk.read(size).rstrip(b"\0").decode(errors="replace")

    @staticmethod
    def size_of(disk):
        with open(disk, "rb", buffering=0) as f:
            return f.seek(0, os.SEEK_END)

    # --- the cable ---

    @staticmethod
    def cable(delay_ms=0, cut=False, rate=None):
        """What leaves this side comes late, slowly, or never."""
        run("tc", "qdisc", "replace", "dev", CABLE, "root", "netem", "limit", "10000",
            "delay", f"{delay_ms}ms", "loss", "100%" if cut else "0%", *(["rate", rate] if rate else []))

    # --- relevod ---

    def configure(self, *lines):
        self.cmdline.write_text(f"hostname={self.name}\n")
        (self.site / "site.conf").write_text("".join(f"{line}\n" for line in lines))

    def do(self, *words):
        """Its output; fails unless it succeeds."""
        done = self.command(*words)
        assert done.returncode == 0, f"relevo {' '.join(words)}: {done.stderr}"
        return done.stdout

    def refused(self, *words):
        """What it says; fails unless it is refused."""
        done = self.command(*words)
        assert done.returncode == 1, f"relevo {' '.join(words)}: {done.returncode}, {done.stderr}"
        return done.stderr

    def remove_guest(self, name):
        (self.site / "guests" / f"{name}.cfg").unlink(missing_ok=True)

    def mirrors(self):
        """What `relevo drbd --json` tells, without a process for each look; [] while nobody answers."""
        try:
            return json.loads(self.ask(b"drbd\n"))["drbd"]
        except OSError:
            return []

    def mirror(self, name="web"):
        """The entry of the mirror's status; {} while there is none."""
        return next((m for m in self.mirrors() if m["name"] == name), {})

    def wait_mirror(self, name="web", **wanted):
        return until(lambda: (m := self.mirror(name)) and is_as(m, wanted) and m,
                     lambda: f"{self.name}'s mirror {name} is {wanted}; it is {self.mirror(name)}", LOOK)

    def count_mirrors(self, **wanted):
        return sum(is_as(m, wanted) for m in self.mirrors())

    def wait_log(self, text):
        until(lambda: text in self.log(), f"{self.name}'s relevod says: {text}")

    def start_relevod(self):
        self.start()

    def cpu_seconds(self):
        return cost.cpu_seconds(self)

    def own_memory_kib(self):
        """What relevod's processes have each for itself."""
        return sum(int(re.search(r"^RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1])
                   for pid in cost.processes(self))

    # --- many small mirrors, m0 and so on ---

    def configure_many(self, count, size):
        for i in range(count):
            self.slice(f"m{i}", i * size, size)
        self.configure(*(word(f"m{i}", minor=i, port=7788 + i) for i in range(count)))

    def order_many(self, verb, count):
        """The same order for all; not waited for."""
        for i in range(count):
            reply = json.loads(self.ask(f"drbd {verb} m{i}\n".encode()))
            assert reply["ok"], f"{verb} m{i}: {reply}"

    def down_many(self, count):
        for i in range(count):
            run("drbdsetup", "down", f"m{i}")

    # --- the kernel's own word ---

    @staticmethod
    def resyncs(minor=0):
        """KiB that each resync of the mirror began with, in order."""
        began = re.findall(rf"block drbd{minor}: Began resync as .*\(will sync (\d+) KB", run("dmesg"))
        return [int(kib) for kib in began]

    @staticmethod
    def sync_seconds(minor=0):
        """From the first resync's begin to its end."""
        times = [float(t) for t in re.findall(
            rf"\[ *([\d.]+)\] block drbd{minor}: (?:Began resync|Resync done)", run("dmesg"))]
        return times[1] - times[0]

    @staticmethod
    def dmesg():
        return run("dmesg")

    @staticmethod
    def drbdsetup(*words):
        """[exit status, output]"""
        done = subprocess.run(["drbdsetup", *words], text=True, capture_output=True, check=False, timeout=60)
        return [done.returncode, done.stdout + done.stderr]

    # --- figures ---

    @staticmethod
    def time_writes(disk, size, count):
        """Seconds that each durable write took."""
        fd = os.open(disk, os.O_WRONLY | os.O_DIRECT | os.O_DSYNC)
        took = []
        with mmap.mmap(-1, size) as buffer:
            for number in range(count):
                buffer[:8] = number.to_bytes(8, "little")
                begin = time.monotonic()
                assert os.pwritev(fd, [buffer], number % (16 * 1024 * 1024 // size) * size) == size
                took.append(time.monotonic() - begin)
        os.close(fd)
        return took

    @staticmethod
    def time_promotions(minor, count):
        """Seconds that each took."""
        took = []
        for _ in range(count):
            begin = time.monotonic()
            run("drbdsetup", "primary", str(minor))
            took.append(time.monotonic() - begin)
            run("drbdsetup", "secondary", str(minor))
        return took


def serve(side):
    tty.setraw(0)
    print(json.dumps({"value": "up"}), flush=True)  # what was asked before has been lost
    for line in sys.stdin:
        what, words, named = json.loads(line)
        try:
            reply = {"value": getattr(side, what)(*words, **named)}
        except Exception:  # pylint: disable=broad-except  whatever it is, the test shall have it
            reply = {"error": traceback.format_exc()}
        print(json.dumps(reply, default=str), flush=True)


if __name__ == "__main__":
    sys.stderr = open(Path(sys.argv[2], "side.err"), "w", encoding="utf-8")  # not on the wire
    serve(Side(int(sys.argv[1]), Path(sys.argv[2])))
