"""Bonds, VLANs and interface names in a network namespace, where this kernel has them; under User Mode Linux
it does (make check-network)."""
import select
import socket
import subprocess
import threading

import pytest
from netns import add_cable, configure, ip, link, pieces
from world import until


TRY = "ip link add bond9 type bond && ip link add link bond9 name vlan9 type vlan id 9"

pytestmark = pytest.mark.skipif(
    subprocess.run(["unshare", "-n", "sh", "-c", TRY], capture_output=True, check=False).returncode != 0,
    reason="this kernel has no bonds or VLANs")

BOND = "bond=bond0:eth0,eth1:mode=active-backup,miimon=100"


def bond(name):
    return link(name)["linkinfo"]["info_data"]


def good(world, name):
    return pieces(world).get(name, {}).get("good")


def text(world, name):
    return pieces(world).get(name, {}).get("text", "")


def test_a_bond_with_every_option_set_before_its_slaves(network):
    add_cable("eth1")
    configure(network, "bond=bond0:eth0,eth1:mode=active-backup,arp_interval=250,arp_validate=all,"
              "arp_all_targets=any,arp_missed_max=3,arp_ip_target=10.1.0.1;10.1.0.2,primary=eth1,"
              "primary_reselect=failure,fail_over_mac=active,num_grat_arp=4:1400")
    until(lambda: link("bond0") and bond("bond0").get("primary") == "eth1", "the bond stands")
    data = bond("bond0")
    wanted = {"mode": "active-backup", "miimon": 0, "arp_interval": 250, "arp_validate": "all",
              "arp_missed_max": 3, "arp_ip_target": ["10.1.0.1", "10.1.0.2"],
              "primary_reselect": "failure", "fail_over_mac": "active", "num_peer_notif": 4}
    assert {key: data.get(key) for key in wanted} == wanted
    assert link("bond0")["mtu"] == link("eth0")["mtu"] == 1400
    assert link("eth0")["master"] == link("eth1")["master"] == "bond0"


def test_the_options_of_lacp_and_of_miimon(network):
    configure(network, "bond=bond0:eth0:mode=802.3ad,miimon=100,updelay=200,downdelay=300,lacp_rate=fast,"
              "xmit_hash_policy=layer3+4")
    until(lambda: link("eth0").get("master") == "bond0", "the bond stands")
    wanted = {"mode": "802.3ad", "miimon": 100, "updelay": 200, "downdelay": 300, "ad_lacp_rate": "fast",
              "xmit_hash_policy": "layer3+4"}
    assert {key: bond("bond0").get(key) for key in wanted} == wanted


@pytest.mark.parametrize("mode", ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad",
                                  "balance-tlb", "balance-alb"))
def test_every_mode(network, mode):
    configure(network, f"bond=bond0:eth0:mode={mode},miimon=100")
    until(lambda: link("bond0") and link("eth0").get("master") == "bond0", "the bond stands")
    until(lambda: text(network, "bond0").startswith(f"{mode}: eth0 "), "and that is said")
    assert bond("bond0")["mode"] == mode and bond("bond0")["miimon"] == 100


def test_a_slave_that_comes_late(network):
    configure(network, BOND)
    until(lambda: "eth1 does not exist yet" in text(network, "bond0"), "it is said")
    until(lambda: "eth0 active" in text(network, "bond0"), "the bond carries without it")
    add_cable("eth1")
    until(lambda: good(network, "bond0"), "it is taken in")
    assert link("eth1")["master"] == "bond0"


def test_drift_is_repaired(network):
    add_cable("eth1")
    configure(network, BOND)
    until(lambda: good(network, "bond0"), "the bond stands")
    ip("link", "set", "bond0", "type", "bond", "miimon", "0")
    until(lambda: bond("bond0")["miimon"] == 100, "its monitor is back")
    ip("link", "set", "eth1", "nomaster")
    until(lambda: link("eth1").get("master") == "bond0", "its slave is back")
    ip("link", "del", "bond0")
    until(lambda: link("bond0") and link("eth0").get("master") == "bond0", "it is made again")


def test_a_failover_is_told(network):
    add_cable("eth1")
    configure(network, BOND + ",primary=eth0")
    until(lambda: "eth0 active (primary), eth1 stands by" in text(network, "bond0"), "the bond stands")
    ip("link", "set", "eth0-far", "down")
    until(lambda: "eth0 has no carrier, eth1 active" in text(network, "bond0"), "the other carries")
    assert not good(network, "bond0")
    ip("link", "set", "eth0-far", "up")
    until(lambda: "eth0 active (primary)" in text(network, "bond0"), "the primary is back")


def test_slaves_are_cut_in_turn_and_all_but_one(network):
    slaves = ["eth0", "eth1", "eth2", "eth3"]
    for name in slaves[1:]:
        add_cable(name)
    configure(network, f"bond=bond0:{','.join(slaves)}:mode=active-backup,miimon=100,primary=eth0")
    until(lambda: "eth0 active (primary)" in text(network, "bond0") and good(network, "bond0"), "it stands")

    def cable(state, *names):
        for name in names:
            ip("link", "set", f"{name}-far", state)

    def carries(*names):
        active = bond("bond0").get("active_slave")
        return active in names and f"{active} active" in text(network, "bond0")

    for name in slaves:
        others = [other for other in slaves if other != name]
        cable("down", name)
        until(lambda name=name: f"{name} has no carrier" in text(network, "bond0"), "the cut is told")
        until(lambda others=others: carries(*others), "another carries")
        cable("down", *others)
        cable("up", name)
        until(lambda name=name: carries(name), f"{name} carries alone")
        assert not good(network, "bond0")
        cable("up", *others)
        until(lambda: carries("eth0") and good(network, "bond0"), "all is whole")
    cable("down", *slaves)
    until(lambda: text(network, "bond0").count("has no carrier") == 4, "nothing is left")
    cable("up", *slaves)
    until(lambda: carries("eth0") and good(network, "bond0"), "all is whole")


def test_a_flapping_link_is_followed(network):
    add_cable("eth1")
    configure(network, BOND + ",primary=eth0")
    until(lambda: "eth0 active (primary), eth1 stands by" in text(network, "bond0"), "the bond stands")
    index = link("bond0")["ifindex"]
    for _ in range(40):
        ip("link", "set", "eth0-far", "down")
        ip("link", "set", "eth0-far", "up")
    until(lambda: "eth0 active (primary), eth1 stands by" in text(network, "bond0"), "it is whole again")
    assert link("bond0")["ifindex"] == index


def test_relevod_is_killed_during_a_cut(network):
    add_cable("eth1")
    configure(network, BOND + ",primary=eth0 bridge=xenbr0:bond0")
    until(lambda: good(network, "bond0") and good(network, "xenbr0"), "all stands")
    index = link("bond0")["ifindex"]
    network.kill()
    ip("link", "set", "eth0-far", "down")
    until(lambda: bond("bond0").get("active_slave") == "eth1", "the kernel moves without it")
    network.start()
    until(lambda: "eth0 has no carrier, eth1 active" in text(network, "bond0"), "the next one tells so")
    assert link("bond0")["ifindex"] == index and link("bond0")["master"] == "xenbr0"


class Switch(threading.Thread):
    """Between the far ends of two cables, with a host that answers ARP for 10.1.0.1."""

    def __init__(self, *names):
        super().__init__(daemon=True)
        self.sides = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) for _ in names]
        for side, name in zip(self.sides, names):
            side.bind((name, 0))
        self.silent = None  # a side from which nothing comes any more
        self.unanswered = 0
        self.start()

    def run(self):
        while True:
            for side in select.select(self.sides, [], [])[0]:
                frame, address = side.recvfrom(2048)
                if address[2] != socket.PACKET_OUTGOING:
                    self.take(side, frame)

    def take(self, side, frame):
        asked = frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\1" and \
            frame[38:42] == socket.inet_aton("10.1.0.1")
        if side is self.silent:
            self.unanswered += asked
            return
        if asked:
            own = b"\x02\0\0\0\0\1"
            side.send(frame[6:12] + own + frame[12:20] + b"\0\2" + own + frame[38:42] + frame[22:32]
                      + bytes(18))
        for other in self.sides:
            if other not in (side, self.silent):
                other.send(frame)


def test_arp_monitoring_moves_within_three_intervals(network):
    """Counted in probes: the second that nobody answers is the last. On a machine that stands still others go
    unanswered, too: then once more."""
    add_cable("eth1")
    switch = Switch("eth0-far", "eth1-far")
    configure(network, "bond=bond0:eth0,eth1:mode=active-backup,arp_interval=400,arp_validate=all,"
              "arp_ip_target=10.1.0.1,primary=eth0 bridge=xenbr0:bond0 ip=10.1.0.9:::24::xenbr0:none")
    counts = []
    while not counts or not 1 <= counts[-1] <= 2:
        assert len(counts) < 8, counts
        until(lambda: "eth0 active (primary), eth1 stands by" in text(network, "bond0"), "it stands")
        switch.unanswered, switch.silent = 0, switch.sides[0]
        until(lambda: "eth0 fails its monitor, eth1 active" in text(network, "bond0"), "the other carries")
        counts.append(switch.unanswered)
        switch.silent = None
    until(lambda: "eth0 active (primary), eth1 stands by" in text(network, "bond0"), "the primary is back")


def test_another_configuration_changes_what_is_there(network):
    """One path for start and reload: what a bond at work cannot take empties it first."""
    add_cable("eth1")
    configure(network, f"{BOND} vlan=bond0.7:bond0 bridge=xenbr0:bond0.7")
    until(lambda: good(network, "xenbr0") and good(network, "bond0"), "all stands")
    index = link("bond0")["ifindex"]
    network.kill()
    configure(network, "bond=bond0:eth1:mode=802.3ad,miimon=200,lacp_rate=fast vlan=bond0.8:bond0")
    until(lambda: good(network, "bond0.8"), "the new VLAN stands")
    data = bond("bond0")
    assert (data["mode"], data["miimon"], data["ad_lacp_rate"]) == ("802.3ad", 200, "fast")
    assert link("bond0")["ifindex"] == index and "master" not in link("eth0")
    assert link("bond0.7") is None and link("xenbr0") is None


def test_a_reload_changes_what_is_there(network):
    for name in ("eth1", "eth2"):
        add_cable(name)
    configure(network, f"{BOND} vlan=bond0.7:bond0 vlan=bond0.9:bond0 bridge=xenbr0:bond0.7,eth2")
    until(lambda: good(network, "xenbr0") and good(network, "bond0.9"), "all stands")
    index = {name: link(name)["ifindex"] for name in ("bond0", "bond0.9", "xenbr0")}
    network.cmdline.write_text("hostname=n1 bond=bond0:eth0:mode=active-backup,miimon=200 "
                               "vlan=bond0.9:bond0 bridge=xenbr0:bond0.9\n")
    assert network.command("reload").returncode == 0
    until(lambda: link("bond0.9").get("master") == "xenbr0", "another VLAN is in the bridge")
    until(lambda: link("bond0.7") is None and "master" not in link("eth1"), "what was dropped is gone")
    assert "master" not in link("eth2") and bond("bond0")["miimon"] == 200
    assert index == {name: link(name)["ifindex"] for name in index}


def test_a_stack_of_all_kinds_with_an_address(network):
    add_cable("eth1")
    configure(network, f"{BOND}:1400 vlan=bond0.10:bond0 vlan=vlan0020:bond0 bridge=xenbr0:bond0.10 "
              "ip=10.1.2.3:::24::xenbr0:none")
    for name in ("bond0", "bond0.10", "vlan0020", "xenbr0"):
        until(lambda name=name: good(network, name), f"{name} stands")
    assert link("vlan0020")["linkinfo"]["info_data"]["id"] == 20
    assert link("vlan0020")["mtu"] == link("bond0.10")["mtu"] == 1400
    ip("link", "del", "bond0.10")
    until(lambda: (vlan := link("bond0.10")) and vlan.get("master") == "xenbr0", "it is made again")


def test_a_vlan_of_another_number_is_made_anew(network):
    ip("link", "add", "link", "eth0", "name", "eth0.5", "type", "vlan", "id", "6")
    configure(network, "vlan=eth0.5:eth0")
    until(lambda: good(network, "eth0.5"), "the VLAN stands")
    assert link("eth0.5")["linkinfo"]["info_data"]["id"] == 5


def test_what_is_not_ours_is_left_alone(network):
    ip("link", "add", "bond0", "type", "dummy")
    ip("link", "add", "foreign", "type", "bridge")
    configure(network, "bond=bond0:eth0:miimon=100 bridge=xenbr0:eth0")
    until(lambda: "is there already, and no bond" in text(network, "bond0"), "it is said")
    assert link("bond0")["linkinfo"]["info_kind"] == "dummy" and link("foreign")


def test_names_are_given_by_address(network):
    for name in ("eth1", "eth2"):
        add_cable(name)
    macs = {name: link(name)["address"] for name in ("eth0", "eth1", "eth2")}
    configure(network, f"ifname=eth1:{macs['eth0']} ifname=eth0:{macs['eth1']} ifname=front:{macs['eth2']} "
              "ifname=late:02:00:00:00:00:77")
    until(lambda: link("front") and link("front")["address"] == macs["eth2"], "a new name")
    until(lambda: link("eth1") and link("eth1")["address"] == macs["eth0"], "two that swap")
    until(lambda: link("eth0") and link("eth0")["address"] == macs["eth1"], "two that swap")
    until(lambda: text(network, "late") == "no interface has its address yet", "the missing one is told")
    ip("link", "add", "tmp0", "address", "02:00:00:00:00:77", "type", "veth", "peer", "name", "tmp1")
    until(lambda: link("late"), "it gets its name when it comes")
