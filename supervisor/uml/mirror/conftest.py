"""Fixtures: a mirror between two machines whose cable, disks and power are the test's."""
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent))
from mirrored import Mirrored  # noqa: E402


@pytest.fixture
def bare(tmp_path):
    """Two machines, off, with empty disks."""
    pair = Mirrored(tmp_path)
    yield pair
    for node in pair:  # pytest shows it when the test has failed
        print(f"--- {node.name}\n{node.story()}")
    pair.close()


@pytest.fixture(scope="session", name="seeded")
def make_seeded(tmp_path_factory):
    """The folder of two machines that had a mirror: its disks."""
    folder = tmp_path_factory.mktemp("seeded")
    pair = Mirrored(folder).power_on()
    pair.begin()
    for node in pair:
        assert node.terminate() == 0
    pair.close()
    return folder


@pytest.fixture
def pair(bare, seeded):
    """Mirror web between two machines, current on both sides."""
    bare.begin_as(seeded)
    return bare
