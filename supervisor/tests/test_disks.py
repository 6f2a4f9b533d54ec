"""Disks that come and go while a guest runs."""
import signal

from world import until


def disks_of(world, domid):
    return (world.xen / f"disks.{domid}").read_text().split("\n")[:-1]


def test_a_reload_attaches_and_detaches_while_the_guest_runs(world):
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w", "phy:/dev/b,xvdb,w"]')
    world.start()
    domid = world.until_state("web", "running")["domid"]
    assert disks_of(world, domid) == ["xvda w /dev/a", "xvdb w /dev/b"]
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w", "phy:/dev/c,xvdc,r"]')
    assert world.command("reload").returncode == 0
    until(lambda: disks_of(world, domid) == ["xvda w /dev/a", "xvdc r /dev/c"], "the difference is done")
    until(lambda: world.deeds("web/xvdb", "detach") == world.deeds("web/xvdc", "attach") == [domid], "once")
    until(lambda: "guest web: its disks are as described" in world.log(), "it is said")
    web = world.guest_status("web")
    assert not web["changed"] and web["error"] == "" and world.running("web") == [domid]


def test_a_disk_that_becomes_another_stays_until_the_next_start(world):
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w"]')
    world.start()
    domid = world.until_state("web", "running")["domid"]
    world.guest("web", 'disk = ["phy:/dev/new,xvda,w", "phy:/dev/b,xvdb,w"]')
    world.command("reload")
    until(lambda: disks_of(world, domid) == ["xvda w /dev/a", "xvdb w /dev/b"], "the new one is there")
    until(lambda: "xvda: becomes /dev/new at the guest's next start" in world.guest_status("web")["error"],
          "it is said")
    world.command("restart", "web")
    again = until(lambda: [d for d in world.running("web") if d != domid], "it is started again")
    assert disks_of(world, again[0]) == ["xvda w /dev/new", "xvdb w /dev/b"]
    assert world.until_state("web", "running")["error"] == ""


def test_the_difference_outlives_relevod(world):
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w"]')
    world.start()
    domid = world.until_state("web", "running")["domid"]
    world.kill()
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w", "phy:/dev/b,xvdb,w"]')
    world.start()
    until(lambda: world.deeds("web/xvdb", "attach"), "it is attached, and who did it has said so")
    world.kill()
    world.start()
    world.until_state("web", "running")
    assert world.deeds("web/xvdb", "attach") == [domid]


def test_the_difference_outlives_a_relevod_that_died_as_its_guest_began_to_run(world):
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w"]')
    world.set("slow_ms", "300")
    world.start()
    until(lambda: world.deeds("web", "create"), "it is being built")
    world.process.send_signal(signal.SIGSTOP)  # it will not hear that the guest runs
    domid = until(lambda: world.running("web"), "it runs")[0]
    world.kill()
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w", "phy:/dev/b,xvdb,w"]')
    world.start()
    until(lambda: world.deeds("web/xvdb", "attach") == [domid], "it is attached")
    assert "taken over as it is" in world.log() and world.running("web") == [domid]


def test_what_the_guest_does_not_give_back_is_asked_for_again(world):
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w", "phy:/dev/b,xvdb,w"]')
    world.set("mounted.xvdb")
    world.start()
    domid = world.until_state("web", "running")["domid"]
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w", "phy:/dev/c,xvdc,w"]')
    world.command("reload")
    until(lambda: "does not give it back" in world.guest_status("web")["error"], "it is said")
    assert "xvdc w /dev/c" in disks_of(world, domid)  # the rest is done all the same
    world.unset("mounted.xvdb")
    until(lambda: disks_of(world, domid) == ["xvda w /dev/a", "xvdc w /dev/c"], "at last")
    until(lambda: world.guest_status("web")["error"] == "", "and no longer said")


def test_a_guest_whose_disks_wait_can_still_be_stopped(world):
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w", "phy:/dev/b,xvdb,w"]')
    world.set("mounted.xvdb")
    world.start()
    world.until_state("web", "running")
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w"]')
    world.command("reload")
    until(lambda: world.guest_status("web")["error"], "it fails")
    world.command("stop", "web")
    world.until_state("web", "stopped")


def test_the_operator_attaches_and_detaches(world):
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w"]')
    world.start()
    domid = world.until_state("web", "running")["domid"]
    done = world.command("attach", "web", "phy:/dev/b,xvdb,w")
    assert done.stdout == "guest web: attaching /dev/b as xvdb\n"
    until(lambda: "disk xvdb attached; its file decides at its next start" in world.log(), "it is attached")
    assert disks_of(world, domid) == ["xvda w /dev/a", "xvdb w /dev/b"]
    world.command("attach", "web", "phy:/dev/c,xvdb,w")
    until(lambda: "it has such a disk already, /dev/b" in world.guest_status("web")["error"], "not twice")
    world.kill()
    world.start()  # which changes nothing: the file has not changed
    until(lambda: world.command("detach", "web", "xvdb").returncode == 0, "the next one answers")
    until(lambda: disks_of(world, domid) == ["xvda w /dev/a"], "it is detached")
    until(lambda: world.command("attach", "web", "phy:/dev/b,xvdb,w").returncode == 0, "that is over")
    until(lambda: "xvdb w /dev/b" in disks_of(world, domid), "once more")
    world.end(domid, "reboot")
    again = until(lambda: [d for d in world.running("web") if d != domid], "it is started again")
    assert disks_of(world, again[0]) == ["xvda w /dev/a"]


def test_what_cannot_be_attached_is_said(world):
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w"]')
    world.guest("off", 'disk = ["phy:/dev/a,xvda,w"]')
    world.start()
    world.until_state("web", "running")
    world.command("stop", "off")
    world.until_state("off", "stopped")
    for words, said in [(("attach", "web", "qcow2:/dev/b,xvdb,w"), "expected format raw"),
                        (("attach", "web", "phy:b,xvdb,w"), "expected an absolute path"),
                        (("attach", "off", "phy:/dev/b,xvdb,w"), "guest off: does not run"),
                        (("detach", "web", "xvdbbbbbbbbbbbbbbbbbb"), "expected a vdev"),
                        (("detach", "none", "xvdb"), "guest none: not run by this node")]:
        done = world.command(*words)
        assert done.returncode == 1 and said in done.stderr, done.stderr
    assert world.command("attach", "web").returncode == 2
    world.set("nodisk.xvdb")
    assert world.command("attach", "web", "phy:/dev/b,xvdb,w").returncode == 0
    until(lambda: "disk /dev/b: no such file" in world.guest_status("web")["error"], "it is said")


def test_a_lun_that_is_not_there_is_attached_when_it_comes(san):
    wwid = "naa.600a0b80001234560000111122229999"
    world = san.world
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w"]')
    san.configure(f"multipath=db:{wwid}:interval=1")
    domid = world.until_state("web", "running")["domid"]
    world.guest("web", 'disk = ["phy:/dev/a,xvda,w", "phy:/dev/mapper/db,xvdb,w"]')
    world.command("reload")
    until(lambda: world.guest_status("web")["disks"] == "missing", "it waits")
    assert disks_of(world, domid) == ["xvda w /dev/a"]
    san.disk("sda", "8:0", wwid=wwid)
    san.rescan()
    until(lambda: "xvdb w /dev/mapper/db" in disks_of(world, domid), "it is attached")
