"""Builds ports in parallel, each at most once: a finished build is an entry of the cache, named by its key.

The cache (RELEVO_CACHE, /var/cache/relevo): downloads/SHA256, parts/KEY/root, work/KEY while a build runs,
cost/NAME with the seconds a port last took, locks/KEY. An entry appears by rename, so it is whole or absent;
a lock per key lets any number of invocations share the cache."""
import contextlib
import fcntl
import graphlib
import itertools
import os
import shutil
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from . import fetch
from .errors import PortError
from .jobserver import Jobserver
from .recipe import Recipe


def cache_folder():
    return Path(os.environ.get("RELEVO_CACHE") or "/var/cache/relevo").absolute()


def _clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Builder:
    """known: all ports by name; tree: what patches and inputs are relative to; say: prints a line."""

    def __init__(self, known, tree, cache, logs, jobs, say):
        self.ports, self.tree, self.cache, self.logs, self.say = known, tree, cache, logs, say
        for folder in ("parts", "work", "cost", "locks", "apt", "downloads"):
            (cache / folder).mkdir(parents=True, exist_ok=True)
        self.apt = fetch.Apt(cache / "apt")
        self.apt_lock = threading.Lock()  # one download at a time is all a mirror should see
        self.jobserver = Jobserver(jobs)
        self.running = {}  # port name -> its child process
        self.failures = []

    def root(self, port):
        """The DESTDIR tree of a built port."""
        return self.cache / "parts" / port.key / "root"

    def is_built(self, port):
        return self.root(port).exists()

    def build(self, wanted):
        """Builds what is missing of the wanted ports. PortError if one cannot be built; the others, as far
        as they have begun, are finished first."""
        todo = {port.name: port for port in wanted if not self.is_built(port)}
        if not todo:
            self.say(f"ports: all {len(wanted)} parts are built")
            return
        self.say(f"ports: {len(wanted) - len(todo)} of {len(wanted)} parts are built, {len(todo)} to go")
        begin = time.monotonic()
        self._clear_leftovers()
        with ThreadPoolExecutor(max_workers=len(todo)) as pool, self._killing_on_signals():
            self._build_all(todo, pool, begin)
        if self.failures:
            raise self.failures[0]
        self.say(f"ports: all {len(wanted)} parts are built, {len(todo)} of them now, in "
                 f"{_clock(time.monotonic() - begin)}")

    def _build_all(self, todo, pool, begin):
        order = graphlib.TopologicalSorter({
            name: [need for need in port.needs if need in todo] for name, port in todo.items()})
        order.prepare()
        numbers = itertools.count(1)
        futures = {}  # future -> port name
        while order.is_active() or futures:
            for name in order.get_ready() if not self.failures else ():
                futures[pool.submit(self._build_one, todo[name], numbers, len(todo), begin)] = name
            if not futures:
                return
            future = next(as_completed(futures))
            name = futures.pop(future)
            try:
                future.result()
                order.done(name)
            except (PortError, OSError) as failure:
                self._note_failure(failure if isinstance(failure, PortError)
                                   else PortError(f"{name}: {failure}"))

    def _note_failure(self, failure):
        self.failures.append(failure)
        if self.running:
            self.say(f"ports: {str(failure).splitlines()[0]}\n"
                     f"ports: letting {', '.join(self.running)} finish")

    def _build_one(self, port, numbers, count, begin):
        with self._lock(port):
            if self.is_built(port):  # by another invocation, while we waited
                return
            with self.apt_lock:
                files = {name: fetch.fetch(self.apt, self.cache, port, name) for name in port.sha256}
            with self.jobserver.token():
                if self.failures:
                    return
                cost = self.cache / "cost" / port.name
                last = f", last time it took {_clock(float(cost.read_text()))}" if cost.exists() else ""
                self.say(f"ports: part {next(numbers)} of {count}: {port.name} {port.version} "
                         f"(elapsed {_clock(time.monotonic() - begin)}{last})")
                start = time.monotonic()
                self._make_entry(port, files)
                cost.write_text(f"{time.monotonic() - start:.1f}\n")

    def _make_entry(self, port, files):
        work = self.cache / "work" / port.key
        shutil.rmtree(work, ignore_errors=True)  # what an interrupted build left
        self.logs.mkdir(parents=True, exist_ok=True)
        Recipe(port, self, work, self.logs / f"{port.name}.log").run(files)
        (work / "out/name").write_text(f"{port.name} {port.version}\n")
        (work / "out").rename(self.cache / "parts" / port.key)
        shutil.rmtree(work)

    def call(self, port, command, cwd, env, log):
        """Runs one command of a port's build in a session of its own. CalledProcessError if it fails."""
        process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   pass_fds=self.jobserver.fds)
        self.running[port.name] = process
        status = process.wait()
        del self.running[port.name]
        if status != 0:
            raise subprocess.CalledProcessError(status, command)

    @contextlib.contextmanager
    def _lock(self, port):
        with open(self.cache / "locks" / port.key, "w", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.say(f"ports: {port.name} is being built by another invocation: waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _clear_leftovers(self):
        """Removes the work folders of builds that failed or were interrupted: those that nobody holds."""
        for work in (self.cache / "work").iterdir():
            with open(self.cache / "locks" / work.name, "w", encoding="ascii") as lock:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(work)

    @contextlib.contextmanager
    def _killing_on_signals(self):
        """An interrupt ends the builds too, which run in sessions of their own."""
        def stop(number, _frame):
            for process in list(self.running.values()):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            os._exit(128 + number)
        old = {number: signal.signal(number, stop)
               for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)
