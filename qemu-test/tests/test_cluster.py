"""Two blades and a witness on real Xen: who runs what, whatever loses power, is cut, hangs or crashes.

After each fault the arbiter reads what the guests have written and told: no two instances ever overlapped,
and no record that was durable is missing. Where two nodes may win, no test says which one does."""
import pytest

from conftest import open_lab
from relevolab.clock import now, wait_for
from relevolab.cluster import Cluster
from relevolab.guest import BUILT, Guest

BLADES = {"blade1", "blade2"}


def make_guests():
    return [Guest("web1", 11, "pv", keys=['home = "blade1"', 'peers = ["blade2"]'], knobs={"rate": 3}),
            Guest("db1", 12, "pv", keys=['home = "blade2"', 'peers = ["blade1"]'], knobs={"rate": 3})]


@pytest.fixture(scope="module", name="cluster")
def make_cluster():
    """Off at first. A test may leave guests elsewhere, and nodes off."""
    with open_lab("cluster") as lab:
        cluster = Cluster(lab, make_guests(), files={"hog": (BUILT / "hog").read_bytes()})
        yield cluster


@pytest.fixture(name="settled")
def make_settled(cluster):
    """Every node is there, and every guest runs somewhere; judged afterwards."""
    cluster.settle()
    yield cluster
    cluster.judge_all()


class Victim:
    """The blade that owns web1, and what runs where as long as all is well."""

    def __init__(self, cluster):
        self.cluster, self.owners, self.old, self.began = cluster, cluster.owners(), cluster.beats(), now()
        self.name = self.owners["web1"]
        self.node = cluster[self.name]
        self.peer = (BLADES - {self.name}).pop()

    def check_guests(self, taker=None):
        """Its guests run anew, wherever or on that blade; all others as before."""
        for name, owner in self.owners.items():
            if owner == self.name:
                self.cluster.wait_reborn(name, self.old, taker)
            else:
                self.cluster.check_undisturbed(name, self.old)

    def check_reset(self):
        """Whoever did it: its host was reset, and is back; and so are its guests, wherever."""
        self.node.wait_reset(self.began)
        self.check_guests()


@pytest.fixture(name="victim")
def make_victim(settled):
    return Victim(settled)


def check_undisturbed(cluster, old):
    for name in old:
        cluster.check_undisturbed(name, old)


def test_three_nodes_form(settled):
    for name, guest in settled.guests.items():
        settled.wait_records(guest)
        assert settled.judge(guest).boots()[-1] == int(settled.lab.heartbeats.last(name).boot, 16)
    for node in settled.nodes.values():
        assert node.status()["guests"] is not None
        assert "SCHED_RR" in node.output("chrt -p $(pidof corosync)")  # from init, as musl has no such call
    assert not settled["witness"].run("xl list | grep -E 'web1|db1'").output


def test_one_link_is_enough(settled):
    old = settled.beats()
    settled["blade1"].cut(1)
    wait_for(lambda: settled["blade2"].run("corosync-cfgtool -s").output.count("disconnected") == 1,
             "the first link to be known as cut", 120, every=0.5)
    check_undisturbed(settled, old)
    settled.wait_whole()
    settled["blade1"].heal(1)


def test_power_is_pulled_from_the_owner(settled, victim):
    victim.node.kill()
    victim.check_guests(victim.peer)
    # It returns; the guest stays until it is told to go back.
    taken = settled.beats()
    victim.node.power_on()
    settled.wait_whole(400)
    check_undisturbed(settled, taken)
    settled.bring(settled.guests["web1"], victim.name)
    settled.wait_records(settled.guests["web1"])


@pytest.mark.long
def test_power_is_pulled_from_the_witness(settled):
    old = settled.beats()
    settled["witness"].kill()
    settled.wait_members({name: (2, True) for name in sorted(BLADES)})
    check_undisturbed(settled, old)


@pytest.mark.long
def test_power_is_pulled_from_each_blade_in_turn(settled, victim):
    victim.node.kill()
    victim.check_guests(victim.peer)
    victim.node.power_on()
    settled.wait_whole(400)
    second = Victim(settled)
    assert second.name == victim.peer and set(second.owners.values()) == {victim.peer}  # it has both
    second.node.kill()
    second.check_guests(victim.name)


@pytest.mark.long
def test_both_links_of_an_owner_are_cut(victim):
    """It ends its guests by itself, or its watchdog does; and learns in the end that it was declared dead."""
    for cable in (1, 2):
        victim.node.cut(cable)
    victim.check_guests(victim.peer)
    for cable in (1, 2):
        victim.node.heal(cable)
    victim.node.wait_reset(victim.began)


@pytest.mark.long
def test_the_owner_is_reset_and_back_during_its_takeover(victim):
    """Its new incarnation proves that the old one is dead."""
    victim.node.reset()
    victim.check_reset()


@pytest.mark.long
def test_relevod_of_the_owner_stands_still(victim):
    """Guests, dom0 and corosync live on, but nobody feeds Xen's watchdog."""
    victim.node.output(f"kill -STOP {victim.node.service_pid('relevod')}")
    victim.check_reset()


@pytest.mark.long
def test_corosync_of_the_owner_stands_still(victim):
    """relevod ends the guests, or Xen's watchdog the host. If the host lives and corosync goes on, it learns
    that it was declared dead."""
    victim.node.output("kill -STOP $(pidof corosync)")
    victim.check_guests(victim.peer)
    victim.node.order("kill -CONT $(pidof corosync)")
    victim.node.wait_reset(victim.began)


@pytest.mark.long
def test_relevod_of_the_owner_crashes_again_and_again(victim):
    """It never lives for long enough to prove anything, so nobody feeds the watchdog."""
    victim.node.output("(while :; do kill -9 $(pidof relevod); sleep 1; done) >/dev/null 2>&1 &")
    victim.check_reset()


@pytest.mark.long
def test_dom0_of_the_owner_hangs(victim):
    """Nothing runs in it any more, kernel threads included."""
    victim.node.output("cp /site/hog /tmp/hog && chmod +x /tmp/hog")
    victim.node.order("/tmp/hog")
    victim.check_reset()


@pytest.mark.long
def test_the_kernel_of_the_owner_panics(victim):
    victim.node.order("echo c >/proc/sysrq-trigger")
    victim.check_reset()


@pytest.mark.long
def test_the_peer_cannot_start_it(settled, victim):
    """It says why, and tries again and again before it gives up. The guest runs as soon as somebody is there
    who can start it."""
    web1, peer = settled.guests["web1"], settled[victim.peer]
    peer.output("mv /site/boot/guest-vmlinuz /site/boot/hidden")
    victim.node.kill()
    peer.wait_line("guest web1: not started: .*guest-vmlinuz", victim.began, 300)
    peer.wait_line("guest web1: .*given up on this node", victim.began, 600)
    wait_for(lambda: any("could not start it" in why for why in settled.objections(web1)),
             lambda: f"the witness to say why not; it says {settled.objections(web1)}", 120, every=0.5)
    assert settled.lab.heartbeats.last("web1").boot == victim.old["web1"].boot
    peer.output("mv /site/boot/hidden /site/boot/guest-vmlinuz")
    victim.node.power_on()
    victim.check_guests()


@pytest.mark.long
@pytest.mark.parametrize("order", ("blade1 blade2 witness", "witness blade2 blade1", "blade2 witness blade1"))
def test_all_lose_power(settled, order):
    """They have forgotten what they promised: a majority is not enough, all have to come back."""
    settled.kill()
    old = settled.beats()
    *early, last = order.split()
    for name in early:
        settled[name].power_on()
    settled.wait_members({name: (2, True) for name in early}, 400)
    wait_for(lambda: all(settled.node_entry(other, by).get("heard") for by in early for other in early),
             "the first two to hear each other", 120, every=0.5)
    assert {name: beat.boot for name, beat in settled.beats().items()} == {
        name: beat.boot for name, beat in old.items()}
    settled[last].power_on()
    for name in old:
        settled.wait_reborn(name, old)


@pytest.mark.long
def test_a_node_with_another_key_stays_outside(settled):
    old, witness = settled.beats(), settled["witness"]
    witness.kill()
    settled.give_key(witness, bytes(reversed(range(256))))
    witness.power_on()
    settled.wait_members({"blade1": (2, True), "witness": (1, False)}, 400)
    check_undisturbed(settled, old)
    assert not settled.node_entry("blade1", "witness").get("heard")
    witness.kill()
    settled.give_key(witness)


@pytest.mark.long
def test_all_are_switched_off_in_order(settled):
    """And on again. The last blade has nobody to give its guests to: they end."""
    old = settled.beats()
    for name in ("blade1", "blade2", "witness"):
        settled[name].order("poweroff")
        settled[name].wait_off(300)
    settled.power_on()
    settled.wait_whole(400)
    for name in old:
        settled.wait_reborn(name, old)
