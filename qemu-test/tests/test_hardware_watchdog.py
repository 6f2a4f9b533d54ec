"""Watchdogs of the hardware behind Xen's: a chipset's (QEMU's i6300ESB) and a BMC's, on real Xen.

Xen of the blades stands still when it has failed, instead of resetting the host: then there is only the
hardware's watchdog left."""
import pytest

from conftest import open_lab
from relevolab.clock import now, wait_for
from relevolab.cluster import Cluster
from relevolab.guest import Guest

CHIPSET = ["i6300esb"]
BMC = ["ipmi-bmc-sim,id=bmc", "isa-ipmi-kcs,bmc=bmc"]
DEVICES = {"blade1": CHIPSET, "blade2": BMC, "witness": CHIPSET}
NAMES = {"blade1": "i6300ESB timer", "blade2": "IPMI", "witness": "i6300ESB timer"}
FAILS_FOR_GOOD = ["nmi=fatal", "noreboot"]
W = 20  # seconds, relevolab/cluster.py's watchdog=

pytestmark = pytest.mark.long


@pytest.fixture(scope="module", name="cluster")
def make_cluster():
    with open_lab("hardware") as lab:
        cluster = Cluster(lab, [Guest("web1", 11, "pv", keys=['home = "blade1"', 'peers = ["blade2"]'])])
        for name, devices in DEVICES.items():
            cluster[name].plan.devices = devices
            cluster[name].plan.xen_words = FAILS_FOR_GOOD
        yield cluster


@pytest.fixture(name="armed")
def make_armed(cluster):
    """Every node has armed its hardware's watchdog, and the guest runs somewhere; judged afterwards."""
    cluster.settle()
    for name in DEVICES:
        wait_armed(cluster, name)
    yield cluster
    cluster.judge_all()


def wait_armed(cluster, name):
    said = {}

    def is_armed():
        said.update(cluster.document(cluster[name]) or {})
        return said.get("hardware_watchdog_s") == W

    wait_for(is_armed, lambda: f"{name}'s hardware watchdog to be armed; it says {said}", 240, every=0.5)
    assert (said["hardware_watchdog"], said["hardware_watchdog_text"]) == (NAMES[name], "")


def uptime(node):
    return float(node.output("cat /proc/uptime").split()[0])


@pytest.mark.parametrize("name", ("blade1", "blade2"))
def test_xen_stands_still(armed, name):
    web1 = armed.guests["web1"]
    armed.bring(web1, name)
    old, began = armed.beats(), now()
    armed[name].order("xl debug-keys N")
    armed[name].wait_line("Manual reset required", began)
    armed[name].wait_reset(began)
    armed.wait_reborn("web1", old)


def test_it_is_not_fed(armed):
    """Xen's is, by relevod; but the process that feeds the hardware's stands still."""
    began, blade = now(), armed["blade1"]
    blade.output(f"kill -STOP {blade.relevod_processes()['watchdog']}")
    blade.wait_reset(began)


def test_it_is_stopped_in_order(armed):
    """relevod ends in order and does not come back: nobody feeds anything, and the host lives on."""
    witness = armed["witness"]
    witness.output("mount --bind /bin/busybox /usr/sbin/relevod")
    witness.output(f"kill -TERM {witness.relevod_processes()['relevod']}")
    began = uptime(witness)
    wait_for(lambda: uptime(witness) > began + 2 * W, "twice the watchdog's time to pass", 240, every=1)
    assert not witness.run("pidof relevod").output
    witness.output("umount /usr/sbin/relevod")
