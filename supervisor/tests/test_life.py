"""A guest's life under relevod: started, ended in every way, restarted, given up, stopped."""
from world import until


def test_guests_whose_home_is_here_are_started_and_others_are_not(world):
    world.guest("web")
    world.guest("far", home="n2")
    world.guest("nowhere", home="x")
    (world.site / "guests" / "nowhere.cfg").write_text('name="nowhere"\nmemory=64\nkernel="/k"\n')
    world.start()
    web = world.until_state("web", "running")
    assert web["domid"] in world.running("web") and web["starts"] == 1
    assert world.guest_status("far")["state"] == "elsewhere"
    assert world.guest_status("nowhere")["state"] == "elsewhere"
    assert world.command("start", "far").returncode == 1
    assert not world.domains_of("far") and not world.domains_of("nowhere")


def ended_and_back(world, how):
    world.guest("web")
    world.start()
    first = world.until_state("web", "running")["domid"]
    if how == "destroyed":
        world.destroy(first)
    else:
        world.end(first, how)
    second = until(lambda: world.running("web"), "web runs again")[0]
    assert second != first
    status = until(lambda: (g := world.guest_status("web"))["state"] == "running" and g, "status knows")
    assert status["last_end"] == how and status["ends"] == 1 and status["failures"] == 1
    assert len(world.domains_of("web")) == 1


def test_a_crash_is_restarted(world):
    ended_and_back(world, "crash")


def test_a_reboot_is_restarted(world):
    ended_and_back(world, "reboot")


def test_destroyed_from_outside_is_restarted(world):
    ended_and_back(world, "destroyed")


def test_a_guests_own_poweroff_is_its_wish(world):
    world.guest("web")
    world.start()
    world.end(world.until_state("web", "running")["domid"], "poweroff")
    assert world.until_state("web", "stopped")["hold"] == "poweroff"
    until(lambda: not world.domains_of("web"), "cleared away")
    world.kill()  # remembered by the next relevod
    world.start()
    world.until_state("web", "stopped")
    assert world.command("start", "web").returncode == 0
    world.until_state("web", "running")


def test_on_crash_destroy_leaves_it_stopped(world):
    world.guest("web", 'on_crash = "destroy"')
    world.start()
    world.end(world.until_state("web", "running")["domid"], "crash")
    world.until_state("web", "stopped")


def test_stop_holds_over_relevods_death_until_start(world):
    world.guest("web")
    world.start()
    world.until_state("web", "running")
    done = world.command("stop", "web")
    assert (done.returncode, done.stdout) == (0, "guest web: stopping\n")
    world.until_state("web", "stopped")
    world.kill()
    world.start()
    assert world.until_state("web", "stopped")["hold"] == "operator"
    assert world.command("start", "web").returncode == 0
    assert world.until_state("web", "running")["failures"] == 0
    assert len(world.deeds("web", "create")) == 2


def test_a_guest_runs_when_its_builder_has_ended(world):
    """Before, it can be told nothing: whoever waits for "running" may then attach a disk."""
    world.guest("web")
    world.set("late.web")
    world.start()
    first = until(lambda: world.running("web"), "it runs")[0]
    seen = until(lambda: (g := world.guest_status("web")) and g["domid"] == first and g, "it is seen")
    assert seen["state"] == "starting"
    assert "something else is being done" in world.command("attach", "web", "phy:/dev/b,xvdb,w").stderr
    world.unset("late.web")
    world.until_state("web", "running")
    assert world.command("attach", "web", "phy:/dev/b,xvdb,w").returncode == 0


def test_restart_makes_a_new_domain(world):
    world.guest("web")
    world.start()
    first = world.until_state("web", "running")["domid"]
    assert world.command("restart", "web").returncode == 0
    until(lambda: world.running("web") not in ([], [first]), "web runs as another domain")
    assert world.deeds("web", "shutdown") == [first]


def test_a_guest_that_dies_at_once_is_given_up_and_disturbs_nobody(world):
    world.guest("bad")
    world.guest("good")
    world.set("fail.bad", "this kernel cannot be decompressed")
    world.start()
    good = world.until_state("good", "running")["domid"]
    status = until(lambda: (g := world.guest_status("bad"))["failures"] >= 2 and g["state"] == "waiting"
                   and g, "two failures, and it waits for the next try")
    assert status["error"] == "this kernel cannot be decompressed"
    log = world.log()
    assert log.count("guest bad: not started: this kernel cannot be decompressed") == 1
    # The rest of the delays would take minutes: the record is where they are kept.
    world.kill()
    record = world.run / "guests" / "bad"
    text = " ".join("failures=8" if w.startswith("failures=") else w for w in record.read_text().split())
    record.write_text(text.replace("start_at_ms=", "x=") + "\n")
    world.start()
    world.until_state("bad", "gave-up")
    assert "guest bad: start failed; given up after 9 failures" in world.log()
    assert world.running("good") == [good]
    world.unset("fail.bad")
    assert world.command("start", "bad").returncode == 0
    assert world.until_state("bad", "running")["failures"] == 0


def test_a_failure_to_start_is_told_once_whatever_its_numbers(world):
    world.guest("bad")
    world.set("fail.bad", "too little memory: the host has 307 MiB free")
    world.start()
    until(lambda: "too little memory" in world.log(), "the first failure")
    world.set("fail.bad", "too little memory: the host has 71 MiB free")
    until(lambda: world.guest_status("bad")["error"].endswith("has 71 MiB free"), "another number")
    for disk in ("/dev/sda1", "/dev/sda2"):  # no numbers, but names
        world.set("fail.bad", f"disk {disk}: No such file or directory")
        until(lambda d=disk: f"bad: not started: disk {d}: No such file" in world.log(), f"{disk} is missed")
    assert world.log().count("not started: too little memory") == 1


def test_a_lingering_domain_is_not_started_beside(world):
    world.guest("web")
    world.set("linger")
    world.start()
    first = world.until_state("web", "running")["domid"]
    world.end(first, "crash")
    world.until_state("web", "dying")
    for _ in range(5):  # five more looks at it
        before = world.log()
        assert world.status() is not None and before is not None
        assert world.domains_of("web").keys() == {first}
    world.unset("linger")
    world.destroy(first)
    until(lambda: world.running("web"), "started once the old one is gone")


def test_a_guest_that_does_not_listen_is_destroyed_after_its_time(world):
    world.guest("web")
    world.set("deaf.web")
    world.start()
    first = world.until_state("web", "running")["domid"]
    world.command("stop", "web")
    until(lambda: world.deeds("web", "shutdown"), "asked")
    world.until_state("web", "stopping")
    assert world.running("web") == [first]
    world.kill()  # the deadline is remembered too: bring it near
    record = world.run / "guests" / "web"
    words = ["stop_by_ms=1" if w.startswith("stop_by_ms=") else w for w in record.read_text().split()]
    record.write_text(" ".join(words) + "\n")
    world.start()
    world.until_state("web", "stopped")
    assert world.deeds("web", "destroy") == [first] and world.deeds("web", "shutdown") == [first]


def test_shutdown_stops_guests_in_reverse_order(world):
    world.guest("db", "priority = 110")
    world.guest("web", 'after = [ "db" ]')
    world.guest("late", "priority = 10")
    world.start()
    for name in ("db", "web", "late"):
        world.until_state(name, "running")
    assert world.terminate() == 0
    assert [n for d, _, n in world.diary() if d == "shutdown"] == ["late", "web", "db"]
    assert not world.domains()


def test_after_waits_for_the_other_guest(world):
    world.guest("a-web", 'after = [ "z-db" ]', "priority = 500")
    world.guest("z-db")
    world.start()
    world.until_state("a-web", "running")
    deeds = [(d, n) for d, _, n in world.diary()]
    assert deeds.index(("run", "z-db")) < deeds.index(("create", "a-web"))


def test_after_does_not_hold_a_guest_whose_friend_cannot_start(world):
    world.guest("web", 'after = [ "db" ]')
    world.guest("db")
    world.set("fail.db", "no disk")
    world.start()
    world.until_state("web", "running")
