"""Fixtures: one world per test."""
import contextlib
import ctypes
import os
import subprocess

import pytest
from _pytest.runner import runtestprotocol
from hosts import STANDSTILL, Cluster
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


@contextlib.contextmanager
def in_memory(folder):
    """The folder is in memory, in a mount namespace of the test's own."""
    with namespace("mnt", CLONE_NEWNS):
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", folder], check=True)
        yield


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
    with in_memory(world.memory):
        yield world
        world.close()


ATTEMPTS = 3
stood_still = pytest.StashKey[float]()


def pytest_runtest_protocol(item, nextitem):
    """While a virtual machine is not given its processors, or one of them, clocks go on: hosts lose leases
    and watchdogs, and rightly so, whatever a test is about. One that has failed because of that is begun
    again. What the arbiter says at its end counts always."""
    if not {"cluster", "pair"} & set(item.fixturenames):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(1, ATTEMPTS + 1):
        item.stash[stood_still] = 0
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        seconds = item.stash[stood_still]
        *others, end = reports
        if attempt == ATTEMPTS or seconds < STANDSTILL or end.failed or not any(r.failed for r in others):
            break
        print(f"{item.nodeid}: has failed, but the machine stood still for {seconds:.1f} s; once more")
        item.user_properties.append(("stood_still_s", f"{seconds:.1f}"))
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@contextlib.contextmanager
def hosts(request, *names, **options):
    """Hosts, all off, on two switches; at the end the arbiter judges. Their files are in memory, as on a real
    host: whoever waits for a disk feeds no watchdog."""
    folder = request.getfixturevalue("tmp_path")
    with namespace("net", CLONE_NEWNET), in_memory(folder):
        c = Cluster(folder, names, **options)
        try:
            yield c
        finally:
            c.close()
            request.node.stash[stood_still] = c.stood_still
            print(c.logs())
        assert "ERROR: AddressSanitizer" not in c.logs() and "runtime error:" not in c.logs()
        c.judge()


@pytest.fixture
def cluster(request):
    with hosts(request, "h1", "h2", "w", witness="w") as c:
        yield c


@pytest.fixture
def pair(request):
    """Two hosts without a third vote."""
    with hosts(request, "h1", "h2", witness=None) as c:
        yield c
