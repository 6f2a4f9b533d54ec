"""Lets the tests import the builder, and gives them a folder of tiny ports that need no network."""
import json
import os
import sys
from pathlib import Path

import pytest

ROOTFS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOTFS))

from portbuilder import build, ports, toolchain  # noqa: E402


class Workshop:
    """Port files, a cache and a tree of their own; builder() reads them afresh, as each command does."""

    def __init__(self, folder):
        self.folder = folder
        self.tree, self.ports, self.cache = folder / "tree", folder / "tree/ports", folder / "cache"
        self.ports.mkdir(parents=True)
        self.said = []

    def port(self, name, build_steps, **keys):
        lines = [f"why = 'a test'\nbuild = '''\n{build_steps}\n'''"]
        lines += [f"{key.replace('_', '-')} = {json.dumps(value)}"
                  for key, value in keys.items() if key != "sha256"]
        if "sha256" in keys:
            lines += ["[sha256]"] + [f'"{file}" = "{digest}"' for file, digest in keys["sha256"].items()]
        (self.ports / f"{name}.toml").write_text("\n".join(lines) + "\n")

    def load(self):
        return ports.load(self.ports, self.tree, toolchain.host_salt(), toolchain.musl_salt())

    def builder(self, jobs=2):
        self.said.clear()
        return build.Builder(self.load(), self.tree, self.cache, self.folder / "log", jobs, self.said.append)

    def build(self, *names, jobs=2):
        builder = self.builder(jobs)
        builder.build(ports.closure(builder.ports, names or builder.ports))
        return builder

    def built_now(self):
        """Names of the ports that the last build() worked on."""
        return sorted(line.split(": ")[2].split()[0] for line in self.said if line.startswith("ports: part "))

    def entries(self):
        return sorted(p.name for p in (self.cache / "parts").glob("*")) if self.cache.exists() else []

    def command(self, *arguments):
        """For subprocess: the real command on this workshop's ports and cache."""
        return ([str(ROOTFS / "portbuild.py"), "--ports", str(self.ports), *arguments],
                os.environ | {"RELEVO_CACHE": str(self.cache)})


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path)
