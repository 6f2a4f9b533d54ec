"""relevod on a Xen that is a folder: what tests need to run it, to look at it and to meddle."""
import ctypes
import json
import os
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

PROGRAM = os.environ["RELEVOD_FAKE"]
PATIENCE = 60  # seconds: a bound for a stuck test, not a measure
PR_SET_THP_DISABLE = 41  # prctl(2)


def until(condition, what, pause=0.02):
    """Waits for a condition, called what (or what() when it has failed); its first true value."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {PATIENCE} s: {what() if callable(what) else what}"
        time.sleep(pause)


def whole_lines(path):
    """The lines of a file that others write to: one that is not ended yet is none."""
    return path.read_text().split("\n")[:-1] if path.exists() else []


class World:
    """One node: its configuration, its fake Xen, its relevod."""

    def __init__(self, folder):
        self.folder = folder
        self.xen, self.run, self.site = folder / "xen", folder / "run", folder / "site"
        for path in (self.xen / "domains", self.run, self.site / "guests"):
            path.mkdir(parents=True)
        self.cmdline = folder / "cmdline"
        self.cmdline.write_text("console=hvc0 hostname=n1\n")
        self.err = folder / "stderr"
        self.process = None
        self.program = PROGRAM
        self.environment = dict(os.environ, RELEVO_RUN=str(self.run), RELEVO_FAKE_XEN=str(self.xen),
                                RELEVO_RESOLV_CONF=str(folder / "resolv.conf"))
        self.relevo = folder / "relevo"
        self.relevo.symlink_to(PROGRAM)

    def guest(self, name, *lines, home="n1", site=None):
        text = [f'name = "{name}"', "memory = 64", 'kernel = "/boot/vmlinuz"', f'home = "{home}"', *lines]
        ((site or self.site) / "guests" / f"{name}.cfg").write_text("\n".join(text) + "\n")

    def start(self):
        with open(self.err, "a", encoding="utf-8") as err:
            self.process = subprocess.Popen([self.program, "-c", self.cmdline, "-s", self.site], stderr=err,
                                            env=self.environment)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self):
        """Orderly shutdown; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def command(self, *words):
        return subprocess.run([self.relevo, *words], env=self.environment, text=True, capture_output=True,
                              timeout=PATIENCE, check=False)

    def ask(self, request):
        """Raw bytes to the control socket; the reply."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(PATIENCE)
            s.connect(str(self.run / "control"))
            s.sendall(request)
            reply = b""
            while part := s.recv(65536):
                reply += part
            return reply

    def status(self):
        """The status document; None while relevod does not answer."""
        done = self.command("status", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def guest_status(self, name):
        status = self.status()
        return next((g for g in status["guests"] if g["name"] == name), None) if status else None

    def until_state(self, name, state):
        return until(lambda: (g := self.guest_status(name)) and g["state"] == state and g,
                     f"{name} is {state}: {self.guest_status(name)}")

    # --- the fake Xen ---

    def diary(self):
        """[(deed, domid, name)]"""
        lines = whole_lines(self.xen / "diary")
        return [(d, int(i), n) for d, i, n, _ in (line.split() for line in lines)]

    def deeds(self, name, deed):
        return [i for d, i, n in self.diary() if n == name and d == deed]

    def domains(self):
        found = {}
        for path in (self.xen / "domains").iterdir():
            if path.name.isdigit():
                try:
                    found[int(path.name)] = dict(w.split("=", 1) for w in path.read_text().split())
                except FileNotFoundError:
                    continue
        return found

    def domains_of(self, name):
        return {i: d for i, d in self.domains().items() if d["name"] == name}

    def running(self, name):
        return [i for i, d in self.domains_of(name).items() if d["state"] == "running"]

    def change(self, domid, **words):
        """Writes a domain anew, as relevod's fake does: in one step."""
        domain = dict(self.domains()[domid], **words)
        new = self.xen / "domains" / f"{domid}.test"
        new.write_text(" ".join(f"{k}={v}" for k, v in domain.items()) + "\n")
        new.rename(self.xen / "domains" / str(domid))

    def end(self, domid, how):
        self.change(domid, state="ended", end=how)

    def destroy(self, domid):
        """xl destroy, behind relevod's back."""
        (self.xen / "domains" / str(domid)).unlink()

    def make_domain(self, domid, name, state="running"):
        """xl create, behind relevod's back."""
        new = self.xen / "domains" / f"{domid}.test"
        new.write_text(f"name={name} uuid={uuid.uuid4().hex} state={state} end=poweroff paused=0\n")
        new.rename(self.xen / "domains" / str(domid))

    def set(self, knob, text=""):
        (self.xen / knob).write_text(text)

    def unset(self, knob):
        (self.xen / knob).unlink()

    def log(self):
        return self.err.read_text() if self.err.exists() else ""

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def measure(self):
        """To be called before start(): without sanitizers, whose own memory would be taken for growth, and
        without huge pages, each of which would be."""
        self.program += "-plain"
        assert ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0

    def memory_kib(self):
        """Its own, by its page tables: the counters of /proc/PID/status may lag behind, by 32 pages for each
        processor. Not its program's file: code that was not needed before comes 16 pages at a time."""
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in rollup if line.startswith("Anonymous:"))

    def until_grown_at_most(self, descriptors, memory, kib):
        """A leak stays; what is only about to be closed or freed goes."""
        until(lambda: self.descriptors() <= descriptors and self.memory_kib() - memory <= kib,
              lambda: f"no growth: {descriptors} descriptors, now {self.descriptors()}; "
                      f"{memory} KiB, now {self.memory_kib()}")

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
