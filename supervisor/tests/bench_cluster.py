#!/usr/bin/python3
"""How long a change of the ledger takes that 16 nodes agree on: relevods without sanitizers, Debian's
corosync, namespaces of this machine. Prints a table, and adds to a JSON file as `make bench` does.

usage: bench_cluster.py PROGRAM [OUT]"""
import ctypes
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

NODES = 16
CHANGES = 20


def main():
    os.environ["RELEVOD_FAKE"] = os.path.abspath(sys.argv[1])
    sys.path.insert(0, str(Path(__file__).parent))
    from hosts import Cluster  # pylint: disable=import-outside-toplevel
    assert ctypes.CDLL(None).unshare(0x40000000) == 0  # a network namespace: the switches
    with tempfile.TemporaryDirectory() as folder:
        names = [f"h{i}" for i in range(1, NODES + 1)]
        cluster = Cluster(Path(folder), names, witness=None, links=1, timing="token=3000")
        cluster.priority = []  # sixteen real-time processes on two processors keep all others out
        cluster.look = cluster.pause = 0.2
        cluster.guest("web", "h1", "h2")
        try:
            took = measure(cluster)
        finally:
            cluster.close()
    value = {"value": statistics.median(took), "unit": "ms", "n": len(took), "min": min(took),
             "max": max(took), "configured": {"nodes": NODES, "token_ms": 3000}}
    print(f"ledger_change_ms: {value}")
    if len(sys.argv) > 2:
        out = Path(sys.argv[2])
        found = json.loads(out.read_text()) if out.exists() else {}
        found["ledger_change_ms"] = value
        out.write_text(json.dumps(found, indent=2) + "\n")


def measure(cluster):
    cluster.boot()
    cluster.until(lambda: cluster.where().get("web"), "the guest runs")
    took = []
    for i in range(CHANGES):
        leader = cluster[cluster["h1"].view()["leader"]]
        before = leader.view()["version"]
        done = cluster["h2"].command("move", "web", "h2" if cluster.where().get("web") == ["h1"] else "h1")
        assert done.returncode == 0, done.stderr
        cluster.until(lambda b=before, h=leader: h.view()["version"] > b, "it is chosen")
        took.append(leader.view()["change_us"] / 1000)
        cluster.until(lambda: len(cluster.where().get("web", [])) == 1 and
                      cluster["h1"].view()["guests"][0]["state"] == "running", "the guest runs")
    return took


main()
