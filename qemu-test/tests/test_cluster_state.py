"""Three nodes on real Xen that keep on a disk what they have promised (state=): a majority goes on after a
power failure of all, and knows whose each guest is."""
import pytest

from conftest import open_lab
from relevolab.clock import now, wait_for
from relevolab.cluster import STATE, Cluster
from relevolab.guest import Guest

pytestmark = pytest.mark.long


@pytest.fixture(scope="module", name="cluster")
def make_cluster():
    with open_lab("cluster-state") as lab:
        guest = Guest("web1", 11, "pv", keys=['home = "blade1"', 'peers = ["blade2"]'], knobs={"rate": 3})
        cluster = Cluster(lab, [guest], state=True)
        began = now()
        cluster.power_on()
        for node in cluster.nodes.values():
            node.wait_line(f"state={STATE}: is not prepared", began, 300)
            said = wait_for(lambda n=node: cluster.document(n), f"{node.name} to say what it knows", 120)
            assert not said["known"]  # nor does it take part
            wait_for(lambda n=node: n.run(f"relevo state init {STATE}").status == 0,
                     f"{node.name}'s device to be prepared", 60, every=1)  # relevod looks at it, too
        cluster.wait_whole(400)
        cluster.wait_all_alive(began)
        yield cluster
        cluster.judge_all()


@pytest.fixture(name="dark")
def make_dark(cluster):
    """All have lost their power while the guest ran at blade2, which is not its home."""
    cluster.power_on()
    cluster.wait_whole(400)
    cluster.bring(cluster.guests["web1"], "blade2")
    cluster.wait_records(cluster.guests["web1"])
    cluster.kill()
    cluster.old, cluster.began = cluster.beats(), now()
    return cluster


def test_a_majority_goes_on_with_what_it_remembers(dark):
    for name in ("blade2", "witness"):
        dark[name].power_on()
    dark.wait_reborn("web1", dark.old, "blade2")


def test_another_majority_waits_for_the_owner_and_takes_over(dark):
    for name in ("blade1", "witness"):
        dark[name].power_on()
    dark.wait_reborn("web1", dark.old, "blade1")
    assert dark["blade1"].find_line("node blade2 is suspected", dark.began)


def test_a_guest_is_where_it_was(dark):
    """Blade2 is back before its home; the two are a majority. A blade that stands still for long may be
    taken for dead again."""
    dark["blade2"].power_on()
    dark["blade2"].wait_line("relevod", dark.began, 300)
    dark["blade1"].power_on()
    dark.wait_reborn("web1", dark.old, by="blade1")
    if not dark["blade1"].find_line("node blade2 is suspected", dark.began):
        dark.wait_owner(dark.guests["web1"], "blade2", "blade1")
