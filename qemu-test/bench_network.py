#!/usr/bin/python3
"""The network's part of make bench: writes build/bench-network.json, which bench.py takes in.

  bond_gap_ms.miimon|arp           how long nothing comes through when the link that carries fails: its
                                   cable is cut; its switch loses its own cable
  bond_gap_lost.miimon|arp         pings lost meanwhile, of 100 a second
  network_converge_ms              one pass that makes 64 VLANs and 64 bridges and brings 256 interfaces
                                   behind their filters into them
  network_idle_cpu_ms_per_s        processor time that keeping all of it takes
  filter_throughput_ratio[.guest]  frames in a second from a guest behind its filter to the lab (to another
                                   guest), against those from one with filter="off" """
import argparse
import json
import re
import statistics
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from relevolab import topology, watch  # noqa: E402
from relevolab.clock import wait_for  # noqa: E402
from relevolab.guest import TREE, Guest  # noqa: E402
from relevolab.lab import Lab  # noqa: E402
from relevolab.pings import Pings  # noqa: E402

OUT = TREE / "build/bench-network.json"
VLANS, BRIDGES, VIFS = 64, 64, 256
FRAMES, FRAME = 20000, 1400
PASS = re.compile(r"network: (\d+) pieces and (\d+) guests' interfaces in (\d+) ms")


def figure(samples, unit, digits=0, **configured):
    def rounded(value):
        return round(value, digits) if digits else round(value)

    return {"value": rounded(statistics.median(samples)), "unit": unit, "configured": configured,
            "n": len(samples), "min": rounded(min(samples)), "max": rounded(max(samples))}


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


def measure_gaps(lab, runs):
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
    out = {}
    for name, (guest, bond, fail, mend, configured) in cases.items():
        reports = [one_gap(lab, node, guest, bond, fail, mend) for _ in range(runs)]
        out[f"bond_gap_ms.{name}"] = figure([r.gap * 1000 for r in reports], "ms", **configured)
        out[f"bond_gap_lost.{name}"] = figure([r.lost for r in reports], "packets", **configured)
    node.kill()
    return out


def passes(node):
    """(pieces, interfaces, milliseconds) of each pass that the log tells of."""
    return [tuple(map(int, found)) for found in PASS.findall(node.output("cat /run/log/messages"))]


def make_stand_ins(node):
    """VLAN interfaces stand for the guests', of which an emulated blade cannot hold so many."""
    node.output(f"""i=1; while [ $i -le {VIFS} ]; do
        ip link del vif$i.0 2>/dev/null
        ip link add link eth1 name vif$i.0 type vlan id $((1000+i))
        index=$(cat /sys/class/net/vif$i.0/ifindex); tail=$(printf %02x:%02x $((i/256)) $((i%256)))
        echo "bridge=br$((i%{BRIDGES - 1}+1)) index=$index domid=$i devid=0 mac=00:16:3e:01:$tail filter=on" \
            "ip=10.1.$((i/256)).$((i%256))" > /run/relevo/vif/.new
        mv /run/relevo/vif/.new /run/relevo/vif/vif$i.0; i=$((i+1)); done""", 300)


def cpu_ms(node):
    """Processor time of the network's process so far."""
    pid = node.output("for p in $(pidof relevod); do tr '\\0' ' ' < /proc/$p/cmdline | "
                      "grep -q -- '--role network' && echo $p; done").split()[0]
    fields = node.output(f"cat /proc/{pid}/stat").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 10  # ticks of 1/100 s


def measure_converge(lab, runs):
    conf = [f"vlan=eth1.{n}:eth1" for n in range(1, VLANS + 1)]
    conf += [f"bridge=br{n}:eth1.{n}" for n in range(1, BRIDGES)]  # and xenbr0
    node = topology.add_blade(lab, "wide", [], conf=conf, nics=["front", "front"])
    node.power_on()
    node.wait_shell()
    wait_for(lambda: node.run("relevo network").status == 0, "relevod to answer", 60)
    made = []
    for _ in range(runs):
        before = len(passes(node))
        node.output("kill -STOP $(pidof relevod)")
        node.output(f"""for i in $(seq 1 {VLANS}); do
            ip link del br$i 2>/dev/null; ip link del eth1.$i; done""", 300)
        make_stand_ins(node)
        node.output("kill -9 $(pidof relevod)")
        wait_for(lambda: len(passes(node)) > before, "a pass that makes all of it", 120, every=1)
        pieces, vifs, took = passes(node)[before]
        if (pieces, vifs) != (VLANS + BRIDGES + 1, VIFS):
            raise RuntimeError(f"a pass over {pieces} pieces and {vifs} interfaces")
        made.append(took)
        wait_for(lambda: not re.search(r'"good": ?false', node.relevo("network", "--json")),
                 "everything to stand", 120, every=1)
    busy = []
    for _ in range(runs):
        began, spent = time.monotonic(), cpu_ms(node)
        time.sleep(10)
        busy.append((cpu_ms(node) - spent) / (time.monotonic() - began))
    node.kill()
    configured = {"vlans": VLANS, "bridges": BRIDGES, "vifs": VIFS}
    return {"network_converge_ms": figure(made, "ms", **configured),
            "network_idle_cpu_ms_per_s": figure(busy, "ms", 1, **configured)}


def flood(lab, sender, to):
    """Frames a second that a guest gets out, the answer behind them included."""
    address = bytes(map(int, sender.address.split(".")))
    frame = bytes.fromhex((to + sender.mac).replace(":", "") + "0800") \
        + struct.pack("!BBHHHBBH", 0x45, 0, FRAME - 14, 0, 0, 64, 17, 0) + address
    began = time.monotonic()
    answer = watch.ask(lab, sender, f"send {FRAMES} {FRAME} {frame.hex()}", timeout=120)
    if answer != "ok":
        raise RuntimeError(f"{sender.name}: {answer}")
    return FRAMES / (time.monotonic() - began)


def measure_filters(lab, runs):
    home = ['home = "plain"']
    filtered = Guest("filtered", 30, disk=False, keys=home)
    free = Guest("free", 31, disk=False, keys=[*home, 'filter = "off"'])
    target = Guest("target", 32, disk=False, keys=home)
    node = topology.add_blade(lab, "plain", [filtered, free, target])
    node.power_on()
    for guest in (filtered, free, target):
        watch.wait_alive(lab, guest, since=0)
    lab_mac = json.loads(lab.space.run("ip", "-j", "link", "show", "front").stdout)[0]["address"]
    out = {}
    for name, to in (("filter_throughput_ratio", lab_mac), ("filter_throughput_ratio.guest", target.mac)):
        ratios = []
        for _ in range(runs):
            with_filter, without = flood(lab, filtered, to), flood(lab, free, to)
            ratios.append(with_filter / without)
        out[name] = figure(ratios, "ratio", 3, frames=FRAMES, frame_bytes=FRAME)
    node.kill()
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    lab = Lab.create("bench-network")
    figures = {}
    try:
        lab.listen()
        for measure in (measure_gaps, measure_converge, measure_filters):
            print(f"bench: {measure.__name__.removeprefix('measure_')}", flush=True)
            figures.update(measure(lab, options.runs))
    finally:
        (lab.folder / "story.txt").write_text(lab.tell())
        lab.close()
    OUT.write_text(json.dumps(figures, indent=1) + "\n")
    for name, entry in figures.items():
        print(f"{name:<34}{entry['value']:>12} {entry['unit']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
