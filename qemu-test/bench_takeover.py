#!/usr/bin/python3
"""Power is pulled from a guest's owner, of two blades and a witness; its disk is a mirror.

  takeover_s.total        from then to the guest's domain on the other blade
  takeover_s.detect       from then until the owner is suspected, which ends all proofs of its life
  takeover_s.fence_wait   from there until it is entered as dead: the rest of the wait, which
                          begins with the owner's last heartbeat
  takeover_s.promote      from there until the other side of the mirror is Primary
  takeover_s.create       from there until the guest's domain is created
  takeover_s.announce     from there until switches are told where it is
  takeover_s.heartbeat    from its domain to the first heartbeat, which is the guest's own boot

`configured` has the cluster's times; detect should take silence_ms, detect and
fence_wait together wait_ms."""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from relevolab import mirror, takeover, watch  # noqa: E402
from relevolab.announcements import Announcements  # noqa: E402
from relevolab.clock import now  # noqa: E402
from relevolab.cluster import Cluster  # noqa: E402
from relevolab.figures import program  # noqa: E402
from relevolab.guest import Guest  # noqa: E402

TIMING = "token=2000,watchdog=5000"  # shorter ones take stalls of the emulation for deaths
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


def measure_takeovers(figures, lab, runs):
    guest = Guest("web1", 11, "pv", keys=['home = "blade1"', 'peers = ["blade2"]'])
    cluster = Cluster(lab, [guest], timing=TIMING, mirrored=True)
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


if __name__ == "__main__":
    program("takeover", __doc__, measure_takeovers, runs=3)
