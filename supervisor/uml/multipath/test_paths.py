"""Paths of a LUN that fail, hang and come back under a guest's writes, on the real kernel."""
import signal
import subprocess

import pytest
from blade import DISK, size_of
from target import DRIVER, FAILS, LOSES, NON_OPTIMIZED, OPTIMIZED, STANDBY, WORKS
from world import until


def test_groups_are_what_the_target_says(blade):
    blade.target.set_access(OPTIMIZED, NON_OPTIMIZED, STANDBY)
    blade.target.add_hosts(3)
    blade.target.set_access(NON_OPTIMIZED, OPTIMIZED, STANDBY)
    blade.configure()
    blade.world.start()
    until(lambda: blade.status()["state"] != "" and blade.relevo("rescan"), "relevod answers")
    a, b, c = (blade.target.path(h) for h in range(3))
    right = [("optimized", [b]), ("non-optimized", [a]), ("standby", [c])]
    until(lambda: blade.groups() == right, lambda: f"the groups are right: {blade.groups()}")
    blade.write()
    until(lambda: blade.carrying() == [b], lambda: f"the optimized one carries: {blade.status()}")
    # A controller takes over.
    blade.target.set_access(OPTIMIZED, NON_OPTIMIZED, STANDBY)
    blade.relevo("rescan")
    until(lambda: blade.carrying() == [a], lambda: f"the other group carries: {blade.status()}")
    blade.wait_writes()
    assert blade.errors() == []
    blade.check_writes()


def test_the_kernels_patience_is_set(blade):
    blade.begin(timeout=7, eh_timeout=3, max_retries=2)
    for host in range(2):
        disk = blade.target.path(host)
        assert blade.target.attribute(disk, "timeout") == "7"
        assert blade.target.attribute(disk, "eh_timeout") == "3"
        assert blade.target.attribute(disk, f"scsi_disk/{host}:0:0:0/max_retries") == "2"


def test_a_path_fails_and_comes_back(blade):
    blade.begin(group="failover", hwhandler="none", failback=2)
    blade.target.set_access(OPTIMIZED, NON_OPTIMIZED)
    blade.relevo("rescan")
    first, second = blade.target.path(0), blade.target.path(1)
    blade.write()
    until(lambda: blade.carrying() == [first], lambda: f"the better one carries: {blade.status()}")
    blade.target.set_mode(FAILS, 0)
    blade.until_state("degraded")
    until(lambda: blade.carrying() == [second], "the other carries")
    blade.wait_writes()
    blade.target.set_mode(WORKS, 0)
    blade.until_state("good")
    until(lambda: blade.carrying() == [first], "it is gone back")
    blade.wait_writes()
    assert blade.errors() == []
    blade.check_writes()


def test_a_path_that_does_not_answer_costs_no_more_than_the_kernels_patience(blade):
    blade.begin(timeout=2, eh_timeout=1)
    blade.write()
    blade.target.set_mode(LOSES, 0)
    blade.until_state("degraded")
    until(lambda: "no answer" in blade.world.log(), "the check or the kernel was first; now both")
    blade.wait_writes()
    blade.target.set_mode(WORKS, 0)
    blade.until_state("good")
    blade.wait_writes()
    assert blade.errors() == []
    blade.check_writes()


@pytest.mark.parametrize("mode", (FAILS, LOSES))
def test_without_a_path_for_less_than_its_time_the_guest_only_waits(blade, mode):
    blade.world.guest("shop", f'disk = ["phy:{DISK},xvda,w"]')
    blade.begin(no_path_retry=600, timeout=2, eh_timeout=1)
    blade.world.until_state("shop", "running")
    blade.write()
    blade.target.set_mode(mode, 0, 1)
    blade.until_state("queueing")
    shop = blade.world.guest_status("shop")
    assert (shop["state"], shop["disks"]) == ("running", "waiting")
    for back in (1, 0):  # the other way round than they were taken in
        blade.target.set_mode(WORKS, back)
        blade.until_state("degraded" if back else "good")
        blade.wait_writes()
    assert blade.errors() == []
    blade.check_writes()


def test_without_a_path_for_longer_the_guest_has_lost_its_storage(blade):
    blade.world.guest("shop", f'disk = ["phy:{DISK},xvda,w"]')
    blade.begin(no_path_retry=2)
    blade.world.until_state("shop", "running")
    blade.write()
    blade.target.set_mode(FAILS, 0, 1)
    blade.until_state("lost")
    until(blade.errors, "the guest's write fails")
    until(lambda: blade.world.guest_status("shop")["disks"] == "lost", "it is said")
    blade.target.set_mode(WORKS, 0, 1)
    blade.until_state("good", queueing=True)
    assert blade.world.guest_status("shop")["disks"] == "ready"
    blade.wait_writes(20)
    blade.check_writes()


def test_relevod_killed_while_there_is_no_path(blade):
    blade.begin(no_path_retry=600)
    blade.write()
    blade.target.set_mode(FAILS, 0, 1)
    memory = blade.world.run / "multipath/web"
    blade.until_state("queueing")
    since = until(lambda: " no_path_since_ms=0 " not in (t := memory.read_text()) and t, "it is written down")
    blade.world.kill()
    blade.world.start()
    blade.until_state("queueing")
    assert memory.read_text().split()[1] == since.split()[1]
    blade.world.kill()
    memory.write_text(since.replace("no_path_since_ms=", "no_path_since_ms=1 was="))  # since it booted
    blade.configure(no_path_retry=10)
    blade.world.start()
    blade.until_state("lost")
    blade.world.kill()
    blade.target.set_mode(WORKS, 0, 1)
    blade.world.start()
    blade.until_state("good", queueing=True)
    blade.wait_writes(20)
    blade.check_writes()


def test_paths_that_go_and_come_back_as_other_devices(blade):
    blade.begin()
    blade.write()
    for host in (0, 1):
        blade.target.delete(host)
        blade.until_state("degraded", paths=1)
        blade.wait_writes()
        blade.target.scan(host)
        blade.until_state("good", paths=2)
        blade.wait_writes()
    assert blade.errors() == []
    blade.check_writes()


def test_growth_reaches_the_map_under_a_writing_guest(blade):
    before = blade.begin()["size_bytes"]
    blade.write()
    (DRIVER / "virtual_gb").write_text("1")
    until(lambda: blade.relevo("rescan") and size_of(DISK) == 1 << 30,
          lambda: f"{DISK} has grown from {before}: {blade.status()}")
    blade.until_state("good", size_bytes=1 << 30)
    blade.wait_writes()
    assert blade.errors() == []
    blade.check_writes()


def test_a_lun_is_removed_only_when_nobody_uses_it(blade):
    blade.begin()
    blade.write()
    until(lambda: "in use" in blade.world.command("multipath", "remove", "web").stderr, "it is refused")
    blade.until_state("good")
    blade.wait_writes()
    blade.check_writes()
    until(lambda: blade.world.command("multipath", "remove", "web", "--paths").returncode == 0, "then not")
    until(lambda: not any(blade.target.path(h) for h in range(2)), "map and devices go")
    blade.until_state("removed", paths=0, minor=-1)
    blade.relevo("add", "web")
    blade.until_state("good", paths=2)


def test_a_dead_lun_that_waits_for_a_path_is_removed_at_once(blade):
    blade.begin(no_path_retry="queue")
    blade.target.set_mode(FAILS, 0, 1)
    blade.until_state("queueing")
    blade.relevo("remove", "web")
    blade.until_state("removed", minor=-1)


def test_a_node_that_goes_down_is_not_held_up_by_a_dead_lun(blade):
    blade.begin(no_path_retry="queue")
    blade.write()
    blade.target.set_mode(FAILS, 0, 1)
    blade.until_state("queueing")
    assert blade.world.terminate() == 0
    until(blade.errors, "what waited has failed")
    blade.stop_writing()


def test_a_shorter_configuration_leaves_the_map_until_it_is_free(blade):
    blade.begin()
    blade.write()
    blade.world.cmdline.write_text("hostname=n1\n")
    assert blade.world.command("reload").returncode == 0
    until(lambda: "map web: not configured" in blade.world.log(), "it is said")
    blade.target.set_mode(FAILS, 0)
    until(lambda: "carries no more I/O" in blade.world.log(), "a path fails")
    blade.wait_writes()
    blade.target.set_mode(WORKS, 0)
    until(lambda: subprocess.run(["dmsetup", "status", "web"], capture_output=True, text=True,
                                 check=True).stdout.count(" A ") == 2 + 1, "it is reinstated")
    blade.writer.send_signal(signal.SIGTERM)
    until(lambda: "map web is gone" in blade.world.log(), "the map goes with its user")
