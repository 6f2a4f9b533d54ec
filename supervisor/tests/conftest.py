"""Fixtures: one world per test."""
import contextlib
import ctypes
import os
import subprocess

import pytest
from hosts import Cluster
from netns import add_cable
from san import San
from world import World

CLONE_NEWNET = 0x40000000
CLONE_NEWNS = 0x00020000


@pytest.fixture
def world(tmp_path):
    w = World(tmp_path)
    yield w
    w.close()
    print(w.log())  # pytest shows it when the test has failed
    assert "ERROR: AddressSanitizer" not in w.log() and "runtime error:" not in w.log()


@contextlib.contextmanager
def namespace(kind, flag):
    """The test's process, and what it starts, in a namespace of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    own = os.open(f"/proc/self/ns/{kind}", os.O_RDONLY)
    folder = os.getcwd()
    assert libc.unshare(flag) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        assert libc.setns(own, flag) == 0
        os.close(own)
        os.chdir(folder)  # entering a mount namespace leads to its root


@pytest.fixture
def network(world):
    """A world in a network namespace of its own, with eth0 (a veth with a peer that has carrier)."""
    with namespace("net", CLONE_NEWNET):
        add_cable("eth0")
        yield world
        world.close()


@pytest.fixture
def san(world):
    """A world with a SAN."""
    return San(world)


@pytest.fixture
def memory(world):
    """A world in a mount namespace of its own, with a folder in memory, world.memory."""
    world.memory = world.folder / "memory"
    world.memory.mkdir()
    with namespace("mnt", CLONE_NEWNS):
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", world.memory], check=True)
        yield world
        world.close()


@contextlib.contextmanager
def hosts(folder, *names, **options):
    """Hosts, all off, on two switches; at the end the arbiter judges."""
    with namespace("net", CLONE_NEWNET):
        c = Cluster(folder, names, **options)
        try:
            yield c
        finally:
            c.close()
            print(c.logs())
    assert "ERROR: AddressSanitizer" not in c.logs() and "runtime error:" not in c.logs()
    c.judge()


@pytest.fixture
def cluster(tmp_path):
    with hosts(tmp_path, "h1", "h2", "w", witness="w") as c:
        yield c


@pytest.fixture
def pair(tmp_path):
    """Two hosts without a third vote."""
    with hosts(tmp_path, "h1", "h2", witness=None) as c:
        yield c
