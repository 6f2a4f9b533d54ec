"""Guests come and go: relevod's memory and descriptors stay as they are."""
import os
import time

from world import until

CYCLES = int(os.environ.get("RELEVO_CYCLES", "150"))  # 1000 for the full length
GUESTS = [f"g{i}" for i in range(4)]


def settled(world):
    """Every guest runs, and no worker is left."""
    children = f"/proc/{world.process.pid}/task/{world.process.pid}/children"
    with open(children, encoding="ascii") as f:
        return len(f.read().split()) == 1 and all(len(world.running(g)) == 1 for g in GUESTS)


def cycle(world, count):
    for i in range(count):
        name = GUESTS[i % len(GUESTS)]
        before = len(world.deeds(name, "run"))
        until(lambda n=name: world.command("restart", n).returncode == 0, "relevod answers")
        until(lambda n=name, b=before: len(world.deeds(n, "run")) > b, f"{name} runs again")
    until(lambda: settled(world), "all is quiet")


def test_cycles_leave_no_growth(world):
    world.measure()
    for name in GUESTS:
        world.guest(name)
    world.start()
    until(lambda: settled(world), "all guests run")
    cycle(world, 2 * len(GUESTS))  # first uses allocate what stays
    descriptors, memory = world.descriptors(), world.memory_kib()
    cycle(world, CYCLES)
    # A leak of even 100 bytes per cycle would show in the pages; one page of noise is allowed per 50.
    world.until_grown_at_most(descriptors, memory, 64 + CYCLES * 4 // 50)
    assert all(g["starts"] == g["ends"] + 1 for g in world.status()["guests"])


def test_an_idle_relevod_does_not_wake_up(world):
    world.guest("g0")
    world.start()
    world.until_state("g0", "running")
    status = f"/proc/{world.process.pid}/status"

    def switches():
        with open(status, encoding="ascii") as f:
            return int(next(line for line in f if line.startswith("voluntary")).split()[1])

    def quiet():
        before = switches()
        time.sleep(3)  # the test is about this time passing without anything done
        return switches() == before
    until(quiet, "what the last question cost is over, and nothing is done")
