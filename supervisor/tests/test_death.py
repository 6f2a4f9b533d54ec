"""relevod dies: guests are neither disturbed, nor lost, nor doubled."""
import os
import random
import time

import pytest
from world import until


def assert_never_doubled(world):
    """No domain of a guest was made while another of it was there."""
    alive = {}
    for deed, domid, name in world.diary():
        if deed == "create":
            assert not alive.get(name), f"{name} made as {domid} beside {alive[name]}"
            alive.setdefault(name, set()).add(domid)
        elif deed == "destroy":
            alive.get(name, set()).discard(domid)


def test_running_guests_are_adopted_untouched(world):
    for name in ("a", "b", "c"):
        world.guest(name)
    world.start()
    before = {name: world.until_state(name, "running")["domid"] for name in ("a", "b", "c")}
    diary = world.diary()
    world.kill()
    world.start()
    for name, domid in before.items():
        assert world.until_state(name, "running")["domid"] == domid
    assert world.diary() == diary
    world.end(before["a"], "crash")  # and is looked after from then on
    until(lambda: world.running("a") not in ([], [before["a"]]), "a is back")


def test_an_end_while_relevod_was_dead_is_counted_once(world):
    world.guest("web")
    world.guest("off")
    world.start()
    web = world.until_state("web", "running")["domid"]
    off = world.until_state("off", "running")["domid"]
    world.kill()
    world.end(web, "crash")
    world.end(off, "poweroff")
    world.start()
    status = world.until_state("web", "running")
    assert status["ends"] == 1 and status["last_end"] == "crash"
    assert world.until_state("off", "stopped")["hold"] == "poweroff"


def test_a_half_built_guest_is_cleared_away_and_built_again(world):
    world.guest("web")
    world.set("hang.web")
    world.start()
    until(lambda: world.deeds("web", "create"), "being built")
    world.kill()  # its worker dies with it
    world.unset("hang.web")
    world.start()
    world.until_state("web", "running")
    assert world.deeds("web", "create") == [1, 2] and world.deeds("web", "destroy") == [1]


def test_a_guest_made_by_hand_is_adopted(world):
    world.guest("web")
    world.make_domain(77, "web")
    world.start()
    assert world.until_state("web", "running")["domid"] == 77
    assert not world.deeds("web", "create")


def test_a_guest_being_built_by_hand_is_left_to_its_builder(world):
    world.guest("web")
    world.make_domain(77, "web", state="unbuilt")
    world.start()
    world.until_state("web", "starting")
    world.command("stop", "web")
    world.change(77, state="running")
    world.until_state("web", "stopped")  # it was told to stop meanwhile, and does
    assert world.deeds("web", "shutdown") == [77] and not world.deeds("web", "create")


def test_the_watcher_is_replaced(world):
    world.guest("web")
    world.start()
    first = world.until_state("web", "running")["domid"]
    pids = [int(p) for p in open(f"/proc/{world.process.pid}/task/{world.process.pid}/children",
                                 encoding="ascii").read().split()]
    assert len(pids) == 1

    os.kill(pids[0], 9)
    world.end(first, "crash")
    until(lambda: world.running("web") not in ([], [first]), "seen by the next watcher")


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_random_instants(world, seed):
    chance = random.Random(seed)
    names = ["a", "b", "c", "d"]
    for name in names:
        world.guest(name)
    world.set("slow_ms", "60")
    for _ in range(12):
        world.start()
        time.sleep(chance.random() * 0.6)  # the random instant itself, not a wait
        running = [i for name in names for i in world.running(name)]
        if running and chance.random() < 0.7:
            world.end(chance.choice(running), chance.choice(["crash", "reboot"]))
            time.sleep(chance.random() * 0.3)
        world.kill()
    world.start()
    for name in names:  # failures have added up to delays
        until(lambda n=name: world.command("start", n).returncode == 0, "relevod answers")
        until(lambda n=name: len(world.running(n)) == 1, f"{name} runs")
        assert len(world.domains_of(name)) == 1
    assert_never_doubled(world)
