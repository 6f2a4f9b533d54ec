"""Fixtures: a node whose LUN is real, but for its hardware."""
import subprocess
import sys
from pathlib import Path

import pytest

UML = Path(__file__).resolve().parents[1]
sys.path += [str(UML), str(UML.parent / "tests")]
from blade import Blade  # noqa: E402
from target import Target  # noqa: E402


@pytest.fixture
def blade(tmp_path):
    node = Blade(tmp_path, Target())
    yield node
    node.close()
    print(node.world.log())  # pytest shows it when the test has failed
    print(subprocess.run(["dmesg", "-c"], capture_output=True, text=True, check=False).stdout[-4000:])
