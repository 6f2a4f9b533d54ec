#!/usr/bin/python3
"""make bench-network: what a guest's filter costs on a real kernel, under User Mode Linux; writes
build/bench-network.json, which make bench takes in. Runs under boot.py.

  filter_frame_ns    for each UDP frame that passes: the kernel's packet generator sends from the guest's
                     side, behind the filter and without, in turn"""
import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "tests")]
from figures import figure  # noqa: E402
from netns import add_cable, configure, ip, link  # noqa: E402
from test_vif import MAC, add_vif, vifs  # noqa: E402
from world import World, until  # noqa: E402

FRAMES = 200000
PKTGEN = Path("/proc/net/pktgen")
FLOW = ["pkt_size 1400", f"src_mac {MAC[1]}", "dst_mac 02:00:00:00:00:42", "src_min 10.0.0.1",
        "src_max 10.0.0.1", "dst 10.0.0.254", "udp_src_min 5000", "udp_src_max 5000"]


def set_pktgen(name, *words):
    for word in words:
        (PKTGEN / name).write_text(word + "\n", encoding="ascii")


def frame_ns():
    """What a frame takes from the generator to the bridge, where nobody wants it."""
    set_pktgen("pgctrl", "start")
    busy_us = re.search(r"\(c(\d+)\+d", (PKTGEN / "g1").read_text(encoding="ascii"))[1]
    return int(busy_us) * 1000 / FRAMES


def set_filter(world, state):
    record, new = (world.run / "vif" / name for name in ("vif1", ".vif1.new"))
    new.write_text(re.sub("filter=[a-z]+", f"filter={state}", record.read_text()))
    new.rename(record)
    until(lambda: (vif := vifs(world)["vif1"])["good"] and vif["filter"] == state, f"the filter is {state}")


def cost_ns(world):
    """In the order on, off, off, on: what changes slowly on the machine falls on both alike."""
    took = {"on": 0, "off": 0}
    for state in ("on", "off", "off", "on"):
        set_filter(world, state)
        took[state] += frame_ns() / 2
    return took["on"] - took["off"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=11)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        world = World(Path(folder))
        add_cable("eth0")
        configure(world, "bridge=xenbr0:eth0")
        until(lambda: link("eth0").get("master") == "xenbr0", "the bridge stands")
        add_vif(world, 1)
        ip("link", "set", "eth0-far", "down")
        set_pktgen("kpktgend_0", "add_device g1")
        set_pktgen("g1", f"count {FRAMES}", *FLOW)
        costs = [cost_ns(world) for _ in range(options.runs)]
        world.close()
    figures = {"filter_frame_ns": figure(costs, "ns", frames=FRAMES)}
    options.out.write_text(json.dumps(figures, indent=1) + "\n")
    print(figures)


if __name__ == "__main__":
    main()
