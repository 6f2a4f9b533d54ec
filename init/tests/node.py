"""A small machine around the real init: a PID namespace with a console that the test reads."""
import ctypes
import hashlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import tty
from pathlib import Path

HERE = Path(__file__).parent
CLONE_NEWPID = 0x20000000
PATIENCE = 240  # seconds for anything that must happen; a busy machine takes 60 to bury ten thousand orphans

libc = ctypes.CDLL(None, use_errno=True)

TIMING = {"ready_ms": 20000, "rest_ms": 2000, "stop_ms": 20000, "handover_ms": 20000, "kill_ms": 20000,
          "services_ms": 50000, "term_all_ms": 1000, "kill_all_ms": 20000, "flush_ms": 20000,
          "hurry_ms": 2000, "reset_ms": 20000, "disaster_ms": 200}


def c_text(value):
    return "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def service(name, *argv, path="/bin/helper", needs=(), only_if=None, **fields):
    """One row of a table of services. argv is the helper's; fields as in struct service."""
    parts = [f".name = {c_text(name)}", f".path = {c_text(path)}",
             ".argv = (const char *const[]){" + ", ".join(map(c_text, ["helper", *argv, None])) + "}"]
    if needs:
        parts.append(".needs = {" + ", ".join(map(c_text, needs)) + "}")
    if only_if:
        parts.append(".only_if = {" + ", ".join(map(c_text, only_if)) + "}")
    parts += [f".{key} = {c_text(v) if key in ('ready', 'tty') else v}" for key, v in fields.items()]
    return "{" + ", ".join(parts) + "}"


def build(folder, rows, timing):
    """Links the real init with a table of its own; the same table is built once."""
    unknown = set(timing) - set(TIMING)
    assert not unknown, f"no such timing: {unknown}"
    waits = ", ".join(f".{key} = {value}" for key, value in (TIMING | timing).items())
    source = ('#include "service.h"\n#include <signal.h>\n#include <stddef.h>\n'
              f"const struct service services_table[] = {{{', '.join(rows)}}};\n"
              f"const unsigned services_count = {len(rows)};\n"
              f"const struct timing timing = {{{waits}}};\n")
    name = hashlib.sha256(source.encode()).hexdigest()[:16]
    program, table = folder / name, folder / f"{name}.c"
    if not program.exists():
        table.write_text(source)
        compiler = [word for word in os.environ["INIT_CC"].split() if word not in ("-MMD", "-MP")]
        subprocess.run([*compiler, *os.environ["INIT_LDFLAGS"].split(), "-o", program, table,
                        Path(os.environ["INIT_DIR"]) / "core.a"], check=True)
    return program


class Terminal:
    """One end of a pseudo-terminal; the other is a terminal of the machine."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.text = ""

    def read(self):
        """Takes what is there; False when nothing was."""
        if self.master is None or not select.select([self.master], [], [], 0)[0]:
            return False
        try:
            self.text += os.read(self.master, 65536).decode(errors="replace")
        except OSError:
            return False
        return True

    def write(self, text):
        os.write(self.master, text.encode())

    def close(self):
        """Hangs up."""
        for fd in (self.master, self.slave):
            if fd is not None:
                os.close(fd)
        self.master = self.slave = None


class Node:
    """The machine. Its init is process self.pid here and process 1 to itself."""

    def __init__(self, folder, rows, timing=None, cmdline="hostname=blade1", init=None, shells=(),
                 tmpfs=None, texts=None, folders=(), files=None, binds=None, loops=False):
        self.terminals = {name: Terminal() for name in ("console", *shells)}
        self.console = self.terminals["console"]
        program = init or build(folder, rows, timing or {})
        helper = Path(os.environ["INIT_DIR"]) / "tests/helper"
        root = folder / "root"
        root.mkdir(exist_ok=True)
        want = {"root": str(root), "init": "/sbin/init", "folders": list(folders),
                "files": {"sbin/init": str(program), "bin/helper": str(helper)}
                | {target: str(source) for target, source in (files or {}).items()},
                "terminals": {name: t.path for name, t in self.terminals.items()},
                "covered": {"proc/cmdline": cmdline + "\n", "proc/sysrq-trigger": ""},
                "tmpfs": tmpfs or {}, "texts": texts or {}, "binds": binds or {},
                "loops": loops}
        self.process = self.launch([sys.executable, str(HERE / "stage.py"), json.dumps(want)])
        self.pid = self.process.pid
        self.status = None

    @staticmethod
    def launch(argv):
        """Starts argv as process 1 of a new PID namespace: the next child of ours is its first."""
        home = os.open("/proc/self/ns/pid", os.O_RDONLY)
        try:
            if libc.unshare(CLONE_NEWPID) != 0:
                raise OSError(ctypes.get_errno(), "no PID namespace")
            return subprocess.Popen(argv, stdin=subprocess.DEVNULL)
        finally:
            libc.setns(home, CLONE_NEWPID)
            os.close(home)

    def wait(self, condition, what):
        """Until condition() is true; everything said meanwhile is read."""
        deadline = time.monotonic() + PATIENCE
        while True:
            while any([terminal.read() for terminal in self.terminals.values()]):
                pass
            result = condition()
            if result:
                return result
            ended = self.process.poll() is not None and not self.console.read() and not condition()
            if ended or time.monotonic() > deadline:
                reason = "init has ended" if ended else f"{PATIENCE} s have passed"
                raise AssertionError(f"{reason}, waiting for {what}; the console says:\n{self.console.text}")
            time.sleep(0.01)

    def wait_for(self, pattern, count=1, terminal="console"):
        """Until the pattern has been seen that often; returns the last match."""
        def seen():
            found = list(re.finditer(pattern, self.terminals[terminal].text))
            return found[count - 1] if len(found) >= count else None
        return self.wait(seen, f"{count} × {pattern!r}")

    def says(self, pattern):
        return len(re.findall(pattern, self.console.text))

    def signal(self, number):
        os.kill(self.pid, number)

    def inside(self, *argv):
        """Runs the helper in there. It may itself fall to the shutdown that it asked for."""
        enter = ["nsenter", "-t", str(self.pid), "-p", "-m", "-u", "/bin/helper"]
        done = subprocess.run([*enter, *map(str, argv)], check=False, timeout=PATIENCE)
        assert done.returncode in (0, -signal.SIGTERM, -signal.SIGKILL)

    def path(self, path):
        """A file of the machine, as seen from here."""
        return Path(f"/proc/{self.pid}/root") / path.lstrip("/")

    def read(self, path):
        file = self.path(path)
        return file.read_text() if file.exists() else ""

    def story(self):
        return self.read("/run/story").splitlines()

    def wait_for_story(self, *lines):
        self.wait(lambda: set(lines) <= set(self.story()), f"the story to tell {lines}")

    def wait_for_end(self):
        """Until init has ended; returns the signal that its namespace's reboot(2) became."""
        self.wait(lambda: self.process.poll() is not None, "init to end")
        while self.console.read():
            pass
        return -self.process.returncode

    def children(self):
        """Process ids, as seen from here, of init's children."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE)
        for terminal in self.terminals.values():
            terminal.close()
