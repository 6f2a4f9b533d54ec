"""Tests import the programs beside them; a cpio archive is read back by cpio(1), not by our own code."""
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

LISTED = re.compile(r"(?P<mode>\S+)\s+\d+ (?P<owner>\S+)\s+(?P<group>\S+)\s+(?P<size>\d+,\s+\d+|\d+) "
                    r"(?P<time>.{12}) (?P<name>.+?)(?: -> (?P<target>.+))?$")


@pytest.fixture(name="listing")
def fixture_listing():
    """listing(archive) -> {name: match} as `cpio -itvn` shows it."""
    def listing(archive):
        text = subprocess.run(["cpio", "-itvn", "--quiet"], input=archive, capture_output=True,
                              check=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"}).stdout.decode()
        return {match["name"]: match for match in map(LISTED.match, text.splitlines())}
    return listing


@pytest.fixture(name="extract")
def fixture_extract(tmp_path):
    """extract(archive) -> the folder into which cpio(1) has unpacked it."""
    def extract(archive):
        folder = tmp_path / "extracted"
        folder.mkdir()
        subprocess.run(["cpio", "-id", "--quiet"], input=archive, cwd=folder, check=True)
        return folder
    return extract
