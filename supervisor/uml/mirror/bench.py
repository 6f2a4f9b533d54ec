#!/usr/bin/python3
"""make bench-mirror: two kernels under User Mode Linux with a mirror between them; writes
build/bench-mirror.json, which make bench takes in.

  drbd_write_ratio.C|A.delayN       how long a durable 4 KiB write to the mirror takes, against one to a
                                    disk like that under it on the same node, whose time is beside it;
                                    N ms is the delay of each direction
  drbd_throughput_ratio.C|A.delayN  what durable writes of 1 MiB reach, against the same
  drbd_promote_ms                   Secondary to Primary, until drbdsetup has returned
  drbd_resync_ratio                 the rate of a full resync against that of the link
  drbd_many_start_s                 relevod's start to the last of 128 mirrors connected and current
  drbd_many_memory_kib              of its processes then, what each has for itself
  drbd_many_ms_per_s                their processor time each second, while nothing happens"""
import argparse
import json
import statistics
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parents[2] / "qemu-test")]
from mirrored import DISK, Mirrored  # noqa: E402
from relevolab.figures import Figures, table  # noqa: E402

SMALL, SMALLS = 4096, 200
LARGE, LARGES = 1 << 20, 16
DELAYS_MS = (0, 1, 5)
PROTOCOLS = {"C": {"protocol": "C"}, "A": {"protocol": "A", "fencing": "dont-care"}}
LINK_MBIT = 200
IDLE_S = 20
MANY, MANY_MB, MANY_PATIENCE_S = 128, 2, 600


def stop_relevods(pair):
    """They would demote what no guest uses."""
    for node in pair:
        node.kill()


def measure_writes(figures, folder, rounds):
    for protocol, options in PROTOCOLS.items():
        with Mirrored(folder / protocol).power_on() as pair:
            pair.begin(c_max_rate=1 << 20, **options)
            stop_relevods(pair)
            pair.here.slice("bare", 256, 32)
            pair.here.drbdsetup("primary", "0")
            for delay in DELAYS_MS * rounds:
                for node in pair:
                    node.cable(delay_ms=delay)
                bare, mirrored = (
                    [statistics.median(pair.here.time_writes(disk, size, count))
                     for size, count in ((SMALL, SMALLS), (LARGE, LARGES))]
                    for disk in ("/dev/mapper/bare", DISK))
                about = {"link_delay_ms": delay, "disk": "a file in the host's memory"}
                figures.add(f"drbd_write_ratio.{protocol}.delay{delay}", mirrored[0] / bare[0], "", 2,
                            bare_us=round(bare[0] * 1e6), **about)
                figures.add(f"drbd_throughput_ratio.{protocol}.delay{delay}", bare[1] / mirrored[1], "", 2,
                            bare_mb_s=round(LARGE / bare[1] / 1e6), **about)


def measure_promotions(figures, folder, rounds):
    with Mirrored(folder / "promote").power_on() as pair:
        pair.begin()
        stop_relevods(pair)
        for took in pair.here.time_promotions(0, 4 * rounds):
            figures.add("drbd_promote_ms", took * 1000, "ms", 1)


def measure_resync(figures, folder, rounds):
    """A first sync over a link that is slower than all else."""
    for number in range(rounds):
        with Mirrored(folder / f"resync{number}").power_on() as pair:
            for node in pair:
                node.cable(rate=f"{LINK_MBIT}mbit")
            pair.begin("--from", "n1", c_max_rate=1 << 20)
            kib, seconds = pair.here.resyncs()[0], pair.here.sync_seconds()
            figures.add("drbd_resync_ratio", kib * 1024 * 8 / seconds / (LINK_MBIT * 1e6), "", 2,
                        link_mbit_s=LINK_MBIT, size_kib=kib)


def wait_many(node, **wanted):
    end = time.monotonic() + MANY_PATIENCE_S
    while (count := node.count_mirrors(**wanted)) < MANY:
        assert time.monotonic() < end, f"{count} mirrors are {wanted}"
        time.sleep(0.5)


def measure_many(figures, folder, rounds):
    with Mirrored(folder / "many").power_on() as pair:
        for node in pair:
            node.configure_many(MANY, MANY_MB)
            node.start_relevod()
        for node in pair:
            wait_many(node, condition="refused", connection="Connected")
            node.order_many("create", MANY)
        wait_many(pair.here, disk="Inconsistent", peer_disk="Inconsistent")
        pair.here.order_many("seed-blank", MANY)
        wait_many(pair.here, condition="good")
        for _ in range(rounds):
            pair.here.kill()
            pair.here.down_many(MANY)
            begun = time.monotonic()
            pair.here.start_relevod()
            wait_many(pair.here, condition="good")
            figures.add("drbd_many_start_s", time.monotonic() - begun, "s", mirrors=MANY)
            figures.add("drbd_many_memory_kib", pair.here.own_memory_kib(), "KiB", mirrors=MANY)
            before, since = pair.here.cpu_seconds(), time.monotonic()
            time.sleep(IDLE_S)
            spent = (pair.here.cpu_seconds() - before) * 1000 / (time.monotonic() - since)
            figures.add("drbd_many_ms_per_s", spent, "ms/s", 2, mirrors=MANY)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    figures, failed = Figures(), 0
    for measure in (measure_writes, measure_promotions, measure_resync, measure_many):
        print(f"bench: mirror: {measure.__name__.removeprefix('measure_')}", flush=True)
        try:
            with tempfile.TemporaryDirectory() as folder:
                measure(figures, Path(folder), options.rounds)
        except Exception:  # pylint: disable=broad-except  whatever it is, the others go on
            traceback.print_exc()
            failed = 1
        options.out.write_text(json.dumps(figures.as_json(), indent=1) + "\n")
    print(table(figures.as_json()))
    sys.exit(failed)


if __name__ == "__main__":
    main()
