#!/usr/bin/python3
"""Power is pulled from a guest's owner, of two blades and a witness; its disk is a mirror.

  --token                 the cluster's, in ms; its watchdog's time is 5 s
  takeover_s.total        from then to the guest's domain on the other blade
  takeover_s.detect       from then until the owner is suspected, which ends all proofs of its life
  takeover_s.fence_wait   from there until it is entered as dead: the rest of the wait, which
                          begins with the owner's last heartbeat
  takeover_s.promote      from there until the other side of the mirror is Primary
  takeover_s.create       from there until the guest's domain is created
  takeover_s.announce     from there until switches are told where it is
  takeover_s.heartbeat    from its domain to the first heartbeat, which is the guest's own boot

`configured` has the cluster's times; detect should take silence_ms, detect and
fence_wait together wait_ms.

The same with many guests, --guests (10), on disks that both blades see; names have their number.

  takeover10_s            from the first guest's domain on the other blade to the last one's
  takeover10_s.first      from the power cut to the first
  takeover10_s.each       what building one took, four at a time
  takeover10_s.announce   from the first guest's domain until switches are told where the last one is
  takeover10_idle_percent of dom0's processor meanwhile: what is left is spent on building, or on the guests
                          that run already"""
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from relevolab import mirror, takeover, watch  # noqa: E402
from relevolab.announcements import Announcements  # noqa: E402
from relevolab.clock import now, wait_for  # noqa: E402
from relevolab.cluster import Cluster  # noqa: E402
from relevolab.figures import program  # noqa: E402
from relevolab.guest import Guest  # noqa: E402

TOKEN_MS = 2000  # shorter ones take stalls of the emulation for deaths
MANY, MANY_MEMORY = 10, 40  # guests, MiB each
CREATED = re.compile(r"guest (\S+): runs as domain \d+, created in ([0-9.]+) s")
# Each phase, and the one from whose end it is counted.
PHASES = {"detect": None, "fence_wait": "detect", "promote": "fence_wait", "create": "promote",
          "announce": "create", "heartbeat": "create"}


def one_takeover(figures, cluster, guest):
    timing = json.loads(cluster["witness"].relevo("cluster", "--json"))["timing"]
    with Announcements(cluster.lab.space) as announced:
        began = now()
        cluster["blade1"].kill()
        old = cluster.lab.heartbeats.last(guest.name)
        watch.wait_reborn(cluster.lab, guest, old, 300)
        cluster.wait_records(guest)
        times = {phase.name: phase.time for phase in
                 takeover.phases(cluster, guest, "blade1", "blade2", old, began, announced)}
    figures.add("takeover_s.total", times["create"], "s", **timing)
    for name, since in PHASES.items():
        figures.add(f"takeover_s.{name}", times[name] - times.get(since, 0.0), "s", **timing)
    cluster.judge(guest, "blade2")


def measure_takeovers(figures, lab, runs, token, **_):
    guest = Guest("web1", 11, "pv", keys=['home = "blade1"', 'peers = ["blade2"]'])
    cluster = Cluster(lab, [guest], timing=f"token={token},watchdog=5000", mirrored=True)
    cluster.power_on()
    cluster.wait_whole(400)
    cluster.make_mirrors({guest.name: "blade1"})
    for _ in range(runs):
        cluster.power_on()
        cluster.wait_whole(400)
        mirror.wait(cluster["blade2"], guest.name, 300, condition="good")
        cluster.bring(guest, "blade1")
        cluster.wait_records(guest)
        one_takeover(figures, cluster, guest)


def created(node, since):
    """{guest: (when its domain ran, seconds that building it took)}"""
    lines = [(time, CREATED.search(line)) for time, line in node.console_lines() if time >= since]
    return {found[1]: (time, float(found[2])) for time, found in lines if found}


def processor(node):
    """(ticks so far, those of them that were idle) of dom0."""
    ticks = list(map(int, node.output("cat /proc/stat").splitlines()[0].split()[1:9]))
    return sum(ticks), ticks[3]


def lose_many(cluster):
    """The blade that has all guests loses power: (when, when each was created and in how many seconds, when
    each was announced, the percentage of dom0's processor that was idle meanwhile)."""
    many, taker = list(cluster.guests.values()), cluster["blade2"]
    old = cluster.beats()
    with Announcements(cluster.lab.space) as announced:
        began = now()
        cluster["blade1"].kill()
        wait_for(lambda: created(taker, began), "the first guest to be created", 300)
        before = processor(taker)
        wait_for(lambda: len(created(taker, began)) == len(many),
                 lambda: f"all to be created; {len(created(taker, began))} are", 900, every=1)
        after = processor(taker)
        for name in cluster.guests:
            cluster.wait_reborn(name, old, "blade2", seconds=900)
        told = [min(time for time, _ in announced.of(guest) if time > began) for guest in many]
    idle = 100 * (after[1] - before[1]) / (after[0] - before[0])
    return began, created(taker, began), told, idle


def measure_takeover_of_many(figures, lab, _runs, guests, **_):
    many = [Guest(f"g{n}", 10 + n, memory=MANY_MEMORY, knobs={"rate": 1},
                  keys=['home = "blade1"', 'peers = ["blade2"]']) for n in range(1, guests + 1)]
    cluster = Cluster(lab, many)
    for name in ("blade1", "blade2"):
        cluster[name].plan.dom0_mem = 512
        cluster[name].plan.memory = 768 + guests * (MANY_MEMORY + 8)
    cluster.power_on()
    cluster.wait_whole(600)
    cluster.wait_all_alive(seconds=1200)
    for guest in many:
        cluster.bring(guest, "blade1")
    began, domains, told, idle = lose_many(cluster)
    first, last = min(domains.values())[0], max(domains.values())[0]
    name, configured = f"takeover{guests}_s", {"guests": guests, "memory_mib": MANY_MEMORY, "dom0_cpus": 1}
    figures.add(name, last - first, "s", **configured)
    figures.add(f"{name}.first", first - began, "s", **configured)
    figures.add(f"{name}.announce", max(told) - first, "s", **configured)
    for _, took in domains.values():
        figures.add(f"{name}.each", took, "s", **configured)
    figures.add(f"takeover{guests}_idle_percent", idle, "%", **configured)


if __name__ == "__main__":
    program("takeover", __doc__, measure_takeovers, measure_takeover_of_many, token=TOKEN_MS, guests=MANY)
