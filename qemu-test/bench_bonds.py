#!/usr/bin/python3
"""A link that carries fails in a chassis, under a guest that is pinged 100 times a second.

  bond_gap_ms.miimon|arp    how long nothing comes through: its cable is cut; its switch loses its own cable
  bond_gap_lost.miimon|arp  pings lost meanwhile"""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from relevolab import topology, watch  # noqa: E402
from relevolab.clock import wait_for  # noqa: E402
from relevolab.figures import program  # noqa: E402
from relevolab.guest import Guest  # noqa: E402
from relevolab.pings import Pings  # noqa: E402


def text_of(node, name):
    return next(piece["text"] for piece in json.loads(node.relevo("network", "--json"))["network"]
                if piece["name"] == name)


def one_gap(lab, node, guest, bond, fail, mend):
    """What a failure costs the guest's pings; all is whole again afterwards."""
    first, second = ("eth0", "eth1") if bond == "bond0" else ("eth2", "eth3")
    wait_for(lambda: f"{first} active (primary), {second} stands by" in text_of(node, bond),
             f"{bond} to be whole", 60, every=0.5)
    pings = Pings(lab.space, guest.address, pace=0.01)
    wait_for(lambda: pings.answered() > 50, "the guest to answer", 60)
    fail()
    wait_for(lambda: f"{second} active" in text_of(node, bond), f"{second} to carry", 60, every=0.2)
    before = pings.answered()
    wait_for(lambda: pings.answered() > before + 50, "the guest to answer over the other link", 60)
    report = pings.report()
    mend()
    return report


def measure_gaps(figures, lab, runs):
    guests = [Guest("development", 60, disk=False, keys=['home = "chassis"']),
              Guest("production", 61, disk=False, bridge="xenbr1", net=4, keys=['home = "chassis"'])]
    topology.add_chassis(lab)
    node = topology.add_chassis_blade(lab, "chassis", guests)
    node.power_on()
    for guest in guests:
        watch.wait_alive(lab, guest, since=0)

    def external_cable(state):
        lab.network.set_trunk("midplane0", "world", state)

    cases = {"arp": (guests[0], "bond0", lambda: external_cable("down"), lambda: external_cable("up"),
                     {"arp_interval_ms": topology.ARP_INTERVAL_MS}),
             "miimon": (guests[1], "bond1", lambda: node.cut(2), lambda: node.heal(2), {"miimon_ms": 100})}
    for name, (guest, bond, fail, mend, configured) in cases.items():
        for _ in range(runs):
            report = one_gap(lab, node, guest, bond, fail, mend)
            figures.add(f"bond_gap_ms.{name}", report.gap * 1000, "ms", **configured)
            figures.add(f"bond_gap_lost.{name}", report.lost, "packets", **configured)


if __name__ == "__main__":
    program("bonds", __doc__, measure_gaps, runs=5)
