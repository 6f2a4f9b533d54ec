"""Shows a long job step by step: which of how many, the time so far, what the step cost last time."""
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

COSTS = Path(os.environ.get("RELEVO_CACHE", "/var/cache/relevo")) / "cost/steps.json"
QUIET = 60  # seconds without a word after which a step says that it is still at work


class StepFailed(Exception):
    """One line: what failed and where to read more."""


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Steps:
    """`total` steps will follow; `logs` takes the full output of their commands."""

    def __init__(self, total, logs, costs=COSTS):
        self.total, self.logs, self.costs = total, Path(logs), costs
        self.number, self.begin = 0, time.monotonic()
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            self.last = json.loads(costs.read_text())
        except (OSError, ValueError):
            self.last = {}

    def elapsed(self):
        return clock(time.monotonic() - self.begin)

    @contextlib.contextmanager
    def step(self, name, what):
        """One step; its cost is remembered when it succeeds."""
        self.number += 1
        before = f", last time {clock(self.last[name])}" if name in self.last else ""
        print(f"[part {self.number} of {self.total}, elapsed {self.elapsed()}{before}] {what}", flush=True)
        began = time.monotonic()
        yield
        self.last[name] = round(time.monotonic() - began, 1)
        with contextlib.suppress(OSError):  # a cost that is not remembered costs nothing
            self.costs.parent.mkdir(parents=True, exist_ok=True)
            self.costs.write_text(json.dumps(self.last))

    def say(self, text):
        print(f"    {text}", flush=True)

    def run(self, name, argv, cwd):
        """Runs a command to its end, its output in a log, its lines of progress on the terminal."""
        path = self.logs / f"{name}.log"
        lines = queue.Queue()
        with open(path, "wb", buffering=0) as log, subprocess.Popen(
                argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, errors="replace") as process:
            reader = threading.Thread(target=_copy, args=(process.stdout, log, lines), daemon=True)
            reader.start()
            last = self._follow(lines, began=time.monotonic())
            status = process.wait()
        if status:
            raise StepFailed(f"{last or argv[0] + ' failed'} (all of it: {path})")

    def _follow(self, lines, began):
        """Shows progress until the output ends; returns the line that says best what went wrong: our own
        words before a compiler's, and those before make's."""
        best, ours = "", False
        while True:
            try:
                line = lines.get(timeout=QUIET)
            except queue.Empty:
                self.say(f"still at it, {clock(time.monotonic() - began)} now")
                continue
            if line is None:
                return best
            if line.startswith("ports: part "):
                self.say(line.removeprefix("ports: "))
            elif line.startswith("relevo: "):
                best, ours = line.removeprefix("relevo: "), True
            elif "error:" in line.lower() and not ours:
                best = line
            elif line.startswith("make") and not best:
                best = line


def _copy(source, log, lines):
    """A log that takes no more, on a full disk, does not make the command wait for ever for its reader."""
    for line in source:
        try:
            if log:
                log.write(line.encode(errors="replace"))
        except OSError as why:
            lines.put(f"relevo: cannot write {log.name}: {why.strerror}")
            log = None
        lines.put(line.rstrip())
    lines.put(None)


def fail(text):
    """The one line that a failed job ends with; exit status 1."""
    print(f"relevo: {text}", file=sys.stderr)
    return 1
