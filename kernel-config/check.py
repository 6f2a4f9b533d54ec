#!/usr/bin/python3
"""Checks kernel configuration fragments, and that what they ask for is in a kernel's final .config.

    check.py FRAGMENT...                    the fragments alone
    check.py --config .config FRAGMENT...   and the outcome

Kconfig drops without a word what it does not know or whose dependencies are not met, so nobody would
miss a driver before the blade that needs it does not boot. One line per fault, then exit status 1."""
import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

OPTION = re.compile(r"(CONFIG_[A-Za-z0-9_]+)=(y|m|n|-?\d+|0x[0-9a-fA-F]+|\"[^\"]*\")$")
NOT_SET = re.compile(r"# (CONFIG_[A-Za-z0-9_]+) is not set$")
OFF = "not set"


@dataclass(frozen=True)
class Request:
    name: str
    value: str  # as written after the '=', or OFF
    where: str  # fragment:line


def parse_line(line):
    """(option, value) of a line, or None if it is not one."""
    if match := NOT_SET.match(line):
        return match[1], OFF
    if match := OPTION.match(line):
        return match[1], OFF if match[2] == "n" else match[2]
    return None


def read_fragment(path):
    """(requests, faults) of one fragment. Each group of options has its reason in a comment above it."""
    requests, faults = [], []
    reason = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{path.name}:{number}"
        option = parse_line(line)
        if option is None:
            if not line:
                reason = False
            elif line.startswith("# ") and "CONFIG_" not in line:
                reason = True
            else:
                faults.append(f"{where}: '{line}': expected a comment, CONFIG_X=value or "
                              f"'# CONFIG_X is not set'")
            continue
        request = Request(*option, where)
        if not reason:
            faults.append(f"{where}: {request.name}: no comment above its group says why it is there")
            reason = True  # once per group
        if request.value == "m":
            faults.append(f"{where}: {request.name}=m: there are no modules, expected y")
        requests.append(request)
    return requests, faults


def find_doubles(requests):
    """Faults: an option asked for twice, even with one value, has a reason in the wrong place."""
    first, faults = {}, []
    for request in requests:
        if request.name in first:
            faults.append(f"{request.where}: {request.name} was asked for in {first[request.name].where} "
                          f"already")
        first.setdefault(request.name, request)
    return faults


def read_config(path):
    """What a final .config sets: option -> value. What it does not mention is off."""
    return dict(option for option in map(parse_line, path.read_text().splitlines()) if option)


def find_lost(requests, config):
    """Faults: what was asked for and did not come out that way."""
    faults = []
    for request in requests:
        got = config.get(request.name, OFF)
        if got != request.value:
            faults.append(f"{request.where}: {request.name}: asked for {request.value}, the kernel's final "
                          f".config has {got} (a dependency is missing, or this version has no such option)")
    return faults


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, help="a kernel's final .config")
    parser.add_argument("fragments", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    requests, faults = [], []
    for path in options.fragments:
        more_requests, more_faults = read_fragment(path)
        requests += more_requests
        faults += more_faults
    faults += find_doubles(requests)
    if options.config:
        faults += find_lost(requests, read_config(options.config))
    for fault in faults:
        print(f"kernel-config: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
