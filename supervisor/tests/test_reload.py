"""relevo reload: a running relevod takes another configuration."""
import os

import pytest
from world import until

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


def reload(world, *folder, status=0):
    done = world.command("reload", *folder)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def begin(world, *names):
    for name in names:
        world.guest(name)
    world.start()
    return [world.until_state(name, "running")["domid"] for name in names]


def drop(world, name):
    (world.site / "guests" / f"{name}.cfg").unlink()


def test_a_guest_that_is_added_is_started(world):
    web = begin(world, "web")
    world.guest("db")
    assert reload(world).stdout == "node n1: 2 guests configured, 0 errors\n"
    world.until_state("db", "running")
    assert world.running("web") == web and len(world.deeds("web", "create")) == 1


def test_a_guest_that_is_dropped_runs_on_and_is_told(world):
    web, _ = begin(world, "web", "db")
    drop(world, "web")
    reload(world)
    assert not (status := world.guest_status("web"))["configured"] and status["state"] == "running"
    assert "no longer configured" in world.command("status").stdout
    assert world.command("start", "web").stderr == "relevo: guest web: is no longer configured\n"
    world.kill()  # the next relevod still knows whose domain it is
    world.start()
    world.until_state("db", "running")
    assert until(lambda: world.guest_status("web"), "it is shown")["configured"] is False
    world.end(web, "crash")
    until(lambda: world.guest_status("web") is None, "it is forgotten once it has ended")
    assert not world.domains_of("web") and len(world.deeds("web", "create")) == 1
    assert not (world.run / "guests" / "web").exists()


def test_a_guest_that_is_dropped_can_be_stopped_and_taken_back(world):
    first = begin(world, "web")
    drop(world, "web")
    reload(world)
    world.guest("web")
    reload(world)
    assert world.guest_status("web")["configured"] and world.running("web") == first
    drop(world, "web")
    reload(world)
    assert world.command("stop", "web").returncode == 0
    until(lambda: world.guest_status("web") is None, "gone")
    assert world.deeds("web", "shutdown") == first
    world.guest("web")  # the stop was the dropped guest's
    reload(world)
    world.until_state("web", "running")


def test_a_guest_that_is_dropped_is_shut_down_with_the_node(world):
    web = begin(world, "web")
    drop(world, "web")
    reload(world)
    assert world.terminate() == 0
    assert world.deeds("web", "shutdown") == web and not world.domains()


def test_a_guest_whose_home_moves_runs_on_here(world):
    web = begin(world, "web")
    world.guest("web", home="n2")
    reload(world)
    assert world.guest_status("web")["state"] == "running"
    assert "runs here, but its home is n2" in world.command("status").stdout
    assert world.command("stop", "web").returncode == 0
    world.until_state("web", "elsewhere")
    assert world.deeds("web", "shutdown") == web


def test_a_changed_description_is_taken_at_the_next_start(world):
    web = begin(world, "web")
    world.guest("web", "vcpus = 4")
    reload(world)
    assert world.guest_status("web")["changed"] and world.running("web") == web
    assert "new description" in world.command("status").stdout
    world.kill()  # not only this relevod's knowledge
    world.start()
    assert world.until_state("web", "running")["changed"]
    world.command("restart", "web")
    until(lambda: world.running("web") not in ([], web), "it runs as another domain")
    assert world.until_state("web", "running")["changed"] is False


def test_what_relevod_alone_acts_on_holds_at_once(world):
    web = begin(world, "web")
    world.guest("web", 'on_crash = "destroy"', "priority = 7")
    reload(world)
    status = world.guest_status("web")
    assert status["priority"] == 7 and not status["changed"]
    world.end(web[0], "crash")
    world.until_state("web", "stopped")


def test_a_guest_that_was_given_up_is_tried_again_when_it_is_mended(world):
    world.guest("web")
    world.set("fail.web", "no disk")
    world.start()
    until(lambda: (g := world.guest_status("web")) and g["failures"] >= 1, "it fails")
    world.kill()
    record = world.run / "guests" / "web"
    record.write_text(record.read_text().replace("hold=0", "hold=3"))  # as after nine failures
    world.start()
    world.until_state("web", "gave-up")
    reload(world)
    assert world.guest_status("web")["state"] == "gave-up"
    world.unset("fail.web")
    world.guest("web", "vcpus = 2")
    reload(world)
    world.until_state("web", "running")


def test_a_configuration_with_errors_is_refused_but_for_force(world):
    begin(world, "web")
    world.guest("db")
    world.guest("bad", "usb = 1")
    done = reload(world, status=1)
    assert done.stdout == "guests/bad.cfg:5: usb: not supported; expected a key of relevo-guest(5)\n"
    assert "it has 1 error (--force would take it" in done.stderr and "the one before stays" in done.stderr
    assert world.guest_status("db") is None and world.status()["errors"] == []
    assert reload(world, "--force").stdout == done.stdout + "node n1: 3 guests configured, 1 errors\n"
    world.until_state("db", "running")
    assert world.guest_status("bad")["state"] == "broken"
    drop(world, "bad")
    reload(world)
    assert world.status()["errors"] == [] and world.guest_status("bad") is None


@pytest.mark.parametrize("spoil", ["usb = 1", "memory = "])
def test_a_guest_whose_file_is_broken_for_a_while_runs_on(world, spoil):
    """Whether or not the file still tells whose it is."""
    web = begin(world, "web")
    world.guest("web", spoil)
    reload(world, status=1)
    reload(world, "--force")
    world.kill()
    world.start()
    until(lambda: (g := world.guest_status("web")) and g["domid"] == web[0], "it is in view")
    world.guest("web")
    reload(world)
    assert world.until_state("web", "running")["configured"]
    assert world.running("web") == web and not world.deeds("web", "shutdown")
    world.end(web[0], "crash")
    until(lambda: world.running("web") not in ([], web), "it is restarted again")


@pytest.mark.parametrize("spoil", ["nul", "folder"])
def test_what_cannot_be_read_changes_nothing(world, spoil):
    begin(world, "web")
    world.guest("db")
    conf = world.site / "site.conf"
    if spoil == "nul":
        conf.write_bytes(b"nameserver=10.0.0.1\n\0")
    else:
        conf.mkdir()
    done = reload(world, status=1)
    assert "site.conf" in done.stdout and "the one before stays" in done.stderr
    assert world.guest_status("db") is None and world.status()["errors"] == []
    assert world.guest_status("web")["configured"]


def test_reload_during_a_running_job(world):
    begin(world, "web")
    world.guest("slow")
    world.set("hang.slow")
    reload(world)
    until(lambda: world.deeds("slow", "create"), "it is being built")
    world.guest("slow", "vcpus = 2")
    reload(world)  # what it is built with is not what it is described by now
    world.unset("hang.slow")
    until(lambda: world.running("slow") or world.domains_of("slow"), "built")
    world.kill()  # the fake's builder hangs until it is killed with relevod
    world.start()
    assert world.until_state("slow", "running")["changed"] is False


def test_a_guest_dropped_while_it_is_built(world):
    begin(world, "web")
    world.set("slow_ms", "1500")
    world.guest("slow")
    reload(world)
    until(lambda: world.deeds("slow", "create"), "it is being built")
    world.guest("slow", "vcpus = 2")
    reload(world)
    drop(world, "slow")
    reload(world)
    until(lambda: world.running("slow"), "what was begun is ended")
    assert until(lambda: world.guest_status("slow"), "and in view")["configured"] is False
    assert len(world.deeds("slow", "create")) == 1
    world.guest("slow", "vcpus = 2")
    reload(world)
    until(lambda: world.guest_status("slow")["changed"], "built by the first description")


def test_twice_is_as_once_and_goes_at_all_when_nothing_changed(world):
    web = begin(world, "web")
    world.guest("db")
    assert reload(world).stdout == reload(world).stdout
    world.until_state("db", "running")
    reload(world)
    assert world.running("web") == web and len(world.deeds("db", "create")) == 1


def test_a_node_that_goes_down_reads_nothing_again(world):
    begin(world, "web")
    world.set("deaf.web")
    world.process.terminate()
    until(lambda: world.status()["leaving"], "it is going down")
    assert "this node is going down" in reload(world, status=1).stderr


def test_the_keys_that_let_in_are_written_again(world):
    begin(world)
    until(world.status, "relevod answers")
    (world.site / "site.conf").write_text(f'sshkey="{KEY} one"\n')
    reload(world)
    keys = world.run / "ssh" / "authorized_keys"
    assert keys.read_text() == f"{KEY} one\n"
    (world.site / "site.conf").unlink()
    (world.site / "authorized_keys").write_text(f"{KEY} two\n")
    reload(world)
    assert keys.read_text() == f"{KEY} two\n"


def test_memory_and_descriptors_stay_as_they_are(world):
    world.measure()
    begin(world, *(f"g{i}" for i in range(8)))

    def cycle(count):
        for i in range(count):
            world.guest("g0", f"priority = {i % 1000}")
            reload(world)
            if i % 2 == 0:
                drop(world, "g1")
            else:
                world.guest("g1")
            reload(world)
    cycle(10)
    descriptors, memory = world.descriptors(), world.memory_kib()
    cycle(50)
    # One configuration of eight guests is over 150 KiB.
    world.until_grown_at_most(descriptors, memory, 128)


# --- another folder ---

def bundle(world, name, *guests, conf=""):
    folder = world.memory / name
    (folder / "guests").mkdir(parents=True)
    (folder / "site.conf").write_text(conf)
    for guest in guests:
        world.guest(guest, site=folder)
    return folder


@needs_root
def test_another_folder_becomes_the_site(memory):
    begin(memory, "web")
    first = bundle(memory, "first", "web", "db")
    reload(memory, first)
    memory.until_state("db", "running")
    assert (memory.site / "guests" / "db.cfg").exists()  # for guests' kernels, too
    memory.kill()
    memory.start()
    memory.until_state("db", "running")
    second = bundle(memory, "second", "web", "log")
    reload(memory, os.path.relpath(second))
    memory.until_state("log", "running")
    assert memory.guest_status("db")["configured"] is False
    memory.guest("late")  # what is changed in the site is changed in the folder
    reload(memory)
    memory.until_state("late", "running")
    assert (second / "guests" / "late.cfg").exists()


@needs_root
def test_a_broken_folder_changes_nothing(memory):
    begin(memory, "web")
    broken = bundle(memory, "broken", "web", "db", conf="bond=\n")
    assert "the one before stays" in reload(memory, broken, status=1).stderr
    (broken / "site.conf").write_bytes(b"\0")
    for force in ([], ["--force"]):
        assert "not a text file" in reload(memory, *force, broken, status=1).stdout
    (memory.memory / "empty").mkdir()
    said = reload(memory, memory.memory / "empty", status=1).stderr
    assert "expected a folder with site.conf or guests/" in said
    assert "No such file" in reload(memory, memory.memory / "none", status=1).stderr
    assert not (memory.site / "guests" / "db.cfg").exists()
    assert memory.guest_status("db") is None and memory.guest_status("web")["configured"]


@needs_root
def test_a_folder_on_a_disk_is_refused(memory):
    begin(memory, "web")
    if os.stat(memory.folder).st_dev == os.stat("/dev/shm").st_dev:
        pytest.skip("the tests' folder is in memory")
    assert "expected a folder in memory" in reload(memory, memory.folder, status=1).stderr
