#!/usr/bin/python3
"""What filters cost: a guest sends, behind its filter and without, in turn.

On a blade whose clocks count instructions, so that what it tells does not depend on what else the machine
does:
  filter_cost_percent.PROTOCOL   what its filter adds to the way of a single frame to another guest, in
                                 instructions of all that is passed: the guests, Xen, netback and the bridge
  filter_instructions.PROTOCOL   the same as a number
  filter_throughput_ratio.guest  a TCP connection to another guest, with the filter against without
On an ordinary one, as such a clock skips what a blade waits for:
  filter_throughput_ratio        single TCP frames to the lab, with the filter against without"""
import functools
import json
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from relevolab import topology, watch  # noqa: E402
from relevolab.clock import wait_for  # noqa: E402
from relevolab.figures import program  # noqa: E402
from relevolab.guest import Guest  # noqa: E402

FRAME = 1400
COUNTED, TIMED = 20000, 4000  # frames at once: waits for a timer tick, 4 ms, drown in so many
STREAM_MIB = 32
PROTOCOLS = {"tcp": 6, "udp": 17}


def set_filter(node, vif, state):
    """As the guest's file would: in the record that its interface is kept by."""
    record = f"/run/relevo/vif/{vif}"
    node.output(f"sed 's/filter=[a-z]*/filter={state}/' {record} > /run/relevo/vif/.new && "
                f"mv /run/relevo/vif/.new {record}")

    def is_so():
        seen = next(v for v in json.loads(node.relevo("network", "--json"))["vifs"] if v["name"] == vif)
        return seen["good"] and seen["filter"] == state

    wait_for(is_so, f"the filter of {vif} to be {state}", 120)


def timed(lab, guest, request):
    """Nanoseconds, which are instructions, that the guest takes for it."""
    answer = watch.ask(lab, guest, request, timeout=300).split()
    if answer[0] != "ok":
        raise RuntimeError(f"{guest.name}: {' '.join(answer)}")
    return int(answer[1])


def flood(lab, sender, to, protocol, count):
    """For one frame of so many; after some that find the way there."""
    address = bytes(map(int, sender.address.split(".")))
    frame = bytes.fromhex((to + sender.mac).replace(":", "") + "0800") \
        + struct.pack("!BBHHHBBH", 0x45, 0, FRAME - 14, 0, 0, 64, protocol, 0) + address \
        + bytes((10, 9, 0, 1)) + struct.pack("!HH", 5000, 5000)
    timed(lab, sender, f"send {count // 10} {FRAME} {frame.hex()}")
    return timed(lab, sender, f"send {count} {FRAME} {frame.hex()}") / count


def stream(lab, sender, address):
    timed(lab, sender, f"stream 1 {address}")
    return timed(lab, sender, f"stream {STREAM_MIB} {address}")


def one_round(lab, node, vif, sender, ways):
    """{way: (nanoseconds with the filter, without)}, in the order on, off, off, on."""
    took = {way: {"on": 0, "off": 0} for way in ways}
    for state in ("on", "off", "off", "on"):
        set_filter(node, vif, state)
        watch.wait_ping(lab, sender.address, 120)
        for way, measure in ways.items():
            took[way][state] += measure() / 2
    return {way: (times["on"], times["off"]) for way, times in took.items()}


def begin(lab, **plan):
    """(node, the guest that sends, the interface with its filter, a guest to send to)"""
    sender, target = (Guest(name, host, disk=False, keys=['home = "plain"'])
                      for name, host in (("sender", 30), ("target", 31)))
    node = topology.add_blade(lab, "plain", [sender, target], **plan)
    node.power_on()
    for guest in (sender, target):
        watch.wait_alive(lab, guest, since=0, seconds=300)
    return node, sender, f"vif{watch.state(node, sender)['domid']}.0", target


def measure_cost(figures, lab, runs):
    node, sender, vif, target = begin(lab, counted=True, cpus=1)
    if watch.ask(lab, target, "sink") != "ok":
        raise RuntimeError("the target takes no streams")
    ways = {name: functools.partial(flood, lab, sender, target.mac, number, COUNTED)
            for name, number in PROTOCOLS.items()}
    ways["stream"] = functools.partial(stream, lab, sender, target.address)
    for _ in range(runs):
        took = one_round(lab, node, vif, sender, ways)
        figures.add("filter_throughput_ratio.guest", took["stream"][1] / took["stream"][0], "ratio", 3,
                    mib=STREAM_MIB)
        for protocol in PROTOCOLS:
            on, off = took[protocol]
            figures.add(f"filter_cost_percent.{protocol}", 100 * (on / off - 1), "%", 2, frame_bytes=FRAME)
            figures.add(f"filter_instructions.{protocol}", on - off, "", frame_without=round(off))


def measure_throughput(figures, lab, runs):
    node, sender, vif, _ = begin(lab)
    lab_mac = json.loads(lab.space.run("ip", "-j", "link", "show", "front").stdout)[0]["address"]
    ways = {"lab": functools.partial(flood, lab, sender, lab_mac, PROTOCOLS["tcp"], TIMED)}
    for _ in range(5 * runs):  # each is short: what changes slowly on the machine falls on both alike
        on, off = one_round(lab, node, vif, sender, ways)["lab"]
        figures.add("filter_throughput_ratio", off / on, "ratio", 3, frame_bytes=FRAME)


if __name__ == "__main__":
    program("filters", __doc__, measure_cost, measure_throughput)
