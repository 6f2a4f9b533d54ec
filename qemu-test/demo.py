#!/usr/bin/python3
"""make demo: builds the image, boots it under Xen in QEMU, starts a guest from its own disk, kills the
guest, shows it come back, and tells when what happened. Exit status 0 if all of that did happen."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from relevolab import topology, watch  # noqa: E402
from relevolab.channel import ChannelError  # noqa: E402
from relevolab.clock import LabTimeout, now, wait_for  # noqa: E402
from relevolab.guest import TREE, Guest  # noqa: E402
from relevolab.lab import Lab  # noqa: E402
from relevolab.qmp import QmpError  # noqa: E402
from relevolab.steps import StepFailed, Steps, fail  # noqa: E402
from relevolab.story import render  # noqa: E402

BUILD = (("ports", "building the third-party parts from pinned sources"),
         ("image", "building the image a blade boots"),
         ("guest", "building the guest's disk contents"))
TOTAL = len(BUILD) + 4
# What is worth telling of a blade's console.
TOLD = r"Xen version|init: relevod: started|relevod: |first heartbeat|power|crash|destroy"


def build(steps):
    for target, what in BUILD:
        with steps.step(f"demo-{target}", what):
            steps.run(f"demo-{target}", ["make", "--no-print-directory", target], TREE)


def wait_records(lab, guest, count=20):
    """Lets the guest do some work: durable records on its disk."""
    first = lab.heartbeats.last(guest.name).durable
    wait_for(lambda: lab.heartbeats.last(guest.name).durable >= first + count,
             f"{count} records of {guest.name}", 120)


def run_through(steps, lab):
    """Boots a blade and kills its guest in two ways; returns the guest's diary."""
    guest = Guest("web1", 11, "pv", boot="disk", keys=['home = "blade1"'])
    node = topology.add_blade(lab, "blade1", [guest])

    with steps.step("demo-boot", "booting Xen and the image; its guest starts from its own disk"):
        start = node.power_on()
        beat = watch.wait_alive(lab, guest, since=start)
        steps.say(f"{guest.name} runs {beat.time - start:.1f} s after power-on")
        wait_records(lab, guest)
    with steps.step("demo-crash", "crashing the guest's kernel"):
        began = now()
        watch.tell(lab, guest, "crash")
        beat = watch.wait_reborn(lab, guest, beat)
        steps.say(f"{guest.name} is back, {beat.time - began:.1f} s after its crash")
        wait_records(lab, guest)
    with steps.step("demo-destroy", "destroying the guest from outside (xl destroy)"):
        began = now()
        node.output(f"xl destroy {guest.name}")
        beat = watch.wait_reborn(lab, guest, beat)
        steps.say(f"{guest.name} is back, {beat.time - began:.1f} s after its end")
        wait_records(lab, guest)
    with steps.step("demo-off", "switching the blade off in order"):
        node.order("poweroff")
        node.wait_off()
    return watch.check_diary(lab, node, guest)


def report(lab, diary):
    print("\nWhat happened (seconds since power-on):\n")
    print(render(lab.story.tell(lab.nodes.values(), only=TOLD)))
    print(f"\nThe guest wrote {len(diary.records)} records in {len(diary.boots())} lives, each durable "
          "before the\nnext; all are on its disk, in order, and the last says that it was shut down cleanly."
          f"\nEverything the blade said: {lab.folder}/blade1/console.log")


def main():
    steps = Steps(TOTAL, TREE / "build/log")
    try:
        build(steps)
    except StepFailed as why:
        return fail(f"the build failed: {why}")
    lab = Lab.create("demo")
    try:
        lab.listen()
        report(lab, run_through(steps, lab))
        print(f"\nDone in {steps.elapsed()}.")
        return 0
    except (LabTimeout, ChannelError, QmpError, AssertionError, RuntimeError, OSError) as why:
        (lab.folder / "story.txt").write_text(lab.tell())
        return fail(f"the demo failed: {why} (what happened: {lab.folder}/story.txt)")
    finally:
        lab.close()


if __name__ == "__main__":
    sys.exit(main())
