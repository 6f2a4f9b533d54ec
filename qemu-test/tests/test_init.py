"""PID 1 on a real node: it survives what it should, and ends the host in order when it must."""
import pytest

from relevolab import records, topology, watch
from relevolab.clock import now, wait_for
from relevolab.guest import Guest

NAME = "blade-init"


@pytest.fixture(scope="module", name="guest")
def make_guest():
    return Guest("ward", 50, keys=[f'home = "{NAME}"'])


@pytest.fixture(scope="module", name="node")
def make_node(lab, guest):
    node = topology.add_blade(lab, NAME, [guest])
    node.power_on()
    yield node
    node.kill()


@pytest.mark.parametrize("service", ("syslogd", "klogd", "xenconsoled", "relevod", "dropbear"))
def test_killed_services_come_back(lab, node, guest, service):
    before = watch.wait_alive(lab, guest, since=0)
    old = node.service_pid(service)
    node.output(f"kill -9 {old}")
    wait_for(lambda: node.service_pid(service) not in (None, old), f"{service} to come back", 60)
    assert watch.wait_alive(lab, guest).boot == before.boot


def test_everything_killable_killed_at_once(lab, node, guest):
    """Everything but what the host cannot lose (xenstored)."""
    before = watch.wait_alive(lab, guest, since=0)
    began = now()
    node.order("kill -9 $(pidof syslogd klogd xenconsoled relevod sh)")
    node.wait_shell()
    wait_for(lambda: node.run("relevo status").status == 0, "relevod to be back", 90)
    assert node.find_line("Xen version", since=began) is None
    assert watch.wait_alive(lab, guest).boot == before.boot


def test_orphans_are_buried(node):
    node.output("for i in $(seq 200); do (true &); done", 120)
    wait_for(lambda: not node.run("grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null").output.strip(),
             "all orphans to be buried", 60)


def test_a_service_that_dies_at_once_for_ever(lab, node, guest):
    before = watch.wait_alive(lab, guest)
    relevod = node.service_pid("relevod")
    victim = wait_for(lambda: node.service_pid("dropbear"), "dropbear to run", 60)
    began = now()
    node.output("mount --bind /usr/bin/busybox /usr/sbin/dropbear")  # which knows no such applet

    def ends():
        return [line for time, line in node.console_lines()
                if time >= began and "init: dropbear: ended with status 127; next start in" in line]

    node.output(f"kill -9 {victim}")
    wait_for(lambda: len(ends()) >= 3, "init to try it again and again", 120)
    node.output("umount -l /usr/sbin/dropbear")
    wait_for(lambda: node.service_pid("dropbear"), "dropbear to run again", 120)
    assert node.service_pid("relevod") == relevod
    assert watch.wait_alive(lab, guest).boot == before.boot


def test_a_full_run(lab, node, guest):
    """Neither init, nor relevod, nor what they restart need room there."""
    old = watch.wait_alive(lab, guest)
    try:
        assert "No space left" in node.run("dd if=/dev/zero of=/run/full bs=64k", 120).output
        for service in ("klogd", "relevod"):
            pid = wait_for(lambda s=service: node.service_pid(s), f"{service} to run", 60)
            node.output(f"kill -9 {pid}")
            wait_for(lambda s=service, p=pid: node.service_pid(s) not in (None, p), f"the next {service}", 60)
        watch.tell(lab, guest, "crash")
        watch.wait_reborn(lab, guest, old)
        watch.wait_state(node, guest, "running")
    finally:
        node.run("rm /run/full")


def reset_seen(lab, node, guest, began):
    """The host has been reset since `began`, and its guest is back."""
    node.wait_line("Xen version", since=began, seconds=120)
    watch.wait_alive(lab, guest, since=node.find_line("Xen version", since=began)[0])
    watch.check_diary(lab, node, guest)


def test_a_crash_of_init_says_why_and_resets(lab, node, guest):
    watch.wait_alive(lab, guest, since=0)
    began = now()
    node.order("kill -SEGV 1")
    node.wait_line("CRASH of process 1: SIGSEGV", since=began, seconds=60)
    reset_seen(lab, node, guest, began)


def test_death_of_xenstored_is_a_host_failure(lab, node, guest):
    watch.wait_alive(lab, guest, since=0)
    node.wait_shell()
    began = now()
    node.order("kill -9 $(pidof xenstored)")
    node.wait_line("xenstored.*this host has failed", since=began, seconds=60)
    reset_seen(lab, node, guest, began)


def test_reboot_in_order(lab, node, guest):
    watch.wait_alive(lab, guest, since=0)
    node.wait_shell()
    began = now()
    node.order("reboot")
    node.wait_line("Xen version", since=began, seconds=180)
    old = watch.diary(node, guest).last
    assert watch.wait_alive(lab, guest, since=node.find_line("Xen version", since=began)[0])
    ends = [record for record in watch.check_diary(lab, node, guest).records
            if record.kind == records.POWEROFF and record.number <= old.number]
    assert ends, "the guest was not shut down before the node"


def test_poweroff_in_order(lab, node, guest):
    """The last test here: guests are shut down cleanly, then the machine goes off."""
    watch.wait_alive(lab, guest, since=0)
    node.wait_shell()
    node.order("poweroff")
    node.wait_off(seconds=180)
    assert watch.check_diary(lab, node, guest).last.kind == records.POWEROFF


@pytest.fixture(scope="module", name="bare")
def make_bare(lab):
    """A blade without guests, and without a random generator in its hardware."""
    node = topology.add_blade(lab, "blade-plain", [], random=False)
    node.power_on()
    yield node
    node.kill()


def test_the_random_generator_is_seeded_from_jitter(bare):
    bare.wait_line("init: random generator seeded: [0-9]+ bits credited", seconds=180)


def test_a_process_that_ignores_the_end(bare):
    """A program that ignores SIGTERM delays the shutdown, it does not stop it. Halted is not off."""
    bare.wait_shell()
    bare.run("(trap '' TERM HUP INT; while :; do sleep 1; done) >/dev/null 2>&1 &")
    began = now()
    bare.order("halt")
    bare.wait_line("init: .*halt now", began, seconds=180)
    bare.wait_line("Hardware Dom0 halted", began, seconds=60)
    assert bare.is_on()
