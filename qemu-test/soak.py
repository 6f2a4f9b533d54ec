#!/usr/bin/python3
"""make soak: two blades and a witness under real Xen, and random faults until stopped (Ctrl-C).

In each round one to three faults happen, some seconds apart, then all is mended. Afterwards every guest must
run again and every mirror be whole, and the arbiter looks for two instances at once and for records that were
durable and are gone, on both sides of the mirrors. Exit status 0: that always held.

--seed repeats a choice of faults, as far as time allows; --rounds ends it by itself. SOAK="--rounds 5" hands
these to make."""
import argparse
import collections
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from relevolab import faults, mirror  # noqa: E402
from relevolab.channel import ChannelError  # noqa: E402
from relevolab.clock import LabTimeout, now  # noqa: E402
from relevolab.cluster import Cluster  # noqa: E402
from relevolab.guest import BUILT, Guest  # noqa: E402
from relevolab.lab import Lab  # noqa: E402
from relevolab.qmp import QmpError  # noqa: E402
from relevolab.steps import clock, fail  # noqa: E402

BLADES = ("blade1", "blade2")
AT_ONCE = (1, 1, 2, 3)  # how many faults a round has, each as likely
APART_S = (0, 20)
LASTS_S = (0, 90)       # from the last fault until all is mended
SETTLE_S = 600


def make_cluster(lab):
    guests = [Guest("web1", 11, "pv", keys=['home = "blade1"', 'peers = ["blade2"]'], knobs={"rate": 3}),
              Guest("db1", 12, "pvh", keys=['home = "blade2"', 'peers = ["blade1"]'], knobs={"rate": 3})]
    cluster = Cluster(lab, guests, mirrored=True, files={"hog": (BUILT / "hog").read_bytes()})
    cluster.power_on()
    cluster.wait_whole(SETTLE_S)
    cluster.make_mirrors({"web1": "blade1", "db1": "blade2"})
    return cluster


def settle(cluster, trouble):
    """All are there, every guest works, every mirror is whole."""
    cluster.power_on()
    cluster.wait_whole(SETTLE_S)
    while trouble.orders:
        cluster.order(trouble.orders.pop())
    cluster.settle(SETTLE_S)
    for name, guest in cluster.guests.items():
        cluster.wait_records(guest, seconds=SETTLE_S)
        for blade in BLADES:
            mirror.wait(cluster[blade], name, SETTLE_S, condition="good")


def judge(cluster, trouble):
    for guest in cluster.guests.values():
        for blade in BLADES:
            cluster.judge(guest, blade, trouble.woken)


def one_round(cluster, trouble, count):
    """Counts the faults that happened."""
    draw = trouble.draw
    for number in range(draw.choice(AT_ONCE)):
        time.sleep(draw.uniform(*APART_S) if number else 0)
        name = faults.pick(draw)
        hit = faults.strike(trouble, name)
        if hit is None:
            break
        count[name] += 1
        cluster.lab.story.note("soak", f"{name}: {hit}")
        print(f"    {name}: {hit}", flush=True)
    time.sleep(draw.uniform(*LASTS_S))
    cluster.lab.story.note("soak", "all is mended")
    trouble.mend_all()


def run(lab, options, count):
    print(f"soak: seed {options.seed}; two blades and a witness are booting", flush=True)
    cluster = make_cluster(lab)
    trouble = faults.Trouble(cluster, random.Random(options.seed))
    began, number = now(), 0
    while number != options.rounds:
        number += 1
        print(f"round {number}, after {clock(now() - began)}", flush=True)
        one_round(cluster, trouble, count)
        mended = now()
        settle(cluster, trouble)
        judge(cluster, trouble)
        print(f"    all well {now() - mended:.0f} s after all was mended; "
              f"{', '.join(f'{name} on {owner}' for name, owner in cluster.owners().items())}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 6))
    parser.add_argument("--rounds", type=int, default=0, help="0: until stopped")
    options = parser.parse_args()
    count = collections.Counter()
    lab = Lab.create("soak")
    lab.listen()
    try:
        run(lab, options, count)
    except KeyboardInterrupt:
        pass
    except (LabTimeout, ChannelError, QmpError, AssertionError, RuntimeError, OSError) as why:
        (lab.folder / "story.txt").write_text(lab.tell(logs=True))
        return fail(f"soak, seed {options.seed}: {why} (what happened: {lab.folder}/story.txt)")
    finally:
        lab.close()
    print(f"\n{count.total()} faults; nothing was lost, nothing ran twice:")
    for name, times in count.most_common():
        print(f"{times:6}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
