"""/run is full, where relevod keeps what must outlive it: guests are looked after all the same."""
import subprocess

import pytest
from world import until


@pytest.fixture(name="full")
def fixture_full(memory):
    """A world whose run folder is full to the last byte; world.make_room() ends that."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", memory.run], check=True)
    filler = memory.run / "filler"
    filler.write_bytes(bytes(64 * 1024))
    memory.make_room = filler.unlink
    return memory


def test_guests_are_started_and_restarted(full):
    full.guest("web")
    full.guest("db")
    full.start()
    first = {name: full.until_state(name, "running")["domid"] for name in ("web", "db")}
    assert "No space left on device; going on from memory" in full.log()
    full.end(first["web"], "crash")
    until(lambda: full.running("web") not in ([], [first["web"]]), "web is back")
    assert full.running("db") == [first["db"]]


def test_a_wish_that_cannot_be_remembered_is_refused(full):
    full.guest("web")
    full.start()
    first = full.until_state("web", "running")["domid"]
    done = full.command("stop", "web")
    assert done.returncode == 1
    assert "cannot be written down" in done.stderr and "No space left on device" in done.stderr
    assert full.guest_status("web")["state"] == "running" and full.running("web") == [first]


def test_the_next_relevod_adopts_what_runs(full):
    full.guest("web")
    full.start()
    first = full.until_state("web", "running")["domid"]
    full.kill()
    full.start()
    assert full.until_state("web", "running")["domid"] == first
    full.end(first, "crash")
    until(lambda: full.running("web") not in ([], [first]), "web is back")


def test_with_room_again_what_is_decided_outlives_relevod(full):
    full.guest("web")
    full.start()
    full.until_state("web", "running")
    full.make_room()
    assert full.command("stop", "web").returncode == 0
    full.until_state("web", "stopped")
    full.kill()
    full.start()
    assert full.until_state("web", "stopped")["hold"] == "operator"
