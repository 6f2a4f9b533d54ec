"""A guest on a mirror between two blades of a cluster: whatever was durable when its blade lost power is
there on the other, which takes it over without being told to."""
import json

import pytest

from conftest import LABS
from relevolab import watch
from relevolab.clock import now, wait_for
from relevolab.cluster import Cluster
from relevolab.guest import Guest
from relevolab.lab import Lab

GUEST = "kept"


def entry(node):
    """The mirror in `relevo drbd`; nothing while relevod does not answer."""
    done = node.run("relevo drbd --json")
    return json.loads(done.output)["drbd"][0] if done.status == 0 else {}


def wait_mirror(node, seconds=300, **wanted):
    seen = {}

    def reached():
        seen.clear()
        seen.update(entry(node))
        return all(seen.get(key) == value for key, value in wanted.items())

    wait_for(reached, lambda: f"{node.name}'s mirror to be {wanted}; it is {seen}", seconds, every=0.5)


@pytest.fixture(scope="module", name="cluster")
def make_cluster():
    """The mirror is seeded, and its guest runs at home."""
    lab = Lab.create("cluster-mirror")
    LABS.insert(0, lab)
    lab.listen()
    guest = Guest(GUEST, 41, "pv", keys=['home = "blade1"', 'peers = ["blade2"]'], knobs={"rate": 3})
    cluster = Cluster(lab, [guest], mirrored=True)
    cluster.power_on()
    for name in ("blade1", "blade2"):
        cluster[name].wait_shell()
        wait_mirror(cluster[name], condition="refused", connection="Connected")
        cluster[name].relevo("drbd", "create", GUEST, "--force", GUEST)
    wait_mirror(cluster["blade1"], disk="Inconsistent", peer_disk="Inconsistent")
    began = now()
    cluster["blade1"].relevo("drbd", "seed", GUEST, "--from", "blade1")
    lab.heartbeats.wait(GUEST, began, 400)
    yield cluster
    (lab.folder / "story.txt").write_text(lab.tell())
    lab.close()
    LABS.remove(lab)


def test_power_is_pulled_while_it_writes(cluster):
    guest = cluster.guests[GUEST]
    for name in ("blade1", "blade2"):
        wait_mirror(cluster[name], condition="good")
    cluster.wait_owner(guest, "blade1", "witness")
    cluster.wait_records(guest)
    old = cluster.lab.heartbeats.last(GUEST)
    cluster["blade1"].kill()
    watch.wait_reborn(cluster.lab, guest, old, 400)
    cluster.wait_owner(guest, "blade2", "witness")
    cluster.wait_records(guest)
    wait_mirror(cluster["blade2"], role="Primary", condition="degraded")
    cluster.judge(guest, "blade2")


def test_it_goes_home_when_the_mirror_is_whole_again(cluster):
    guest = cluster.guests[GUEST]
    cluster["blade1"].power_on()
    for name in ("blade1", "blade2"):
        wait_mirror(cluster[name], 400, condition="good")
    old = cluster.lab.heartbeats.last(GUEST)

    def moved():
        """The ledger hears of the sync a moment later; until then the copy at home counts as stale."""
        cluster["blade2"].run(f"relevo move {GUEST} blade1")
        return cluster.owner(guest, "witness") == "blade1"

    wait_for(moved, f"{GUEST} to go home", 300, every=5)
    watch.wait_reborn(cluster.lab, guest, old, 400)
    cluster.wait_records(guest)
    wait_mirror(cluster["blade2"], role="Secondary", condition="good")
    for name in ("blade1", "blade2"):
        cluster.judge(guest, name)
