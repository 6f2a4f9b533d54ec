"""Fixtures: one world per test."""
import ctypes
import os

import pytest
from netns import add_cable
from san import San
from world import World

CLONE_NEWNET = 0x40000000


@pytest.fixture
def world(tmp_path):
    w = World(tmp_path)
    yield w
    w.close()
    print(w.log())  # pytest shows it when the test has failed
    assert "ERROR: AddressSanitizer" not in w.log() and "runtime error:" not in w.log()


@pytest.fixture
def network(world):
    """A world in a network namespace of its own, with eth0 (a veth with a peer that has carrier)."""
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.unshare(CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
    try:
        add_cable("eth0")
        yield world
        world.close()
    finally:
        assert libc.setns(own, CLONE_NEWNET) == 0
        os.close(own)


@pytest.fixture
def san(world):
    """A world with a SAN."""
    return San(world)
