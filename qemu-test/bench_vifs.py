#!/usr/bin/python3
"""A blade with a large network: 64 VLANs, 64 bridges, and 256 interfaces behind their filters.

  network_converge_ms          one pass that makes all of it
  network_idle_cpu_ms_per_s    processor time that keeping it takes"""
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from relevolab import topology  # noqa: E402
from relevolab.clock import wait_for  # noqa: E402
from relevolab.figures import program  # noqa: E402

VLANS, BRIDGES, VIFS = 64, 64, 256
PASS = re.compile(r"network: (\d+) pieces and (\d+) guests' interfaces in (\d+) ms")
IDLE_S = 120    # many looks at what filters have counted
SETTLE_S = 10


def passes(node):
    """(pieces, interfaces, milliseconds) of each pass that the log tells of since forget_passes()."""
    text = node.run("grep -h 'interfaces in' /run/log/messages.0 /run/log/messages").output
    return [tuple(map(int, found)) for found in PASS.findall(text)]


def forget_passes(node):
    """The log is turned over once in a while: counting would go wrong."""
    node.output("rm -f /run/log/messages.0; : > /run/log/messages")


def make_stand_ins(node):
    """VLAN interfaces on a bridge of their own stand for the guests', of which an emulated blade cannot hold
    so many."""
    node.output(f"""ip link del stand 2>/dev/null; ip link add stand type bridge; ip link set stand up
        i=1; while [ $i -le {VIFS} ]; do
        ip link add link stand name vif$i.0 type vlan id $((1000+i))
        index=$(cat /sys/class/net/vif$i.0/ifindex); tail=$(printf %02x:%02x $((i/256)) $((i%256)))
        echo "bridge=br$((i%{BRIDGES - 1}+1)) index=$index domid=$i devid=0 mac=00:16:3e:01:$tail filter=on" \
            "ip=10.1.$((i/256)).$((i%256))" > /run/relevo/vif/.new
        mv /run/relevo/vif/.new /run/relevo/vif/vif$i.0; i=$((i+1)); done""", 300)


def cpu_ms(node):
    """Processor time of the network's process so far."""
    fields = node.output(f"cat /proc/{node.relevod_processes()['network']}/stat").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 10  # ticks of 1/100 s


def wait_whole(node):
    wait_for(lambda: node.run("relevo network --json | grep -q '\"good\": *false'").status == 1,
             "everything to stand", 300, every=2)


def let_settle(node):
    """Until all is dealt with that the kernel tells of so many new interfaces: a while costs less than a
    twentieth of it. If that never comes, the figure tells."""
    for _ in range(30):
        before = cpu_ms(node)
        time.sleep(SETTLE_S)
        if cpu_ms(node) - before < SETTLE_S * 1000 / 20:
            return


def one_pass(node):
    """All is gone, and a new process finds it so: the milliseconds that making it takes."""
    node.output("kill -STOP $(pidof relevod)")
    node.output(f"""for i in $(seq 1 {VLANS}); do
        ip link del br$i 2>/dev/null; ip link del eth1.$i; done""", 300)
    make_stand_ins(node)
    forget_passes(node)
    node.output("kill -9 $(pidof relevod)")
    wait_for(lambda: passes(node), "a pass that makes all of it", 300, every=1)
    pieces, vifs, took = passes(node)[0]
    if (pieces, vifs) != (VLANS + BRIDGES + 1, VIFS):
        raise RuntimeError(f"a pass over {pieces} pieces and {vifs} interfaces")
    wait_whole(node)
    return took


def measure_large_network(figures, lab, runs):
    conf = [f"vlan=eth1.{n}:eth1" for n in range(1, VLANS + 1)]
    conf += [f"bridge=br{n}:eth1.{n}" for n in range(1, BRIDGES)]  # and xenbr0
    node = topology.add_blade(lab, "wide", [], conf=conf, nics=["front", "front"])
    node.power_on()
    node.wait_shell()
    wait_for(lambda: passes(node), "the VLANs and bridges", 300, every=1)
    configured = {"vlans": VLANS, "bridges": BRIDGES, "vifs": VIFS}
    for _ in range(runs):
        figures.add("network_converge_ms", one_pass(node), "ms", **configured)
    let_settle(node)
    began, spent = time.monotonic(), cpu_ms(node)
    time.sleep(IDLE_S)
    figures.add("network_idle_cpu_ms_per_s", (cpu_ms(node) - spent) / (time.monotonic() - began), "ms", 1,
                **configured, seconds=IDLE_S)


if __name__ == "__main__":
    program("vifs", __doc__, measure_large_network)
