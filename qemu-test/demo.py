#!/usr/bin/python3
"""make demo: builds the image and boots two blades and a witness under Xen in QEMU. Each blade has a guest on
a mirrored disk, and each is the other's peer. Crashes a guest and shows it come back; pulls the power of its
blade in the middle of its writes, shows the other take the guest over, lets the first come back and moves the
guest home, and tells when what happened. Exit status 0 if all of that did happen, and if what the guests
wrote shows that nothing was lost and nothing ran twice."""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from relevolab import mirror, takeover, watch  # noqa: E402
from relevolab.announcements import Announcements  # noqa: E402
from relevolab.channel import ChannelError  # noqa: E402
from relevolab.clock import LabTimeout, now  # noqa: E402
from relevolab.cluster import TIMING, Cluster  # noqa: E402
from relevolab.guest import TREE, Guest  # noqa: E402
from relevolab.lab import Lab  # noqa: E402
from relevolab.qmp import QmpError  # noqa: E402
from relevolab.steps import StepFailed, Steps, fail  # noqa: E402
from relevolab.story import render  # noqa: E402

BUILD = (("ports", "building the third-party parts from pinned sources"),
         ("image", "building the image a blade boots"),
         ("guest", "building the guests' disk contents"))
TOTAL = len(BUILD) + 6
# What is worth telling of consoles, beside the lab's own deeds.
TOLD = (r"relevod: cluster: node \S+ (has joined|is suspected|is dead)|watchdog is armed|"
        r"relevod: guest \S+ (runs|asked|ended|stopped)|relevod: mirror \S+ (good|frozen|degraded|syncing)|"
        r"first heartbeat|: power")


def build(steps):
    for target, what in BUILD:
        with steps.step(f"demo-{target}", what):
            steps.run(f"demo-{target}", ["make", "--no-print-directory", target], TREE)


def make_cluster(lab):
    """A guest for each blade, with the other as its peer."""
    return Cluster(lab, [Guest("web1", 11, "pv", keys=['home = "blade1"', 'peers = ["blade2"]']),
                         Guest("db1", 12, "pvh", keys=['home = "blade2"', 'peers = ["blade1"]'])],
                   mirrored=True)


def bring_up(steps, cluster):
    web, db = cluster.guests.values()
    with steps.step("demo-boot", "booting two blades and a witness"):
        start = now()
        cluster.power_on()
        cluster.wait_whole()
        steps.say(f"they are a cluster {now() - start:.0f} s after power-on")
    with steps.step("demo-mirrors", "making the guests' mirrors; each blade then runs its guest"):
        cluster.make_mirrors({web.name: "blade1", db.name: "blade2"})
        cluster.bring(web, "blade1")
        cluster.bring(db, "blade2")
        for guest in (web, db):
            cluster.wait_records(guest, 20)
            steps.say(f"{guest.name} runs on {cluster.owner(guest, 'witness')} and writes")


def come_back(steps, lab, cluster):
    web = next(iter(cluster.guests.values()))
    with steps.step("demo-crash", f"crashing {web.name}'s kernel; its blade starts it again"):
        began, old = now(), lab.heartbeats.last(web.name)
        watch.tell(lab, web, "crash")
        beat = watch.wait_reborn(lab, web, old, 300)
        assert cluster.owner(web, "witness") == "blade1", f"{web.name} came back elsewhere"
        steps.say(f"{web.name} is back on blade1, {beat.time - began:.1f} s after the crash")
        cluster.wait_records(web)


def take_over(steps, lab, cluster):
    """Pulls blade1's power; returns the takeover's phases."""
    web, db = cluster.guests.values()
    with steps.step("demo-takeover", f"pulling blade1's power while {web.name} writes"), \
            Announcements(lab.space) as announced:
        began = now()
        cluster["blade1"].kill()
        old, neighbour = lab.heartbeats.last(web.name), lab.heartbeats.last(db.name)
        beat = watch.wait_reborn(lab, web, old, 300)
        steps.say(f"{web.name} runs on blade2, {beat.time - began:.1f} s after the power was pulled")
        cluster.wait_records(web)
        cluster.wait_records(db)
        assert lab.heartbeats.last(db.name).boot == neighbour.boot, f"{db.name} was disturbed"
        return takeover.phases(cluster, web, "blade1", "blade2", old, began, announced)


def go_home(steps, cluster):
    web, db = cluster.guests.values()
    with steps.step("demo-home", "switching blade1 on; when the mirrors are whole, the guest goes home"):
        began = now()
        cluster["blade1"].power_on()
        for guest in (web, db):
            mirror.wait(cluster["blade2"], guest.name, 400, condition="good", out_of_sync_bytes=0)
        steps.say(f"both mirrors are resynced {now() - began:.0f} s after power-on")
        cluster.wait_whole()
        cluster.bring(web, "blade1")
        steps.say(f"{web.name} runs on blade1 again")
        cluster.wait_records(web)


def switch_off(steps, cluster):
    """In order, so that both sides of the mirrors end alike."""
    with steps.step("demo-off", "stopping the guests, and switching all off"):
        for guest in cluster.guests.values():
            cluster["witness"].relevo("stop", guest.name)
        for guest in cluster.guests.values():
            cluster.wait_stopped(guest, "witness")
        for node in cluster.nodes.values():  # the witness is the last
            node.order("poweroff")
            node.wait_off(300)


def judge(cluster):
    """The guests' diaries; both sides of a mirror are looked through, and must be alike."""
    diaries = {}
    for name, guest in cluster.guests.items():
        diaries[name] = cluster.judge(guest, "blade1")
        assert cluster.judge(guest, "blade2").records == diaries[name].records, \
            f"the two copies of {name}'s diary differ"
    return diaries


def report(lab, wait_ms, timeline, diaries):
    print("\nWhat happened (seconds since power-on):\n")
    print(render(lab.story.tell(lab.nodes.values(), only=TOLD)).replace("relevod: ", ""))
    print("\nThe takeover, in seconds since blade1's power was pulled. The cluster's times are long here, as "
          "emulated\nnodes on a busy machine stand still for seconds now and then; configured, in ms:\n"
          f"{TIMING}, which makes the fence wait {wait_ms}, from blade1's last heartbeat on.\n")
    for phase in timeline:
        print(f"{phase.time:9.1f}  {phase.what}")
    print()
    for name, diary in diaries.items():
        lives = f"{len(diary.boots())} {'life' if len(diary.boots()) == 1 else 'lives'}"
        print(f"{name} wrote {len(diary.records)} records in {lives}, each "
              "durable before the next. Nothing was lost,\nnothing ran twice: all are on both sides of its "
              "mirror, in order, and no two lives overlap.")
    print(f"\nEverything the nodes said: {lab.folder}/*/console.log")


def run_through(steps, lab):
    cluster = make_cluster(lab)
    bring_up(steps, cluster)
    wait_ms = json.loads(cluster["witness"].relevo("cluster", "--json"))["timing"]["wait_ms"]
    come_back(steps, lab, cluster)
    timeline = take_over(steps, lab, cluster)
    go_home(steps, cluster)
    switch_off(steps, cluster)
    report(lab, wait_ms, timeline, judge(cluster))


def keep_story(lab):
    """Where the whole story is, in words; nothing if there is none."""
    if lab is None:
        return ""
    path = lab.folder / "story.txt"
    try:
        path.write_text(lab.tell())
    except OSError as why:
        return f" (and {path} cannot be written: {why.strerror})"
    return f" (what happened: {path})"


def main():
    lab = None
    try:
        steps = Steps(TOTAL, TREE / "build/log")
        build(steps)
        lab = Lab.create("demo")
        lab.listen()
        run_through(steps, lab)
        print(f"\nDone in {steps.elapsed()}.")
        return 0
    except StepFailed as why:
        return fail(f"the build failed: {why}")
    except (LabTimeout, ChannelError, QmpError, AssertionError, RuntimeError, OSError) as why:
        return fail(f"the demo failed: {why}{keep_story(lab)}")
    finally:
        if lab:
            lab.close()


if __name__ == "__main__":
    sys.exit(main())
