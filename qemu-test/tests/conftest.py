"""Fixtures: one lab for the whole run, blades in it, and the story of what happened when a test fails."""
import contextlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from relevolab import topology  # noqa: E402
from relevolab.clock import now  # noqa: E402
from relevolab.guest import Guest  # noqa: E402
from relevolab.lab import Lab  # noqa: E402

LABS = []  # the run's lab, once a test wanted it


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="every case there is, at full length")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: only with --all")


def pytest_collection_modifyitems(config, items):
    # The shared blade is busy with its guests: it comes last, when the others are off.
    items.sort(key=lambda item: "shared" in item.fixturenames)
    if not config.getoption("--all"):
        skip = pytest.mark.skip(reason="takes long; make check-all runs it")
        for item in items:
            if "long" in item.keywords:
                item.add_marker(skip)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item, nextitem):
    item.began = now()
    if LABS:
        LABS[0].story.note("test", item.name)
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed and LABS:
        lab = LABS[0]
        story = lab.tell(since=item.began, logs=True)
        report.sections.append(("story of this test", story))
        item.user_properties.append(("story", story))  # for the JUnit file, which has no sections
        report.user_properties = item.user_properties  # it takes the last report's
        report.sections.append(("files", f"the whole story and all consoles: {lab.folder}"))


@contextlib.contextmanager
def open_lab(name):
    """A lab whose story is told when a test fails."""
    lab = Lab.create(name)
    lab.listen()
    LABS.insert(0, lab)
    try:
        yield lab
    finally:
        (lab.folder / "story.txt").write_text(lab.tell())
        lab.close()
        LABS.remove(lab)


@pytest.fixture(scope="session", name="lab")
def make_lab():
    with open_lab("check") as lab:
        yield lab


@pytest.fixture(name="blade")
def make_blade(lab):
    """Makes and boots blades that live for one test: blade(name, guests, ...)."""
    made = []

    def make(name, guests=(), **options):
        node = topology.add_blade(lab, name, list(guests), **options)
        made.append(node)
        node.power_on()
        return node

    yield make
    for node in made:
        node.kill()


@pytest.fixture(scope="session", name="shared")
def make_shared(lab):
    """A blade that many tests use and none may leave in disorder: every guest running as it was.

    Of each kind of guest there is one. `pvh-file` may send 1 Mb/s. `pv-disk` is never touched, so that it
    can show what the others' fates do to their neighbours; `dies` crashes as soon as it runs."""
    name = "blade1"
    common = {"keys": [f'home = "{name}"'], "knobs": {"rate": 3}}
    guests = [Guest("pv-file", 11, "pv", **common), Guest("pv-disk", 12, "pv", boot="disk", **common),
              Guest("pvh-file", 13, "pvh", vif=",rate=1Mb/s", **common),
              Guest("pvh-disk", 14, "pvh", boot="disk", **common),
              Guest("dies", 16, "pv", disk=False, bridge="", knobs={"crash": 0}, keys=common["keys"])]
    node = topology.add_blade(lab, name, guests, memory=1024)
    node.guests = {guest.name: guest for guest in guests}
    node.power_on()
    yield node
    node.kill()
