#!/usr/bin/python3
"""What filters cost: a guest floods, behind its filter and without, in turn.

  filter_throughput_ratio[.guest]  frames in a second from a guest behind its filter to the lab (to another
                                   guest), against those from one with filter="off" """
import json
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from relevolab import topology, watch  # noqa: E402
from relevolab.figures import program  # noqa: E402
from relevolab.guest import Guest  # noqa: E402

FRAMES, FRAME = 2000, 1400


def flood(lab, sender, to):
    """Seconds until the guest has got its frames out, the answer behind them included."""
    address = bytes(map(int, sender.address.split(".")))
    frame = bytes.fromhex((to + sender.mac).replace(":", "") + "0800") \
        + struct.pack("!BBHHHBBH", 0x45, 0, FRAME - 14, 0, 0, 64, 17, 0) + address
    began = time.monotonic()
    answer = watch.ask(lab, sender, f"send {FRAMES} {FRAME} {frame.hex()}", timeout=120)
    if answer != "ok":
        raise RuntimeError(f"{sender.name}: {answer}")
    return time.monotonic() - began


def one_ratio(lab, filtered, free, to):
    """Short floods in the order A B B A: what changes slowly on the machine falls on both alike."""
    took = {filtered.name: 0.0, free.name: 0.0}
    for sender in (filtered, free, free, filtered):
        took[sender.name] += flood(lab, sender, to)
    return took[free.name] / took[filtered.name]


def measure_filters(figures, lab, runs):
    home = ['home = "plain"']
    filtered = Guest("filtered", 30, disk=False, keys=home)
    free = Guest("free", 31, disk=False, keys=[*home, 'filter = "off"'])
    target = Guest("target", 32, disk=False, keys=home)
    node = topology.add_blade(lab, "plain", [filtered, free, target])
    node.power_on()
    for guest in (filtered, free, target):
        watch.wait_alive(lab, guest, since=0)
    lab_mac = json.loads(lab.space.run("ip", "-j", "link", "show", "front").stdout)[0]["address"]
    for name, to in (("filter_throughput_ratio", lab_mac), ("filter_throughput_ratio.guest", target.mac)):
        for _ in range(runs):
            figures.add(name, one_ratio(lab, filtered, free, to), "ratio", 3, frames=4 * FRAMES,
                        frame_bytes=FRAME)


if __name__ == "__main__":
    program("filters", __doc__, measure_filters, runs=11)
