"""Builds ports in parallel, each at most once: a finished build is an entry of the cache, named by its key.

The cache (RELEVO_CACHE, /var/cache/relevo): downloads/SHA256, parts/KEY/{root,seconds}, work/KEY while a
build runs, cost/NAME with the seconds a port last took, locks/KEY. An entry appears by rename, so it is
whole or absent; a lock per key lets any number of invocations share the cache."""
import contextlib
import fcntl
import itertools
import os
import select
import shutil
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from . import fetch, lay, toolchain
from .errors import PortError

LOG_TAIL = 15  # lines of a failed build's log that are shown


class Jobserver:
    """GNU make's: a pipe with one token per processor. A running build holds one, its make takes others."""

    def __init__(self, jobs):
        self.read_end, self.write_end = os.pipe()
        os.write(self.write_end, b"+" * jobs)
        self.makeflags = f" -j{jobs} --jobserver-auth={self.read_end},{self.write_end}"
        self.fds = (self.read_end, self.write_end)

    @contextlib.contextmanager
    def token(self):
        while True:
            select.select([self.read_end], [], [])
            try:  # a make at the other end sets O_NONBLOCK, and may be quicker
                token = os.read(self.read_end, 1)
                break
            except BlockingIOError:
                continue
        try:
            yield
        finally:
            os.write(self.write_end, token)


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Builder:
    def __init__(self, ports, tree, cache, logs, jobs=None, say=print):
        self.ports, self.tree, self.cache, self.logs, self.say = ports, tree, cache, logs, say
        for folder in ("parts", "work", "cost", "locks", "apt", "downloads"):
            (cache / folder).mkdir(parents=True, exist_ok=True)
        self.apt = fetch.Apt(cache / "apt")
        self.apt_lock = threading.Lock()
        self.jobserver = Jobserver(jobs or os.cpu_count())
        self.running = {}  # name -> Popen, to be killed if we are
        self.failed = threading.Event()

    def root(self, port):
        """The DESTDIR tree of a built port."""
        return self.cache / "parts" / port.key / "root"

    def is_built(self, port):
        return self.root(port).exists()

    def build(self, wanted):
        """Builds what is missing of the wanted ports (needs first). PortError if one cannot be built."""
        todo = [port for port in wanted if not self.is_built(port)]
        if not todo:
            self.say(f"ports: all {len(wanted)} parts are built")
            return
        begin = time.monotonic()
        self.say(f"ports: {len(wanted) - len(todo)} of {len(wanted)} parts are built, {len(todo)} to go")
        waiting, failures = list(todo), []
        numbers = itertools.count(1)
        with ThreadPoolExecutor(max_workers=len(todo)) as pool, self._killing_on_signals():
            futures = {}
            while waiting or futures:
                names = {port.name for port in waiting} | set(futures.values())
                for port in [p for p in waiting if not names.intersection(p.needs)]:
                    if failures:
                        break
                    waiting.remove(port)
                    futures[pool.submit(self._build_one, port, numbers, len(todo), begin)] = port.name
                if not futures:
                    break
                first = next(as_completed(futures))
                futures.pop(first)
                try:
                    first.result()
                except PortError as failure:
                    self.failed.set()
                    failures.append(failure)
                    if self.running:
                        self.say(f"ports: {str(failure).splitlines()[0]}\n"
                                 f"ports: letting {', '.join(self.running)} finish")
        if failures:
            raise failures[0]
        self.say(f"ports: all {len(wanted)} parts are built, {len(todo)} of them now, in "
                 f"{clock(time.monotonic() - begin)}")

    def _build_one(self, port, numbers, count, begin):
        with self._lock(port):
            if self.is_built(port):  # by another invocation, while we waited
                return
            with self.apt_lock:  # one download at a time is all a mirror should see
                files = {name: fetch.fetch(self.apt, self.cache, port, name) for name in port.sha256}
            with self.jobserver.token():
                if self.failed.is_set():
                    return
                cost = self.cache / "cost" / port.name
                last = f", last time it took {clock(float(cost.read_text()))}" if cost.exists() else ""
                self.say(f"ports: part {next(numbers)} of {count}: {port.name} {port.version} "
                         f"(elapsed {clock(time.monotonic() - begin)}{last})")
                start = time.monotonic()
                self._make_entry(port, files)
                cost.write_text(f"{time.monotonic() - start:.1f}\n")

    @contextlib.contextmanager
    def _lock(self, port):
        with open(self.cache / "locks" / port.key, "w", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.say(f"ports: {port.name} is being built by another invocation: waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_entry(self, port, files):
        work = self.cache / "work" / port.key
        shutil.rmtree(work, ignore_errors=True)  # what an interrupted build left
        for name in ("src", "out/root", "tmp"):
            (work / name).mkdir(parents=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        log_path = self.logs / f"{port.name}.log"
        with open(log_path, "w", encoding="utf-8") as log:
            steps = [("unpack", lambda: self._unpack(port, files, work, log)),
                     ("patch", lambda: self._patch(port, work, log)),
                     ("build", lambda: self._compile(port, work, log))]
            for name, step in steps:
                try:
                    step()
                except subprocess.CalledProcessError as failure:
                    log.flush()
                    raise PortError(self._failure(port, name, failure.returncode, log_path)) from None
        root = work / "out/root"
        _tidy(root)
        (work / "out/name").write_text(f"{port.name} {port.version}\n")
        (work / "out").rename(self.cache / "parts" / port.key)
        shutil.rmtree(work)

    def _failure(self, port, step, status, log_path):
        tail = log_path.read_text(errors="replace").splitlines()[-LOG_TAIL:]
        how = f"exit status {status}" if status >= 0 else f"signal {-status}"
        return (f"{port.name} {port.version}: {step} failed with {how}, log: {log_path}; its end:\n"
                + "\n".join("    " + line for line in tail))

    def _run(self, port, command, cwd, log, env=None):
        log.flush()
        process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   pass_fds=self.jobserver.fds)
        self.running[port.name] = process
        status = process.wait()
        del self.running[port.name]
        if status != 0:
            raise subprocess.CalledProcessError(status, command)

    def _unpack(self, port, files, work, log):
        src = work / "src"

        def untar(archive, to, strip):
            self._run(port, ["tar", "-x", "--no-same-owner", f"--strip-components={strip}", "-f", archive,
                             "-C", to], work, log)

        for name, path in files.items():
            if name.endswith(".deb"):
                self._run(port, ["dpkg-deb", "-x", path, work / "deb" if port.unpack else src], work, log)
            elif ".debian.tar." in name:
                untar(path, src, 0)
            else:
                untar(path, src, 1)
        if port.unpack:
            untar(work / "deb" / port.unpack, src, 1)
            shutil.rmtree(work / "deb")

    def _patch(self, port, work, log):
        for entry in port.patches:
            if entry.startswith("debian"):
                patches = self._debian_patches(port, work / "src/debian/patches", entry)
            else:
                patches = sorted(self.tree.glob(entry))
            for patch in patches:
                self._run(port, ["patch", "-p1", "--no-backup-if-mismatch", "-i", patch], work / "src", log)

    @staticmethod
    def _debian_patches(port, folder, entry):
        """"debian": all of Debian's series; "debian:NAME": one of it."""
        if not (folder / "series").exists():
            raise PortError(f"{port.name}: patches says '{entry}', but none of its files has Debian's series")
        lines = (line.split() for line in (folder / "series").read_text().splitlines())
        series = [words[0] for words in lines if words and not words[0].startswith("#")]
        name = entry.removeprefix("debian").removeprefix(":")
        if not name:
            return [folder / each for each in series]
        if name not in series:
            raise PortError(f"{port.name}: patches says '{entry}', which is not in Debian's series")
        return [folder / name]

    def _compile(self, port, work, log):
        sysroot, tools = work / "sysroot", work / "tools"
        if port.on_musl:
            needs = [self.ports[name] for name in self._closure(port)]
            lay.sysroot([self.root(need) for need in needs], sysroot,
                        [(work / "src", f"/{port.name}"), (sysroot, "")])
            toolchain.write_tools(tools, sysroot)
        env = toolchain.environment(port, work, sysroot, tools, work / "out/root", self.tree)
        env["MAKEFLAGS"] = self.jobserver.makeflags
        for need in port.needs:
            env["PORT_" + need.upper().replace("-", "_")] = str(self.root(self.ports[need]))
        script = "umask 022; set -x\n" + port.build
        self._run(port, ["nice", "-n", "5", "bash", "-euo", "pipefail", "-c", script], work / "src", log, env)

    def _closure(self, port):
        found, todo = set(), list(port.needs)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self.ports[name].needs
        return [name for name in self.ports if name in found]

    @contextlib.contextmanager
    def _killing_on_signals(self):
        """An interrupt ends the builds too: they run in sessions of their own."""
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


def _tidy(root):
    """The same bits whatever built them: programs under usr/, no libtool files, one time stamp."""
    for name in ("bin", "sbin", "lib"):
        if (root / name).is_dir() and not (root / name).is_symlink():
            lay.merge(root / name, root / "usr" / name)
            shutil.rmtree(root / name)
    for path in sorted(root.rglob("*.la")):
        path.unlink()
    moment = toolchain.SOURCE_DATE_EPOCH
    for path in [root, *root.rglob("*")]:
        os.utime(path, (moment, moment), follow_symlinks=False)


def cache_folder():
    return Path(os.environ.get("RELEVO_CACHE") or "/var/cache/relevo").absolute()
