"""Two blades and a witness on real Xen whose guests are on LUNs of a SAN: a blade loses its paths to one."""
import pytest

from conftest import open_lab
from relevolab.clock import now, wait_for
from relevolab.cluster import Cluster
from relevolab.guest import Guest
from relevolab.node import SAN_CONTROLLERS

pytestmark = pytest.mark.long

WEB1 = 0  # the number of its LUN
# A path that is pulled is known at once; one that is checked has time to answer on a busy machine.
OPTIONS = ":interval=10,no_path_retry=20"


def pull_lun(node):
    for controller in range(SAN_CONTROLLERS):
        node.pull_path(WEB1, controller)


def put_lun(node):
    for controller in range(SAN_CONTROLLERS):
        node.put_path(WEB1, controller)


@pytest.fixture(scope="module", name="cluster")
def make_cluster():
    with open_lab("cluster-luns") as lab:
        guests = [Guest("web1", 11, "pv", keys=['home = "blade1"', 'peers = ["blade2"]'], knobs={"rate": 3}),
                  Guest("db1", 12, "pv", keys=['home = "blade2"', 'peers = ["blade1"]'], knobs={"rate": 3})]
        cluster = Cluster(lab, guests, san=OPTIONS)
        yield cluster
        cluster.judge_all()


@pytest.fixture(name="settled")
def make_settled(cluster):
    """Each guest is at home, and both blades can have either."""
    cluster.settle()
    for guest in cluster.guests.values():
        wait_for(lambda g=guest: cluster.objections(g) == ["", ""],
                 lambda g=guest: f"both to be fit for {g.name}: {cluster.objections(g)}", 300, every=0.5)
        cluster.bring(guest, {"web1": "blade1", "db1": "blade2"}[guest.name])
        cluster.wait_records(guest)
    return cluster


def wait_objection(cluster):
    """One node cannot have web1, as the witness knows."""
    web1 = cluster.guests["web1"]
    wait_for(lambda: any("cannot use its disks" in why for why in cluster.objections(web1)),
             lambda: f"the witness to say who lacks the LUN: {cluster.objections(web1)}", 300, every=0.5)


def test_the_owner_loses_the_lun(settled):
    """Its guest, which can write no more, is ended there and starts where the LUN is seen."""
    blade, old = settled["blade1"], settled.beats()
    pull_lun(blade)
    settled.wait_reborn("web1", old, "blade2")
    settled.check_undisturbed("db1", old)
    wait_objection(settled)
    assert "web1" not in blade.output("xl list")
    put_lun(blade)


def test_the_peer_has_lost_the_lun_when_the_owner_loses_power(settled):
    """It says so, and starts the guest as soon as the LUN is back."""
    peer, began = settled["blade2"], now()
    web1 = settled.guests["web1"]
    pull_lun(peer)
    wait_objection(settled)
    settled["blade1"].kill()
    old = settled.beats()
    peer.wait_line("node blade1 is dead", began, 300)
    assert not settled.owner(web1, "blade2")
    wait_objection(settled)
    settled.check_undisturbed("db1", old)
    assert settled.lab.heartbeats.last("web1").boot == old["web1"].boot
    put_lun(peer)
    settled.wait_reborn("web1", old, "blade2")
