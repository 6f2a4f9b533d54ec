"""Downloads, by apt's own means: its mirrors, its proxies, its signed indexes; then our own SHA-256.

A private set of lists is derived from the system's: sources are needed, and the system's lists stay
as they are. No mirror address is known here."""
import fcntl
import hashlib
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

from .errors import PortError

APT_HELPER = "/usr/lib/apt/apt-helper"
APT_DIR = Path("/etc/apt")
# Without a network, apt's usual patience takes a minute to say so.
IMPATIENT = [x for option in ("Acquire::Retries=1", "Acquire::http::Timeout=15", "Acquire::https::Timeout=15")
             for x in ("-o", option)]


def _codename():
    text = Path("/etc/os-release").read_text()
    match = re.search(r'^VERSION_CODENAME="?(\w+)', text, re.M)
    if not match:
        raise PortError("/etc/os-release has no VERSION_CODENAME: is this Debian?")
    return match[1]


def _derived_lists(codename):
    """The system's entries for Debian itself, in deb822 form, sources added. Other vendors' are left out."""
    stanzas = []
    for path in sorted(APT_DIR.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", path.read_text())):
            suites = re.search(r"(?mi)^Suites:(.*)", stanza)
            if suites and suites[1].split() and suites[1].split()[0].startswith(codename):
                stanzas.append(re.sub(r"(?mi)^Types:.*", "Types: deb deb-src", stanza.strip()))
    for path in [APT_DIR / "sources.list", *sorted(APT_DIR.glob("sources.list.d/*.list"))]:
        text = path.read_text() if path.exists() else ""
        line = r"(?m)^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$"
        for options, uri, suite, components in re.findall(line, text):
            if suite.startswith(codename):
                signed = re.search(r"signed-by=(\S+)", options)
                stanzas.append(f"Types: deb deb-src\nURIs: {uri}\nSuites: {suite}\nComponents: {components}"
                               + (f"\nSigned-By: {signed[1]}" if signed else ""))
    if not stanzas:
        raise PortError(f"no entry for {codename} in {APT_DIR}/sources.list or sources.list.d")
    return "\n\n".join(stanzas) + "\n"


class Apt:
    """apt-get and apt-cache on private lists under the cache; the index is read once per run, on demand."""

    def __init__(self, folder):
        self.folder = folder
        self.updated = False
        self.failure = ""  # why the index cannot be read; said of each port, tried once

    def _run(self, tool, *arguments):
        options = [f"Dir::Etc::sourcelist={self.folder}/lists.sources", "Dir::Etc::sourceparts=-",
                   f"Dir::State::Lists={self.folder}/lists", f"Dir::Cache={self.folder}/cache",
                   "APT::Sandbox::User=root", "Acquire::Retries=3", "APT::Update::Error-Mode=any"]
        return subprocess.run([tool, *(x for o in options for x in ("-o", o)), *arguments],
                              cwd=self.folder, capture_output=True, text=True, check=False)

    def _update(self, port):
        if self.updated:
            return
        if not self.failure:
            self._read_index()
        if self.failure:
            raise PortError(f"{port.name}: {self.failure}")
        self.updated = True

    def _read_index(self):
        (self.folder / "lists/partial").mkdir(parents=True, exist_ok=True)
        (self.folder / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
        (self.folder / "lists.sources").write_text(_derived_lists(_codename()))
        result = self._run("apt-get", *IMPATIENT, "update")
        if result.returncode != 0:
            last = (result.stderr.strip() or "no message").splitlines()[0]
            self.failure = f"apt-get update failed, is there a network? It says: {last}"

    def uris(self, port, version):
        """file name -> (URI, SHA-256) of one version; empty if apt doesn't know it."""
        self._update(port)
        verb = ["source", "--download-only"] if port.source else ["download"]
        result = self._run("apt-get", *verb, "--print-uris", "--only-source",
                           f"{port.package}={version}" if version else port.package)
        rows = re.findall(r"^'(\S+)' (\S+) \d+ SHA256:(\w+)", result.stdout, re.M)
        return {unquote(name): (uri, digest) for uri, name, digest in rows}

    def versions(self, port):
        """Every version apt offers, in apt's own order."""
        self._update(port)
        if port.source:
            text = self._run("apt-cache", "showsrc", "--only-source", port.source).stdout
            found = re.findall(r"^Version: (\S+)", text, re.M)
        else:
            text = self._run("apt-cache", "madison", port.deb).stdout
            found = [row.split("|")[1].strip() for row in text.splitlines() if row.endswith("Packages")]
        return list(dict.fromkeys(found))

    def download(self, uri, path):
        result = self._run(APT_HELPER, "download-file", uri, str(path))
        return "" if result.returncode == 0 and path.exists() else result.stderr.strip()


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _candidate_uris(apt, port, name):
    """Where a file may be, and whether apt's index still has it. If not, it may yet be beside another
    version's files: a superseded version leaves the index some time before it leaves the mirror."""
    known = apt.uris(port, port.version)
    if name in known:
        return [known[name][0]], True
    folders = [uri.rsplit("/", 1)[0] for version in apt.versions(port)
               for uri, _ in apt.uris(port, version).values()]
    quoted = name.replace("+", "%2b").replace("~", "%7e")
    return [f"{folder}/{quoted}" for folder in dict.fromkeys(folders)], False


def _download(apt, port, name, partial):
    """Fetches one file to partial, its hash checked."""
    uris, indexed = _candidate_uris(apt, port, name)
    error = ""
    for uri in uris:
        partial.unlink(missing_ok=True)
        error = apt.download(uri, partial)
        if error:
            continue
        found = sha256(partial)
        if found != port.sha256[name]:
            partial.unlink()
            raise PortError(f"{port.name}: {name}: expected SHA-256 {port.sha256[name]}, found {found}")
        return
    if indexed:
        raise PortError(f"{port.name}: cannot download {name} of {port.package} {port.version}: "
                        f"{error.splitlines()[0]}")
    offered = ", ".join(apt.versions(port)) or "no version at all"
    raise PortError(f"{port.name}: the pinned {port.package} {port.version} ({name}) is gone; apt offers "
                    f"{offered}. `rootfs/portbuild.py pins {port.name}` shows what moving the pin changes")


def fetch(apt, cache, port, name):
    """The path of one of a port's files in the download cache, downloaded if it isn't there."""
    expected = port.sha256[name]
    folder = cache / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / expected
    if target.exists():
        return target
    with open(folder / f".{expected}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            partial = folder / f".{expected}.part"
            _download(apt, port, name, partial)
            partial.rename(target)
    return target
