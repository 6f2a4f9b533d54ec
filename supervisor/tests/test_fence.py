"""Fence devices by `relevo fence`: a program of the site, and OpenIPMI's simulated BMC."""
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from world import PROGRAM, until

sys.path.append(str(Path(__file__).resolve().parents[2] / "qemu-test"))
from relevolab.bmc import EMULATION, LAN, PASSWORD, USER  # noqa: E402

WORDS = "cluster=c\nnode=b1:1:10.0.0.1\nnode=b2:2:10.0.0.2\nnode=b3:3:10.0.0.3\n"

DEVICE = """#!/bin/sh
echo "$*" >> {folder}/calls
case $2 in
off) {off} ;;
status) {status} ;;
esac
"""


@pytest.fixture(name="site")
def fixture_site(tmp_path):
    folder = tmp_path / "fenced"
    folder.mkdir()
    (folder / "corosync_key").write_bytes(b"k" * 256)
    (folder / "relevo").symlink_to(PROGRAM)
    return folder


def fence(site, verb, node="b2"):
    done = subprocess.run([site / "relevo", "fence", verb, node, site], text=True, capture_output=True,
                          timeout=120, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


def device(site, off="touch {folder}/off", status="test -e {folder}/off"):
    (site / "site.conf").write_text(WORDS + "fence=exec:pdu\n")
    text = DEVICE.format(folder=site, off=off.format(folder=site), status=status.format(folder=site))
    (site / "pdu").write_text(text)
    (site / "pdu").chmod(0o755)


def calls(site):
    return (site / "calls").read_text().splitlines()


def test_a_program_of_the_site(site):
    device(site)
    assert fence(site, "status") == (0, "b2: on")
    assert fence(site, "off") == (0, "b2: off")
    assert fence(site, "status") == (0, "b2: off")
    assert calls(site) == ["b2 status", "b2 off", "b2 status", "b2 status"]


def test_power_that_falls_late_is_waited_for(site):
    device(site, off="(sleep 2; touch {folder}/off) > /dev/null 2>&1 &")
    assert fence(site, "off") == (0, "b2: off")
    assert calls(site).count("b2 status") > 1


def test_what_is_off_counts_whatever_switching_said(site):
    device(site, off="exit 9", status="true")
    assert fence(site, "off") == (0, "b2: off")


def test_accepted_is_not_confirmed(site):
    device(site, off="true", status="exit 1")
    status, text = fence(site, "off")
    assert status == 1 and text == 'relevo: b2: still on after "off", which was accepted: nothing said'


def test_a_device_that_does_not_say(site):
    device(site, status="echo no such outlet; exit 3")
    status, text = fence(site, "status")
    assert status == 1 and "pdu ended with status 3: no such outlet" in text


def test_a_device_that_hangs(site):
    device(site, status="sleep 1000")
    began = time.monotonic()
    status, text = fence(site, "status")
    assert status == 1 and "pdu has not ended within 15 s" in text
    assert time.monotonic() - began < 60


def test_a_node_without_a_device(site):
    (site / "site.conf").write_text(WORDS)
    assert fence(site, "off") == (1, "relevo: b2: it has no fence device")
    assert fence(site, "off", "b9")[0] == 1


CHASSIS = """#!/bin/sh
case "$1 $2" in
"get power") echo "power:$(cat {folder}/power)" ;;
"set power") echo $3 > {folder}/power ;;
esac
"""


@pytest.fixture(name="bmc")
def fixture_bmc(site, network):  # pylint: disable=unused-argument
    """A BMC on this namespace's loopback."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    (site / "site.conf").write_text(WORDS + f"fence=ipmi:b2=127.0.0.1:user={USER},cipher=3\n")
    (site / "ipmi_password").write_text(PASSWORD + "\n")
    (site / "power").write_text("1\n")
    (site / "chassis").write_text(CHASSIS.format(folder=site))
    (site / "chassis").chmod(0o755)
    (site / "lan.conf").write_text(LAN.format(name="b2", address="127.0.0.1", folder=site, user=USER,
                                              password=PASSWORD))
    (site / "commands").write_text(EMULATION)
    (site / "state").mkdir()
    with subprocess.Popen(["ipmi_sim", "-c", site / "lan.conf", "-f", site / "commands", "-s", site / "state",
                           "-n"], stdin=subprocess.DEVNULL) as process:
        yield site
        process.kill()


needs_simulator = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ipmi_sim"),
                                     reason="needs root and OpenIPMI's simulator")


@needs_simulator
def test_a_bmc(bmc):
    until(lambda: fence(bmc, "status") == (0, "b2: on"), "the BMC answers")
    assert fence(bmc, "off") == (0, "b2: off")
    assert (bmc / "power").read_text().strip() == "0"


@needs_simulator
def test_a_bmc_that_refuses_the_password(bmc):
    until(lambda: fence(bmc, "status") == (0, "b2: on"), "the BMC answers")
    (bmc / "ipmi_password").write_text("guess\n")
    status, text = fence(bmc, "status")
    assert status == 1 and "BMC 127.0.0.1: " in text
    assert (bmc / "power").read_text().strip() == "1"
