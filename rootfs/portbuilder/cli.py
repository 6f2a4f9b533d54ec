"""The command line of portbuild.py."""
import argparse
import contextlib
import fcntl
import os
import shutil
import sys
from pathlib import Path

from . import build, elf, lay, pins, ports, toolchain
from .errors import PortError

TREE = Path(__file__).resolve().parents[2]


def _say(line):
    print(line, flush=True)


def _builder(arguments):
    known = ports.load(Path(arguments.ports).resolve(), TREE, toolchain.host_salt(), toolchain.musl_salt())
    return build.Builder(known, TREE, build.cache_folder(), TREE / "build/log/ports", arguments.jobs, _say)


@contextlib.contextmanager
def _locked(folder):
    """One invocation at a time in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def cmd_build(arguments):
    builder = _builder(arguments)
    builder.build(ports.closure(builder.ports, arguments.names or builder.ports))


def cmd_sysroot(arguments):
    builder = _builder(arguments)
    wanted = ports.closure(builder.ports, arguments.names)
    builder.build(wanted)
    target = Path(arguments.dir).absolute()
    key = "\n".join(f"{port.key} {port.name}" for port in wanted) + "\n"
    stamp, fresh = target / "parts", target.with_name(target.name + ".new")
    with _locked(target.parent):
        if stamp.exists() and stamp.read_text() == key:
            return
        shutil.rmtree(fresh, ignore_errors=True)
        lay.sysroot([builder.root(port) for port in wanted], fresh, at=target)
        (fresh / "parts").write_text(key)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)


def cmd_image(arguments):
    builder = _builder(arguments)
    wanted = ports.closure(builder.ports, [p.name for p in builder.ports.values() if p.image])
    builder.build(wanted)
    target = Path(arguments.dir).absolute()
    target.mkdir(parents=True, exist_ok=True)
    lay.image([(port, builder.root(port)) for port in wanted], target)


def cmd_check_elf(arguments):
    lines = elf.check(Path(arguments.dir).resolve())
    if lines:
        raise PortError("not fit for the image:\n" + "\n".join(lines))


def cmd_path(arguments):
    builder = _builder(arguments)
    port = ports.closure(builder.ports, [arguments.name])[-1]
    if not builder.is_built(port):
        raise PortError(f"{port.name} is not built: `rootfs/portbuild.py build {port.name}`")
    print(builder.root(port))


def cmd_pins(arguments):
    builder = _builder(arguments)
    for port in builder.ports.values():
        if port.package and port.name in (arguments.names or builder.ports):
            print(pins.report(builder.apt, port))


def cmd_move(arguments):
    builder = _builder(arguments)
    port = ports.closure(builder.ports, [arguments.name])[-1]
    path = Path(arguments.ports) / f"{port.name}.toml"
    print(pins.move(builder.apt, builder.cache, port, path, arguments.version), end="")


def main():
    parser = argparse.ArgumentParser(description="builds the third-party parts of the image")
    parser.add_argument("--ports", default=TREE / "rootfs/ports", help="folder of the port files")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="compilers to run at a time")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name, function, text, *positional):
        sub = verbs.add_parser(name, help=text)
        sub.set_defaults(function=function)
        for argument, nargs in positional:
            sub.add_argument(argument, nargs=nargs)

    verb("build", cmd_build, "build ports (all of them) and what they need", ("names", "*"))
    verb("sysroot", cmd_sysroot, "lay headers, libraries and DIR/cc of ports", ("dir", None), ("names", "+"))
    verb("image", cmd_image, "lay what of the ports belongs into the root image", ("dir", None))
    verb("check-elf", cmd_check_elf, "check that a root image's programs are hardened", ("dir", None))
    verb("path", cmd_path, "print where a built port's files are", ("name", None))
    verb("pins", cmd_pins, "compare the pinned versions with what apt offers", ("names", "*"))
    verb("move", cmd_move, "pin another version of a port's package", ("name", None), ("version", None))
    arguments = parser.parse_args()
    os.umask(0o022)
    try:
        arguments.function(arguments)
    except (PortError, OSError) as error:
        sys.exit(f"relevo: {error}")
