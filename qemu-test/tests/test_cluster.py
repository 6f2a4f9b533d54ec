"""Two blades and a witness on real Xen: who runs what, whatever is switched off, cut or frozen.

After each fault the arbiter reads what the guests have written and told: no two instances ever overlapped,
and no record that was durable is missing."""
import pytest

from conftest import LABS
from relevolab import watch
from relevolab.clock import now, wait_for
from relevolab.cluster import Cluster
from relevolab.guest import Guest
from relevolab.lab import Lab

ALL = {"blade1": (3, True), "blade2": (3, True), "witness": (3, True)}


def make_guests():
    return [Guest("web1", 11, "pv", keys=['home = "blade1"', 'peers = ["blade2"]'], knobs={"rate": 3}),
            Guest("db1", 12, "pv", keys=['home = "blade2"', 'peers = ["blade1"]'], knobs={"rate": 3})]


@pytest.fixture(scope="module", name="cluster")
def make_cluster():
    """Running, each guest at home. A test may leave guests elsewhere, and no node off."""
    lab = Lab.create("cluster")
    LABS.insert(0, lab)
    lab.listen()
    cluster = Cluster(lab, make_guests())
    began = now()
    cluster.power_on()
    cluster.wait_members(ALL)
    cluster.wait_all_alive(began)
    yield cluster
    (lab.folder / "story.txt").write_text(lab.tell())
    lab.close()
    LABS.remove(lab)


@pytest.fixture(name="settled")
def make_settled(cluster):
    """Everybody is there, and each guest runs at home; judged afterwards."""
    cluster.power_on()
    cluster.wait_members(ALL)
    for guest in cluster.guests.values():
        home = "blade1" if guest.name == "web1" else "blade2"
        cluster.wait_owned(guest, "witness")
        if cluster.owner(guest, "witness") != home:
            beat = cluster.lab.heartbeats.last(guest.name)
            cluster["blade1"].relevo("move", guest.name, home)
            cluster.wait_owner(guest, home, "witness")
            watch.wait_reborn(cluster.lab, guest, beat)
    cluster.wait_all_alive()
    yield cluster
    cluster.judge_all()


def beats(cluster):
    return {name: cluster.lab.heartbeats.last(name) for name in cluster.guests}


def wait_taken_over(cluster, name, by, old, from_node):
    """The guest runs on node `by`, anew."""
    guest = cluster.guests[name]
    watch.wait_reborn(cluster.lab, guest, old[name], 300)
    cluster.wait_owner(guest, by, from_node)
    cluster.wait_records(guest)
    cluster.judge(guest)


def undisturbed(cluster, name, old):
    """It is the same instance, and it writes."""
    cluster.wait_records(cluster.guests[name])
    assert cluster.lab.heartbeats.last(name).boot == old[name].boot


def test_three_nodes_form(settled):
    for name, guest in settled.guests.items():
        settled.wait_records(guest)
        assert settled.judge(guest).boots()[-1] == int(settled.lab.heartbeats.last(name).boot, 16)
    for node in settled.nodes.values():
        assert node.status()["guests"] is not None
    assert not settled["witness"].run("xl list | grep -E 'web1|db1'").output


def test_one_link_is_enough(settled):
    old = beats(settled)
    settled["blade1"].cut(1)
    wait_for(lambda: settled["blade2"].run("corosync-cfgtool -s").output.count("disconnected") == 1,
             "the first link to be known as cut", 120, every=0.5)
    undisturbed(settled, "web1", old)
    undisturbed(settled, "db1", old)
    assert settled.members(settled["blade2"]) == (3, True)
    settled["blade1"].heal(1)


def test_power_is_pulled_from_the_owner(settled):
    old = beats(settled)
    settled["blade1"].kill()
    wait_taken_over(settled, "web1", "blade2", old, "witness")
    undisturbed(settled, "db1", old)
    # It returns; the guest stays until it is told to go home.
    taken = beats(settled)
    settled["blade1"].power_on()
    settled.wait_members(ALL)
    undisturbed(settled, "web1", taken)


@pytest.mark.long
def test_both_links_of_an_owner_are_cut(settled):
    old = beats(settled)
    for cable in (1, 2):
        settled["blade2"].cut(cable)
    wait_taken_over(settled, "db1", "blade1", old, "witness")
    undisturbed(settled, "web1", old)
    for cable in (1, 2):
        settled["blade2"].heal(cable)
    settled.wait_members(ALL)
