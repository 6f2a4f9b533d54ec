"""A guest on a mirror between two blades: its link, its peer, its node and relevod fail under its writes."""
from pathlib import Path

import pytest

from relevolab import mirror, watch
from relevolab.clock import now, wait_for
from relevolab.guest import Guest

NAMES = ("mirror1", "mirror2")
GROWTH = 8 << 20


class Pair:
    def __init__(self, lab, nodes, guest):
        self.lab, self.guest = lab, guest
        self.here, self.there = nodes

    def wait(self, node, seconds=120, **wanted):
        return mirror.wait(node, self.guest.name, seconds, **wanted)

    def wait_good(self):
        for node in (self.here, self.there):
            self.wait(node, condition="good")

    def durable(self):
        return self.lab.heartbeats.last(self.guest.name).durable

    def wait_writes(self, more=5):
        first = self.durable()
        wait_for(lambda: self.durable() >= first + more, f"{self.guest.name} to write on", 180)
        assert self.lab.heartbeats.last(self.guest.name).disk == "ok"

    def wait_frozen(self):
        """The guest hears no more that a record is durable, and lives: it tells the same again and again."""
        self.wait(self.here, frozen=True)

        def told():
            return self.lab.heartbeats.beats[self.guest.name][since:]

        since = len(self.lab.heartbeats.beats[self.guest.name])
        wait_for(lambda: len(told()) > 10 and len({beat.durable for beat in told()[-10:]}) == 1,
                 lambda: f"{self.guest.name} to live and to write no more; it told {told()[-10:]}", 120)

    def check_copies(self, *nodes):
        """Each of these copies has every record that the guest was told is durable."""
        for node in nodes:
            watch.check_diary(self.lab, node, self.guest, image=node.plan.disks[0])


@pytest.fixture(scope="module", name="pair")
def make_pair(lab):
    from relevolab import topology  # conftest.py has made it importable
    guest = Guest("kept", 41, "pv", knobs={"rate": 3}, keys=[f'home = "{NAMES[0]}"'])
    nodes = topology.add_mirror_pair(lab, NAMES, guest)
    for node in nodes:
        node.power_on()
    for node in nodes:
        node.wait_shell()
    yield Pair(lab, nodes, guest)
    for node in nodes:
        node.kill()


def test_nothing_is_made_or_synced_by_itself(pair):
    for node in (pair.here, pair.there):
        entry = pair.wait(node, condition="refused", connection="Connected")
        assert "no metadata, but a partition table" in entry["text"]
        refused = node.run("relevo drbd create kept")
        assert refused.status == 1 and "--force kept" in refused.output
        assert node.run("relevo drbd create kept --force kept").status == 0
    pair.wait(pair.here, disk="Inconsistent", peer_disk="Inconsistent", condition="refused")
    waiting = watch.state(pair.here, pair.guest)
    assert waiting["state"] == "waiting"
    wrong = pair.there.run(f"relevo drbd seed kept --from {NAMES[0]}")
    assert wrong.status == 1 and f"expected this on {NAMES[0]}" in wrong.output
    pair.here.relevo("drbd", "seed", "kept", "--from", NAMES[0])
    pair.wait_good()
    watch.wait_alive(pair.lab, pair.guest, since=0, seconds=300)
    pair.wait(pair.here, role="Primary", peer_role="Secondary")
    pair.wait_writes()
    pair.check_copies(pair.here, pair.there)


def test_link_cut_and_healed(pair):
    pair.there.silence(1)
    pair.wait_frozen()
    assert "storage waiting" in pair.here.relevo("status")
    pair.there.heal(1)
    pair.wait_good()
    pair.wait_writes()
    pair.check_copies(pair.here, pair.there)


def test_relevod_killed_while_writes_wait(pair):
    pair.there.silence(1)
    pair.wait_frozen()
    pid = pair.here.service_pid("relevod")
    pair.here.output(f"kill -9 {pid}")
    wait_for(lambda: pair.here.service_pid("relevod") not in (None, pid), "another relevod", 60)
    pair.wait_frozen()
    pair.here.relevo("drbd", "confirm", "kept", "--peer-down")
    pair.wait(pair.here, condition="degraded")
    pair.wait_writes()
    pair.there.heal(1)
    pair.wait_good()
    pair.check_copies(pair.here, pair.there)


def test_guest_ends_that_wrote_when_the_link_was_cut(pair):
    """What was on its way to the peer then, and never was acknowledged, holds no page of the guest."""
    old = watch.wait_alive(pair.lab, pair.guest)
    pair.here.relevo("stop", "kept")
    watch.wait_state(pair.here, pair.guest, "stopped")
    pair.wait(pair.here, role="Secondary", condition="good")
    pair.here.relevo("start", "kept")
    watch.wait_reborn(pair.lab, pair.guest, old)
    pair.wait_writes()
    pair.check_copies(pair.here, pair.there)


def test_secondary_dies_and_returns(pair):
    pair.there.kill()
    pair.wait_frozen()
    pair.here.relevo("drbd", "confirm", "kept", "--peer-down")
    pair.wait_writes()
    pair.check_copies(pair.here)
    pair.there.power_on()
    pair.wait(pair.here, seconds=300, condition="good")
    pair.wait_good()
    pair.wait_writes()
    pair.check_copies(pair.here, pair.there)


def test_primary_dies(pair):
    """What it was told is durable is on the survivor, which is not promoted by itself."""
    old = watch.wait_alive(pair.lab, pair.guest)
    pair.here.kill()
    pair.wait(pair.there, connection="WFConnection", role="Secondary")
    pair.check_copies(pair.there)
    refused = pair.there.run("drbdsetup primary 0", 120)
    assert refused.status != 0
    pair.wait(pair.there, role="Secondary")
    since = now()
    pair.here.power_on()
    pair.lab.heartbeats.wait(pair.guest.name, since, 400, not_boot=old.boot)
    pair.wait_good()
    pair.wait_writes()
    pair.check_copies(pair.here, pair.there)


def test_growth_reaches_the_guests_disk(pair):
    before = mirror.entry(pair.here, "kept")["size_bytes"]
    for node in (pair.here, pair.there):
        size = Path(node.plan.disks[0]).stat().st_size
        node.qmp("block_resize", device="disk0", size=size + GROWTH)
        grown = str((size + GROWTH) // 512)
        wait_for(lambda n=node, g=grown: n.output("cat /sys/block/vda/size").strip() == g, "it to grow", 60)
    pair.here.relevo("drbd", "resize", "kept")
    pair.wait(pair.here, size_bytes=before + GROWTH)
    domid = watch.state(pair.here, pair.guest)["domid"]
    wait_for(lambda: pair.here.output(f"xenstore-read backend/vbd/{domid}/51712/sectors").strip()
             == str((before + GROWTH) // 512), "the guest's disk to grow", 60)
    pair.wait_good()
    pair.wait_writes()
    pair.check_copies(pair.here, pair.there)


def test_guest_stops_and_its_mirror_is_secondary(pair):
    pair.here.relevo("stop", "kept")
    watch.wait_state(pair.here, pair.guest, "stopped")
    pair.wait(pair.here, role="Secondary", condition="good")
    pair.here.relevo("start", "kept")
    pair.wait(pair.here, role="Primary")
