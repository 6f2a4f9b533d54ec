"""A blade in a chassis: cables and switches fail one after the other, its guest stays reachable."""
import json

import pytest

from relevolab import topology, watch
from relevolab.clock import wait_for
from relevolab.guest import Guest

NAME = "chassis"
GUEST = Guest("tenant", 60, "pv", keys=[f'home = "{NAME}"'])


@pytest.fixture(scope="module", name="node")
def make_node(lab):
    node = topology.add_chassis_blade(lab, NAME, [GUEST])
    node.power_on()
    watch.wait_alive(lab, GUEST, since=0)
    yield node
    node.kill()


def pieces(node):
    return {piece["name"]: piece for piece in json.loads(node.relevo("network", "--json"))["network"]}


def wait_text(node, name, words, seconds=60):
    wait_for(lambda: words in pieces(node)[name]["text"], lambda: f"{name} to say {words!r}: {pieces(node)}",
             seconds, every=0.5)


def wait_ping(lab, what):
    wait_for(lambda: lab.network.ping(GUEST.address), f"the guest to answer {what}", 60)


@pytest.fixture(name="whole")
def make_whole(node):
    """All cables whole, eth0 carrying."""
    yield node
    for cable in range(4):
        node.heal(cable)
    wait_text(node, "bond0", "eth0 active (primary), eth1 stands by")


def test_both_bonds_stand(node):
    wait_text(node, "bond0", "active-backup: eth0 active (primary), eth1 stands by")
    wait_text(node, "bond1", "active-backup: ")
    assert all(pieces(node)[name]["good"] for name in ("bond0", "bond1", "bond1.20", "xenbr0", "xenbr1"))


@pytest.mark.parametrize("cable", (0, 1))
def test_a_cut_cable(lab, whole, cable):
    whole.cut(cable)
    wait_text(whole, "bond0", f"eth{cable} has no carrier")
    wait_ping(lab, "over the other cable")
    whole.heal(cable)
    whole.cut(1 - cable)
    wait_text(whole, "bond0", f"eth{1 - cable} has no carrier")
    wait_ping(lab, "over the first cable")


def test_a_switch_that_is_silent_with_its_light_on(lab, whole):
    """Link monitoring cannot see it: what ARP monitoring is for."""
    whole.silence(0)
    wait_text(whole, "bond0", "eth0 fails its monitor, eth1 active")
    wait_ping(lab, "over the other switch")


def test_relevod_killed_during_a_cut(lab, whole):
    whole.output("kill -9 $(pidof relevod)")
    whole.cut(0)
    wait_ping(lab, "while nobody looks")
    wait_for(lambda: whole.run("relevo network").status == 0, "the next relevod to answer", 60)
    wait_text(whole, "bond0", "eth0 has no carrier, eth1 active")


def test_the_guest_is_behind_its_filter(node):
    vif = json.loads(node.relevo("status", "--json"))["guests"][0]["vifs"][0]
    assert (vif["bridge"], vif["filter"], vif["good"]) == ("xenbr0", "on", True)
