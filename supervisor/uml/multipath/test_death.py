"""Whoever works on a LUN dies at each of its steps: the next one leaves it as if nothing had happened."""
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from blade import DISK, size_of
from target import DRIVER, FAILS, WORKS
from world import until


def dmsetup(*words):
    return subprocess.run(["dmsetup", *words], capture_output=True, text=True, check=True).stdout.strip()


def columns(name):
    return dmsetup("info", "--columns", "--noheadings", "-o", "suspended,tables_loaded", name)


def is_whole(blade):
    """The map runs, nothing is left over beside its table, and its name leads to it."""
    node = os.stat(DISK) if Path(DISK).exists() else None
    return node is not None and stat.S_ISBLK(node.st_mode) and columns("web") == "Active:Live" \
        and os.minor(node.st_rdev) == blade.status()["minor"]


@pytest.fixture(name="mortal")
def make_mortal(blade):
    """A node whose workers die when told to, beside a map that is none of its business."""
    blade.death = blade.world.folder / "death"
    blade.world.environment["RELEVO_FAKE_DEATH"] = str(blade.death)
    dmsetup("create", "--noudevsync", "--notable", "stranger")
    before = columns("stranger")
    yield blade
    assert columns("stranger") == before
    dmsetup("remove", "--noudevsync", "stranger")


def at_each_step(blade, role, *phases):
    """Goes through the phases, each (what is done, what is to come of it), with a death at the first step of
    each, then at the second, ... until nobody dies any more: at which step."""
    step, died = 0, True
    while died:
        step, died = step + 1, False
        for do, done in phases:
            before = blade.world.log().count(" killed")
            blade.death.write_text(f"{role} {step}")
            do()
            until(done, lambda d=do, n=step: f"{role} killed at step {n} of {d.__name__}: {blade.status()}")
            blade.death.unlink(missing_ok=True)
            died = died or blade.world.log().count(" killed") > before
    return step


def test_a_map_is_made_and_removed_whoever_dies(mortal):
    def assemble():
        mortal.world.kill()
        shutil.rmtree(mortal.world.run / "multipath", ignore_errors=True)  # another boot
        mortal.world.start()

    def remove():
        assert mortal.world.command("multipath", "remove", "web").returncode == 0

    mortal.begin()
    steps = at_each_step(mortal, "deed",
                         (remove, lambda: mortal.status()["state"] == "removed" and not os.path.lexists(DISK)
                          and "web" not in dmsetup("ls")),
                         (assemble, lambda: mortal.status()["state"] == "good" and is_whole(mortal)))
    assert steps > 4


def test_a_writing_guest_does_not_notice_who_dies(mortal):
    """Paths go, come back as other devices, fail, and the LUN grows."""
    size = [mortal.begin(no_path_retry=600)["size_bytes"]]
    mortal.write()

    def be(state, **more):
        def done():
            now = mortal.status()
            return now["state"] == state and is_whole(mortal) and all(now[k] == v for k, v in more.items())
        return done

    def grow():
        size[0] += 1 << 30
        (DRIVER / "virtual_gb").write_text(str(size[0] >> 30))
        mortal.relevo("rescan")

    steps = at_each_step(mortal, "deed",
                         (lambda: mortal.target.delete(0), be("degraded", paths=1)),
                         (lambda: mortal.target.scan(0), be("good", paths=2)),
                         (lambda: mortal.target.set_mode(FAILS, 1), be("degraded")),
                         (lambda: mortal.target.set_mode(WORKS, 1), be("good")),
                         (grow, lambda: size_of(DISK) == size[0] >> 30 << 30 and be("good")()))
    assert steps > 2 and mortal.errors() == []
    mortal.wait_writes()
    mortal.check_writes()


def test_a_lun_is_lost_and_comes_back_whoever_dies(mortal):
    mortal.begin(no_path_retry=1)
    mortal.write()

    def change(mode):
        if role == "multipath":  # another one that can be killed
            mortal.world.kill()
            mortal.world.start()
        mortal.target.set_mode(mode, 0, 1)

    for role in "deed", "multipath":
        steps = at_each_step(mortal, role,
                             (lambda: change(FAILS),
                              lambda: (m := mortal.status())["state"] == "lost" and not m["queueing"]),
                             (lambda: change(WORKS),
                              lambda: (m := mortal.status())["state"] == "good" and m["queueing"]
                              and is_whole(mortal)))
        assert steps > 1
    mortal.wait_writes()
    mortal.check_writes()


def test_what_a_dead_worker_has_loaded_or_not_named_is_set_right(mortal):
    mortal.begin()
    dmsetup("load", "web", "--table", f"0 {mortal.status()['size_bytes'] // 512} multipath 0 0 0 0")
    os.unlink(DISK)
    mortal.relevo("rescan")
    until(lambda: is_whole(mortal), lambda: f"the one is dropped, the other is back: {columns('web')}")
    assert mortal.status()["queueing"]
