"""Fixtures: one world per test."""
import pytest
from world import World


@pytest.fixture
def world(tmp_path):
    w = World(tmp_path)
    yield w
    w.close()
    print(w.log())  # pytest shows it when the test has failed
    assert "ERROR: AddressSanitizer" not in w.log() and "runtime error:" not in w.log()
