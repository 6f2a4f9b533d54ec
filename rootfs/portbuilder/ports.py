"""Port files: what each says, what it depends on, and the key that names its build in the cache."""
import graphlib
import hashlib
import json
import tomllib
from dataclasses import dataclass, field

from .errors import PortError

# What a port file may say; anything else is a mistake. README.md in rootfs/ describes each key.
KEYS = {
    "why": str, "source": str, "deb": str, "version": str, "unpack": str, "missing": str,
    "needs": list, "patches": list, "inputs": list, "build": str,
    "image": list, "image-skip": list, "sha256": dict,
}
# These don't change what is built, so a change of theirs rebuilds nothing.
NOT_IN_KEY = ("why", "missing", "image", "image-skip")


@dataclass
class Port:
    name: str
    why: str
    build: str
    source: str = ""         # Debian source package that the files belong to, or
    deb: str = ""            # Debian binary package
    version: str = ""
    unpack: str = ""         # a tarball inside the package that is the real source
    missing: str = ""        # in words: what of Debian's package could not be had
    needs: list = field(default_factory=list)
    patches: list = field(default_factory=list)     # in order: "debian", "debian:NAME", globs in the tree
    inputs: list = field(default_factory=list)      # globs of further tree files that the build reads
    image: list = field(default_factory=list)       # globs of what goes into the root image
    image_skip: list = field(default_factory=list)
    sha256: dict = field(default_factory=dict)      # file name -> hash
    on_musl: bool = False    # compiled for musl, not with the host's own compiler set-up
    key: str = ""            # names the build in the cache

    @property
    def package(self):
        return self.source or self.deb


def _load_one(path):
    try:
        data = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as why:
        raise PortError(f"{path}: not TOML: {why}") from None
    for key, value in data.items():
        if key not in KEYS:
            raise PortError(f"{path}: unknown key '{key}', expected one of {', '.join(sorted(KEYS))}")
        if not isinstance(value, KEYS[key]):
            raise PortError(f"{path}: '{key}' must be of type {KEYS[key].__name__}, is {value!r}")
    for key in ("why", "build"):
        if not data.get(key):
            raise PortError(f"{path}: '{key}' is missing")
    if "source" in data and "deb" in data:
        raise PortError(f"{path}: 'source' and 'deb' exclude each other")
    if "source" in data or "deb" in data:
        if not data.get("version"):
            raise PortError(f"{path}: 'version' is missing")
        if not data.get("sha256"):
            raise PortError(f"{path}: 'sha256' is missing: which files of the package, and their hashes")
    return data, Port(path.stem, **{k.replace("-", "_"): v for k, v in data.items()})


def _expand(tree, globs, port):
    """The files that globs (relative to the tree) name, sorted; a glob that names none is an error."""
    found = []
    for pattern in globs:
        hits = sorted(p for p in tree.glob(pattern) if p.is_file())
        if not hits:
            raise PortError(f"{port}: '{pattern}' names no file in the tree")
        found += hits
    return found


def _hash_files(tree, paths):
    return [[str(p.relative_to(tree)), hashlib.sha256(p.read_bytes()).hexdigest()] for p in paths]


def load(folder, tree, host_salt, musl_salt):
    """All ports of a folder as name -> Port, in an order where needs come first, keys filled in.

    The salts are whatever of the builder itself shapes its output: a change of one rebuilds all that it
    shaped, which is everything for the first, and what is built on musl (or is musl) for the second."""
    data, ports = {}, {}
    for path in sorted(folder.glob("*.toml")):
        data[path.stem], ports[path.stem] = _load_one(path)
    for port in ports.values():
        for need in port.needs:
            if need not in ports:
                raise PortError(f"{port.name}: needs '{need}', but there is no {folder}/{need}.toml")
    try:
        order = list(graphlib.TopologicalSorter({n: p.needs for n, p in ports.items()}).static_order())
    except graphlib.CycleError as cycle:
        raise PortError(f"ports need each other in a circle: {' -> '.join(cycle.args[1])}") from None
    for name in order:
        port = ports[name]
        port.on_musl = "musl" in port.needs or any(ports[need].on_musl for need in port.needs)
        own_files = [p for p in port.patches if not p.startswith("debian")] + port.inputs
        material = [
            name, host_salt,
            musl_salt if port.on_musl or name == "musl" else None,
            {k: v for k, v in data[name].items() if k not in NOT_IN_KEY},
            _hash_files(tree, _expand(tree, own_files, name)),
            sorted([need, ports[need].key] for need in port.needs),
        ]
        port.key = hashlib.sha256(json.dumps(material, sort_keys=True).encode()).hexdigest()[:32]
    return {name: ports[name] for name in order}


def closure(ports, names):
    """The named ports and all they need, needs first."""
    wanted, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name not in ports:
            raise PortError(f"there is no port '{name}'")
        if name not in wanted:
            wanted.add(name)
            todo += ports[name].needs
    return [port for name, port in ports.items() if name in wanted]
