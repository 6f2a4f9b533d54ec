"""A guest on a mirror between two blades of a cluster: whatever was durable when its blade lost power is
there on the other, which takes it over without being told to."""
import pytest

from conftest import LABS
from relevolab import mirror, watch
from relevolab.clock import now
from relevolab.cluster import Cluster
from relevolab.guest import Guest
from relevolab.lab import Lab

GUEST = "kept"


def wait_mirror(node, seconds=300, **wanted):
    return mirror.wait(node, GUEST, seconds, **wanted)


@pytest.fixture(scope="module", name="cluster")
def make_cluster():
    """The mirror is seeded, and its guest runs on one of the blades."""
    lab = Lab.create("cluster-mirror")
    LABS.insert(0, lab)
    lab.listen()
    guest = Guest(GUEST, 41, "pv", keys=['home = "blade1"', 'peers = ["blade2"]'], knobs={"rate": 3})
    cluster = Cluster(lab, [guest], mirrored=True)
    cluster.power_on()
    blades = [cluster["blade1"], cluster["blade2"]]
    for blade in blades:
        blade.wait_shell()
    began = now()
    mirror.make(blades, GUEST, "blade1")
    lab.heartbeats.wait(GUEST, began, 400)
    yield cluster
    (lab.folder / "story.txt").write_text(lab.tell())
    lab.close()
    LABS.remove(lab)


def test_power_is_pulled_while_it_writes(cluster):
    guest = cluster.guests[GUEST]
    for name in ("blade1", "blade2"):
        wait_mirror(cluster[name], condition="good")
    cluster.bring(guest, "blade1")  # either side may have been current first
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
    cluster.bring(guest, "blade1")
    cluster.wait_records(guest)
    wait_mirror(cluster["blade2"], role="Secondary", condition="good")
    for name in ("blade1", "blade2"):
        cluster.judge(guest, name)
