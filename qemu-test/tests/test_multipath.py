"""A guest on a LUN that two controllers show: paths go and come under its writes."""
import json
import os

import pytest

from relevolab import watch
from relevolab.clock import now, wait_for
from relevolab.guest import Guest

NAME = "san1"


@pytest.fixture(scope="module", name="san")
def make_san(lab):
    from relevolab import topology  # conftest.py has made it importable
    guest = Guest("web", 31, "pv", knobs={"rate": 3}, keys=[f'home = "{NAME}"'])
    node = topology.add_blade(lab, NAME, [guest], san=":interval=1,no_path_retry=600")
    node.guest = guest
    node.power_on()
    watch.wait_alive(lab, guest, since=0, seconds=300)
    yield node
    node.kill()


def lun(node):
    return json.loads(node.relevo("multipath", "--json"))["multipath"][0]


def wait_lun(node, wanted, **more):
    """Waits for relevo's word on the LUN; returns its entry."""
    entry = {}

    def reached():
        entry.update(lun(node))
        return entry["state"] == wanted and all(entry[key] == value for key, value in more.items())

    wait_for(reached, lambda: f"the LUN to be {wanted} {more}; it is {entry}", 120, every=0.5)
    return entry


def wait_writes(lab, node, more=5):
    """Waits until the guest has written on, and checks all that it has written."""
    name, since = node.guest.name, now()
    first = lab.heartbeats.wait(name, since, 180)
    wait_for(lambda: lab.heartbeats.last(name).durable >= first.durable + more, f"{name} to write on", 180)
    assert lab.heartbeats.last(name).disk == "ok"
    watch.check_one_life(lab, node, node.guest)


def test_both_paths_are_taken(lab, san):
    entry = wait_lun(san, "good")
    assert entry["alias"] == "web" and entry["queueing"]
    wait_for(lambda: lun(san)["opened"] > 0, "the guest to be seen at the map", 60)
    assert sorted(p["hctl"].split(":")[0] for g in entry["groups"] for p in g["paths"]) == ["0", "1"]
    assert all(p["check"] in ("ready", "unchecked") for g in entry["groups"] for p in g["paths"])
    assert "`- " in san.relevo("multipath")
    wait_writes(lab, san)


def test_one_path_goes_then_the_other(lab, san):
    wait_lun(san, "good")
    for controller in (0, 1):
        san.pull_path(0, controller)
        wait_lun(san, "degraded", paths=1)
        wait_writes(lab, san)
        san.put_path(0, controller)
        wait_lun(san, "good", paths=2)
        wait_writes(lab, san)


def test_without_a_path_the_guest_waits(lab, san):
    wait_lun(san, "good")
    san.pull_path(0, 0)
    san.pull_path(0, 1)
    wait_lun(san, "queueing")
    san.put_path(0, 1)
    wait_lun(san, "degraded")
    wait_writes(lab, san)
    san.put_path(0, 0)
    wait_lun(san, "good")
    wait_writes(lab, san)


def test_relevod_killed_while_paths_change(lab, san):
    wait_lun(san, "good")
    pid = san.service_pid("relevod")
    san.pull_path(0, 0)
    san.output(f"kill -9 {pid}")
    wait_for(lambda: san.service_pid("relevod") not in (None, pid), "another relevod", 60)
    wait_lun(san, "degraded")
    wait_writes(lab, san)
    san.put_path(0, 0)
    wait_lun(san, "good")


def test_a_disk_is_attached_and_detached_while_the_guest_writes(lab, san):
    wait_lun(san, "good")
    domid = watch.state(san, san.guest)["domid"]
    frontend = f"/local/domain/{domid}/device/vbd/51728"
    san.output("dd if=/dev/zero of=/run/extra.img bs=64k count=64 2>/dev/null")
    said = san.relevo("attach", "web", "/run/extra.img,raw,xvdb,rw")
    assert "attaching /run/extra.img as xvdb" in said
    state = f"xenstore-read {frontend}/state 2>/dev/null || true"
    wait_for(lambda: san.output(state).strip() == "4", "the guest to take it", 60)
    wait_writes(lab, san)
    san.relevo("detach", "web", "xvdb")
    wait_for(lambda: "xvdb detached" in san.output("relevo log | tail -20"), "it to be given back", 60)
    assert san.output(state).strip() == ""
    files = "cat /sys/block/loop*/loop/backing_file 2>/dev/null || true"
    wait_for(lambda: "extra.img" not in san.output(files),
             "its loop device to be free", 60)
    wait_writes(lab, san)


def test_a_lun_that_the_guest_runs_on_is_not_removed(lab, san):
    wait_lun(san, "good")
    said = san.output("relevo multipath remove web 2>&1; echo status $?")
    assert "guest web runs on it" in said and "status 1" in said
    wait_writes(lab, san)


def test_growth_reaches_the_guests_disk(lab, san):
    before = wait_lun(san, "good")["size_bytes"]
    image = san.plan.luns[0]
    os.truncate(image, before + (1 << 20))
    for controller in (0, 1):
        san.qmp("block_resize", **{"node-name": f"lun0-view{controller}", "size": before + (1 << 20)})
    wait_for(lambda: lun(san)["size_bytes"] == before + (1 << 20), "the map to grow", 120)
    domid = watch.state(san, san.guest)["domid"]
    wait_for(lambda: san.output(f"xenstore-read backend/vbd/{domid}/51712/sectors").strip()
             == str((before + (1 << 20)) // 512), "the guest's disk to grow", 60)
    wait_writes(lab, san)


def test_a_lun_goes_with_its_devices_and_comes_back(lab, san):
    """Last: its guest is stopped for it."""
    wait_lun(san, "good")
    old = lab.heartbeats.last(san.guest.name)
    san.relevo("stop", "web")
    watch.wait_state(san, san.guest, "stopped")
    wait_for(lambda: "removing" in san.output("relevo multipath remove web --paths 2>&1 || true"),
             "its LUN to be free", 60)
    wait_lun(san, "removed", paths=0)
    assert "none" in san.output("ls /sys/class/scsi_disk | grep . || echo none")
    assert "none" in san.output("ls /dev/mapper | grep -v control || echo none")
    san.relevo("multipath", "add", "web")
    wait_lun(san, "good", paths=2)
    san.relevo("start", "web")
    watch.wait_reborn(lab, san.guest, old)
    watch.check_diary(lab, san, san.guest)
