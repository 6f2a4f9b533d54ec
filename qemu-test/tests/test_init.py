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


def test_a_process_that_ignores_the_end(lab, blade):
    """A program that ignores SIGTERM delays the shutdown, it does not stop it."""
    node = blade("blade-stuck")
    node.wait_shell()
    node.run("(trap '' TERM HUP INT; while :; do sleep 1; done) >/dev/null 2>&1 &")
    node.order("poweroff")
    node.wait_off(seconds=180)
