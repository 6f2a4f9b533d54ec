"""A blade in a chassis: cables, switches and relevod fail one after the other, its guests stay reachable."""
import json
import random

import pytest

from relevolab import topology, watch
from relevolab.clock import wait_for
from relevolab.guest import Guest
from relevolab.pings import Pings

NAME = "chassis"
KEYS = [f'home = "{NAME}"']
DEVELOPMENT = Guest("development", 60, "pv", memory=48, disk=False, bridge="xenbr0", keys=KEYS)
PRODUCTION = Guest("production", 61, "pv", memory=48, disk=False, bridge="xenbr1", net=4, keys=KEYS)
PAIR = {0: "bond0", 1: "bond0", 2: "bond1", 3: "bond1"}  # the bond of each NIC


@pytest.fixture(scope="module", name="node")
def make_node(lab):
    topology.add_chassis(lab)
    node = topology.add_chassis_blade(lab, NAME, [DEVELOPMENT, PRODUCTION])
    node.power_on()
    for guest in (DEVELOPMENT, PRODUCTION):
        watch.wait_alive(lab, guest, since=0)
    yield node
    node.kill()


def pieces(node):
    return {piece["name"]: piece for piece in json.loads(node.relevo("network", "--json"))["network"]}


def text(node, name):
    """What is told of it; nothing, before a new relevod has looked."""
    return pieces(node).get(name, {}).get("text", "")


def wait_text(node, name, words, seconds=60):
    wait_for(lambda: words in text(node, name), lambda: f"{name} to say {words!r}: {text(node, name)!r}",
             seconds, every=0.5)


def wait_good(node, *names):
    wait_for(lambda: all(pieces(node).get(name, {}).get("good") for name in names),
             lambda: f"{', '.join(names)} to be good: {pieces(node)}", 60, every=0.5)


def wait_answer(lab, *guests):
    for guest in guests:
        watch.wait_ping(lab, guest.address)


def wait_whole(node):
    wait_text(node, "bond0", "active-backup: eth0 active (primary), eth1 stands by")
    wait_text(node, "bond1", "active-backup: eth2 active (primary), eth3 stands by")


@pytest.fixture(name="whole")
def make_whole(lab, node):
    """All cables whole before and after, and the first of each pair at work."""
    wait_whole(node)
    yield node
    for cable in PAIR:
        node.heal(cable)
    for midplane in ("midplane0", "midplane1"):
        lab.network.set_trunk(midplane, "world", "up")
    wait_whole(node)


def test_the_reference_set_up_stands(lab, node):
    wait_whole(node)
    wait_good(node, *pieces(node))
    wait_answer(lab, DEVELOPMENT, PRODUCTION)


@pytest.mark.parametrize("cable", PAIR)
def test_one_cable_is_cut(lab, whole, cable):
    whole.cut(cable)
    wait_text(whole, PAIR[cable], f"eth{cable} has no carrier")
    wait_answer(lab, DEVELOPMENT, PRODUCTION)


@pytest.mark.parametrize("left", PAIR)
def test_all_cables_but_one_are_cut(lab, whole, left):
    for cable in PAIR:
        if cable != left:
            whole.cut(cable)
    dead = "bond1" if PAIR[left] == "bond0" else "bond0"
    wait_for(lambda: text(whole, dead).count("has no carrier") == 2, f"{dead} to be cut off", 60)
    wait_answer(lab, DEVELOPMENT if PAIR[left] == "bond0" else PRODUCTION)
    assert not pieces(whole)[dead]["good"]


def lose_external_cable(lab, node):
    """Takes the first midplane switch off the world, and gives it back; what the guest's pings saw."""
    pings = Pings(lab.space, DEVELOPMENT.address)
    wait_for(lambda: pings.answered() > 5, "the guest to answer", 60)
    lab.network.set_trunk("midplane0", "world", "down")
    wait_text(node, "bond0", "eth0 fails its monitor, eth1 active")
    before = pings.answered()
    wait_for(lambda: pings.answered() > before + 5, "the guest to answer over the other switch", 60)
    report = pings.report()
    lab.story.note("lab", f"external cable lost: {report}")
    assert "eth2 active (primary)" in text(node, "bond1")  # miimon sees the blade's own link
    lab.network.set_trunk("midplane0", "world", "up")
    wait_text(node, "bond0", "eth0 active (primary), eth1 stands by")
    return report


def test_an_external_cable_fails_while_the_link_stays_up(lab, whole):
    """Link monitoring cannot see it: what ARP monitoring is for."""
    lose_external_cable(lab, whole)


@pytest.mark.long
def test_traffic_moves_within_three_intervals(lab, whole):
    """An emulated machine may itself stand still at times: three of five count."""
    gaps = sorted(lose_external_cable(lab, whole).gap for _ in range(5))
    assert gaps[2] <= 3 * topology.ARP_INTERVAL_MS / 1000, gaps


def test_a_guest_answers_across_a_failover(lab, whole):
    """Under miimon, through its address behind a bridge, a VLAN and a bond; bench_bonds.py counts losses."""
    pings = Pings(lab.space, PRODUCTION.address)
    wait_for(lambda: pings.answered() > 5, "the guest to answer", 60)
    whole.cut(2)
    wait_text(whole, "bond1", "eth3 active")
    before = pings.answered()
    wait_for(lambda: pings.answered() > before + 5, "the guest to answer over the other cable", 60)
    lab.story.note("lab", f"cable cut under miimon: {pings.report()}")


def test_a_flapping_link(lab, whole):
    relevod = whole.service_pid("relevod")
    for _ in range(6):
        whole.cut(0)
        whole.run(f"sleep 0.{random.randint(0, 9)}")
        whole.heal(0)
        whole.run(f"sleep 0.{random.randint(0, 9)}")
    wait_text(whole, "bond0", "eth0 active (primary), eth1 stands by")
    wait_answer(lab, DEVELOPMENT, PRODUCTION)
    assert whole.service_pid("relevod") == relevod


def test_relevod_is_killed_during_a_cut(lab, whole):
    whole.output("kill -9 $(pidof relevod)")
    whole.cut(0)
    wait_answer(lab, DEVELOPMENT, PRODUCTION)
    wait_for(lambda: whole.run("relevo network").status == 0, "the next relevod to answer", 60)
    wait_text(whole, "bond0", "eth0 has no carrier, eth1 active")


def test_an_interface_that_is_missing_joins_when_it_appears(lab, whole):
    device = whole.output("basename $(readlink /sys/class/net/eth1/device)").strip()
    driver = "/sys/bus/virtio/drivers/virtio_net"
    whole.output(f"echo {device} > {driver}/unbind")
    wait_text(whole, "bond0", "eth0 active (primary), eth1 does not exist yet")
    wait_answer(lab, DEVELOPMENT)
    whole.output(f"echo {device} > {driver}/bind")
    wait_text(whole, "bond0", "eth0 active (primary), eth1 stands by")


@pytest.mark.parametrize("lost", ("xenbr0", "bond0.10", "bond0"))
def test_what_somebody_deleted_is_made_again(lab, whole, lost):
    whole.output(f"ip link del {lost}")
    wait_good(whole, "bond0", "bond0.10", "xenbr0")
    wait_answer(lab, DEVELOPMENT)
