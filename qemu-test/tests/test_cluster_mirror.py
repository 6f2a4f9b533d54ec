"""A guest on a mirror between two blades of a cluster: whatever was durable when its blade lost power is
there on the other, which takes it over without being told to; and a side that is behind never serves."""
import pytest

from conftest import open_lab
from relevolab import mirror
from relevolab.clock import now, wait_for
from relevolab.cluster import Cluster
from relevolab.guest import Guest

GUEST = "kept"
BLADES = ("blade1", "blade2")


def wait_mirror(node, seconds=300, **wanted):
    return mirror.wait(node, GUEST, seconds, **wanted)


@pytest.fixture(scope="module", name="cluster")
def make_cluster():
    """The mirror is seeded, and its guest runs."""
    with open_lab("cluster-mirror") as lab:
        guest = Guest(GUEST, 41, "pv", keys=['home = "blade1"', 'peers = ["blade2"]'], knobs={"rate": 3})
        cluster = Cluster(lab, [guest], mirrored=True)
        cluster.power_on()
        cluster.wait_whole(400)
        cluster.make_mirrors({GUEST: "blade1"})
        yield cluster


@pytest.fixture(name="settled")
def make_settled(cluster):
    """All is whole, and the guest runs at home (either side may have been current first)."""
    cluster.power_on()
    cluster.wait_whole(400)
    for name in BLADES:
        wait_mirror(cluster[name], 400, condition="good")
    cluster.settle()
    cluster.bring(cluster.guests[GUEST], "blade1")
    cluster.wait_records(cluster.guests[GUEST])
    return cluster


def test_power_is_pulled_while_it_writes(settled):
    guest, old = settled.guests[GUEST], settled.beats()
    settled["blade1"].kill()
    settled.wait_reborn(GUEST, old, "blade2", judged="blade2")
    wait_mirror(settled["blade2"], role="Primary", condition="degraded")
    # It comes back, and the guest goes home when the mirror is whole again.
    settled["blade1"].power_on()
    for name in BLADES:
        wait_mirror(settled[name], 400, condition="good")
    settled.bring(guest, "blade1")
    settled.wait_records(guest)
    wait_mirror(settled["blade2"], role="Secondary", condition="good")
    for name in BLADES:
        settled.judge(guest, name)


def why_not(cluster, node):
    """What the witness says against the guest on that node."""
    candidates = cluster.guest_entry(cluster.guests[GUEST], "witness").get("candidates", [])
    return next((c["why_not"] for c in candidates if c["node"] == node), "")


@pytest.mark.long
def test_the_replication_link_is_cut_and_then_the_owner_dies(settled):
    """The guest writes on, on one side only; so the other may not have it, whatever happens to the first."""
    guest, old = settled.guests[GUEST], settled.beats()
    settled["blade1"].cut(1)
    wait_mirror(settled["blade1"], condition="degraded", role="Primary", frozen=False)
    settled.check_undisturbed(GUEST, old)
    assert settled.members(settled["witness"]) == (3, True)  # by the other link
    wait_for(lambda: "stale" in why_not(settled, "blade2"), "the witness to know that blade2's side is stale",
             120, every=0.5)
    settled["blade1"].kill()
    old = settled.beats()
    wait_for(lambda: settled.node_entry("blade1", "witness").get("state") == "dead", "blade1 to be dead", 300,
             every=0.5)
    assert "stale" in why_not(settled, "blade2") and not settled.owner(guest, "witness")
    settled["blade1"].power_on()
    settled.wait_reborn(GUEST, old, "blade1", judged="blade1")
    for name in BLADES:
        wait_mirror(settled[name], 400, condition="good")
        settled.judge(guest, name)


@pytest.mark.long
def test_the_owner_stands_still_as_a_whole_and_wakes_after_its_takeover(settled):
    """What its guest then writes counts for nothing; the host learns that it is dead, and resets itself."""
    guest = settled.guests[GUEST]
    settled["blade1"].freeze()
    old = settled.beats()
    settled.wait_reborn(GUEST, old, "blade2", judged="blade2")
    began, taken = now(), settled.beats()
    settled["blade1"].thaw()
    settled["blade1"].wait_reset(began)
    for name in BLADES:
        wait_mirror(settled[name], 400, condition="good")
        settled.judge(guest, name, woken=[old[GUEST].boot])
    assert settled.owner(guest, "witness") == "blade2"
    settled.check_undisturbed(GUEST, taken)
