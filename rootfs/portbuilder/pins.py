"""Pins against what apt offers, and moving one: the port file is rewritten, the change is shown."""
import difflib
import re
from dataclasses import replace

from . import fetch
from .errors import PortError


def report(apt, port):
    """One line: the pin, and what else there is."""
    offered = apt.versions(port)
    others = [version for version in offered if version != port.version]
    state = "as pinned" if port.version in offered else "gone from apt's index"
    if others:
        state += f"; also offered: {', '.join(others)}"
    return f"{port.name:<16}{port.package} {port.version}: {state}"


def _role(name):
    """What a file is, whatever its version: 'orig', 'debian', 'deb'."""
    match = re.search(r"\.(orig|debian)\.tar\.\w+$|\.(deb)$", name)
    return (match[1] or match[2]) if match else name


def move(apt, cache, port, path, version):
    """Pins another version in the port file at path: the same kinds of files, downloaded and checked.

    Returns the change as a unified diff."""
    offered = apt.uris(port, version)
    wanted = {_role(name) for name in port.sha256}
    digests = {name: digest for name, (_, digest) in offered.items() if _role(name) in wanted}
    missing = wanted - {_role(name) for name in digests}
    if missing:
        raise PortError(f"{port.name}: {port.package} {version} has no file of the kind "
                        f"{', '.join(sorted(missing))}; apt offers {', '.join(apt.versions(port))}")
    moved = replace(port, version=version, sha256=digests)
    for name in digests:
        fetch.fetch(apt, cache, moved, name)
    old = path.read_text()
    table = "".join(f'"{name}" = "{digest}"\n' for name, digest in sorted(digests.items(), reverse=True))
    new = re.sub(r'(?m)^version = ".*"$', lambda _: f'version = "{version}"', old, count=1)
    new = re.sub(r'(?ms)^\[sha256\]\n.*', lambda _: f"[sha256]\n{table}", new)
    path.write_text(new)
    lines = difflib.unified_diff(old.splitlines(True), new.splitlines(True), str(path), str(path), n=0)
    return "".join(lines)
