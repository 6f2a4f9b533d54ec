"""A SAN that is folders: a sysfs with disks, a device-mapper, and what path checks find."""
import json

from world import until, whole_lines

WWID = "naa.600a0b80001234560000111122223333"


class San:
    """What a node sees of its storage, and the world whose relevod looks at it."""

    def __init__(self, world):
        self.world = world
        self.folder, self.sys = world.folder / "san", world.folder / "sys"
        for path in (self.folder / "maps", self.folder / "check", self.sys / "block"):
            path.mkdir(parents=True)
        world.environment.update(RELEVO_FAKE_SAN=str(self.folder), RELEVO_SYS=str(self.sys))

    def configure(self, *words):
        self.world.cmdline.write_text("hostname=n1 " + " ".join(words) + "\n")
        self.world.start()

    # --- disks ---

    def disk(self, name, dev, wwid=WWID, sectors=2048, hctl=None, **attributes):
        """A SCSI disk appears, or changes."""
        block = self.sys / "block" / name
        scsi = self.sys / "devices" / (hctl or f"{dev.split(':')[1]}:0:0:0")
        block.mkdir(exist_ok=True)
        scsi.mkdir(parents=True, exist_ok=True)
        if not (block / "device").is_symlink():
            (block / "device").symlink_to(scsi)
        for file, text in {"dev": dev, "size": sectors, "ro": attributes.pop("ro", 0)}.items():
            write(block / file, text)
        attributes.setdefault("state", "running")
        for file, text in {"wwid": wwid, **attributes}.items():
            write(scsi / file, text)

    def pull(self, name):
        """A disk goes."""
        block = self.sys / "block" / name
        block.rename(block.with_name("." + name))
        for file in ("dev", "size", "ro"):
            (block.with_name("." + name) / file).unlink()
        (block.with_name("." + name) / "device").unlink()
        block.with_name("." + name).rmdir()

    def check(self, name, finds):
        """What checks of a path find from now on."""
        write(self.folder / "check" / name, finds, newline=False)

    def rescan(self):
        done = self.world.command("multipath", "rescan")
        assert done.returncode == 0, done.stderr

    # --- device-mapper ---

    def map(self, name):
        """uuid, numbers, table, failed paths, active group; or None."""
        try:
            text = (self.folder / "maps" / name).read_text()
        except FileNotFoundError:
            return None
        uuid, numbers, table, failed, active = text.split("\n")[:5]
        minor, sectors, opened, suspended = (int(n) for n in numbers.split())
        return {"uuid": uuid, "minor": minor, "sectors": sectors, "opened": opened, "suspended": suspended,
                "table": table, "failed": failed.split(), "active": int(active)}

    def put_map(self, name, **changes):
        m = {"uuid": "", "minor": 0, "sectors": 2048, "opened": 0, "suspended": 0, "table": "0 0 0 0",
             "failed": [], "active": 0, **(self.map(name) or {}), **changes}
        write(self.folder / "maps" / name, "\n".join([
            m["uuid"], f"{m['minor']} {m['sectors']} {m['opened']} {m['suspended']}", m["table"],
            "".join(f" {f}" for f in m["failed"]), str(m["active"])]))

    def io_error(self, name, *devices):
        """The kernel fails paths."""
        self.put_map(name, failed=self.map(name)["failed"] + list(devices))

    def diary(self):
        return whole_lines(self.folder / "diary")

    # --- what relevod says ---

    def status(self, alias):
        done = self.world.command("multipath", "--json")
        if done.returncode != 0:
            return {"state": ""}
        return next(m for m in json.loads(done.stdout)["multipath"] if m["alias"] == alias)

    def until_state(self, alias, state):
        return until(lambda: (m := self.status(alias))["state"] == state and m,
                     f"{alias} is {state}: {self.status(alias)}")


def write(path, text, newline=True):
    new = path.with_name(f".{path.name}.test")
    new.write_text(f"{text}\n" if newline else text)
    new.rename(path)
