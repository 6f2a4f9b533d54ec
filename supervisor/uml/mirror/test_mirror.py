"""Mirrors on a real kernel: both sides part, differ, fail, grow, lose power."""
import pytest
from mirrored import SIZE_MB
from words import word

KIB = 1024


def check_first_sync(node, size):
    """It was of everything, and there was no second such. Where a machine stands still the mirror is parted,
    and goes on with what is left."""
    first, *later = node.resyncs()
    assert first == size // KIB and all(kib < first for kib in later)


def test_first_sync_is_of_everything_and_later_ones_of_what_changed(bare):
    pair = bare.power_on()
    pair.begin("--from", "n1")
    size = pair.here.mirror()["size_bytes"]
    for node in pair:
        check_first_sync(node, size)
    pair.run_guest(pair.here)
    pair.cut()
    pair.here.wait_mirror(condition="frozen")
    before = [len(node.resyncs()) for node in pair]  # more than one where a machine stood still
    pair.here.do("drbd", "confirm", "web", "--peer-down")
    pair.here.wait_writes(300)  # the whole of the 1 MiB that the guest goes through
    pair.heal()
    pair.wait_good()
    for node, index in zip(pair, before):
        assert KIB <= node.resyncs()[index] <= 2 * KIB
    pair.check_both_copies(pair.here)


def test_a_new_disk_is_filled_under_a_writing_guest(pair):
    pair.run_guest(pair.here)
    pair.there.pull_power()
    pair.here.wait_mirror(condition="frozen")
    pair.here.do("drbd", "confirm", "web", "--peer-down")
    pair.there.new_disk()
    pair.power_on_again(pair.there)
    assert "no metadata" in pair.there.wait_mirror(disk="Diskless", peer_disk="UpToDate")["text"]
    pair.there.do("drbd", "create", "web")
    pair.here.kill()
    pair.here.start_relevod()
    pair.wait_good()
    check_first_sync(pair.there, pair.here.mirror()["size_bytes"])
    pair.here.wait_writes()
    pair.check_both_copies(pair.here)


@pytest.mark.parametrize("given_up", [0, 1])
def test_split_brain_is_reported_and_resolved_by_order(pair, given_up):
    loser, winner = pair.nodes[given_up], pair.nodes[1 - given_up]
    pair.run_guest(pair.here)
    pair.cut()
    for node in pair:
        node.do("drbd", "confirm", "web", "--peer-down")
    pair.run_guest(pair.there, first=1000)
    for node in pair:
        node.wait_writes()
    pair.heal()
    for node in pair:
        node.wait_mirror(condition="split-brain", connection="StandAlone")
        node.wait_log("split brain: both sides have data of their own")
    loser.kill()
    loser.start_relevod()  # which does not take it for news that the peer is away
    loser.wait_mirror(condition="split-brain", connection="StandAlone")
    for node in pair:
        shown = node.do("drbd", "resolve", "web")
        assert "written to here last" in shown and "generation current" in shown
        assert "split brain" in node.refused("drbd", "connect", "web")
        node.wait_writes()
        assert node.errors() == []
    assert "its guest runs on this side" in loser.refused("drbd", "resolve", "web", "--discard", loser.name)
    loser.stop_writing()
    loser.check_copy("web", loser.durable())  # until the order everything is there
    loser.do("stop", "shop")
    loser.until_state("shop", "stopped")
    for node in (loser, winner):
        node.do("drbd", "resolve", "web", "--discard", loser.name)
    pair.wait_good()
    winner.wait_writes()
    assert winner.errors() == []
    pair.check_both_copies(winner)


def test_verify_finds_a_difference_and_resync_mends_it(pair):
    pair.run_guest(pair.here)
    pair.here.do("drbd", "verify", "web")
    pair.here.wait_log("verified: 0 KiB differ")
    assert "nothing is known to differ" in pair.here.refused("drbd", "resync", "web")
    pair.there.scribble("web", SIZE_MB // 2, "rot")
    pair.there.do("drbd", "verify", "web")
    pair.there.kill()
    pair.there.start_relevod()
    for node in pair:
        mirror = node.wait_mirror(condition="degraded", out_of_sync_bytes=4096)
        assert "4 KiB differ" in mirror["text"]
    assert "expected this on the node where its guest runs" in pair.there.refused("drbd", "resync", "web")
    pair.here.do("drbd", "resync", "web")
    pair.wait_good()
    assert pair.there.resyncs()[-1] < 2 * KIB
    assert pair.there.read("web", SIZE_MB // 2, 4096) == ""
    assert pair.here.errors() == []
    pair.check_both_copies(pair.here)


def test_a_disk_that_fails_is_given_up_and_the_guest_works_on_the_peers(pair):
    pair.run_guest(pair.here)
    pair.here.slice("web", 0, SIZE_MB, "error")
    pair.here.wait_mirror(disk="Diskless", condition="degraded")
    pair.here.wait_log("failed and is given up")
    pair.here.wait_writes()
    pair.here.kill()
    pair.here.start_relevod()
    pair.here.wait_mirror(disk="Diskless", condition="degraded")
    pair.here.wait_writes()
    assert pair.here.errors() == []
    pair.there.check_copy("web", pair.here.durable())
    pair.here.slice("web", 0, SIZE_MB)
    pair.here.do("drbd", "attach", "web")
    pair.wait_good()
    assert pair.here.resyncs()[-1] < SIZE_MB * KIB // 2
    pair.here.wait_writes()
    assert pair.here.errors() == []
    pair.check_both_copies(pair.here)


def test_it_grows_when_both_disks_have(pair):
    before = pair.here.mirror()["size_bytes"]
    pair.run_guest(pair.here)
    pair.here.slice("web", 0, 2 * SIZE_MB)
    pair.here.do("drbd", "resize", "web")
    assert pair.here.size_of("/dev/drbd/web") == before
    pair.there.slice("web", 0, 2 * SIZE_MB)
    pair.here.do("drbd", "resize", "web")
    pair.here.wait_mirror(size_bytes=before + (SIZE_MB << 20))
    pair.wait_good()
    assert pair.here.size_of("/dev/drbd/web") == before + (SIZE_MB << 20)
    pair.here.wait_writes()
    assert pair.here.errors() == []
    pair.check_both_copies(pair.here)


def test_stale_data_is_not_promoted(pair):
    pair.run_guest(pair.here)
    pair.here.do("drbd", "disconnect", "web")  # the peer is told that it falls behind
    pair.there.wait_mirror(disk="Outdated")
    pair.here.wait_writes()
    pair.here.kill()
    pair.here.start_relevod()
    pair.here.wait_mirror(condition="degraded", connection="StandAlone")
    pair.here.pull_power()
    pair.there.guest("shop", 'disk = ["phy:/dev/drbd/web,xvda,w"]', home="n2")
    pair.there.do("reload")
    pair.there.wait_log("its peer has newer data")
    pair.there.do("drbd", "confirm", "web", "--peer-down")
    status, said = pair.there.drbdsetup("primary", "0")
    assert status != 0, said
    assert pair.there.guest_status("shop")["state"] == "waiting"
    assert pair.there.mirror()["role"] == "Secondary"


@pytest.mark.parametrize("first", [0, 1])
def test_both_lose_power(pair, first):
    pair.run_guest(pair.here)
    durable = pair.here.durable()
    for node in pair:
        node.pull_power()
    first, second = pair.nodes[first], pair.nodes[1 - first]
    pair.power_on_again(first)
    mirror = first.wait_mirror(connection="WFConnection", condition="waiting")
    assert mirror["role"] == "Secondary" and "may have newer data" in mirror["text"]
    pair.power_on_again(second)
    pair.wait_good()
    for node in pair:
        node.check_copy("web", durable)
    pair.run_guest(pair.here)


def test_protocol_a_loses_at_most_its_tail(bare, record_testsuite_property):
    bare.power_on()
    bare.begin(protocol="A", fencing="dont-care")
    bare.here.cable(delay_ms=100)
    bare.run_guest(bare.here)
    bare.here.wait_writes(50)
    durable = bare.here.durable()
    bare.here.pull_power()
    bare.there.wait_mirror(connection="WFConnection")
    arrived = max(n for n in bare.there.slots("web") if n is not None)
    bare.there.check_copy("web", arrived)  # all up to one, and none after it
    record_testsuite_property("protocol_a_missing_records", max(0, durable - arrived))
    bare.there.do("drbd", "confirm", "web", "--peer-down")
    bare.run_guest(bare.there, first=arrived + 1)
    bare.power_on_again(bare.here)
    bare.wait_good()
    given_up = bare.here.resyncs()[0]
    bare.here.wait_log(f"{given_up} KiB are synced, from n2")
    assert given_up * KIB >= 4096 * max(0, durable - arrived)
    bare.check_both_copies(bare.there)


def test_a_mirror_that_is_dropped_goes_down_when_its_guest_has(pair):
    pair.run_guest(pair.here)
    for node in pair:
        node.configure()
        node.remove_guest("shop")
        node.do("reload")
    pair.here.wait_log("mirror web: not configured; taken down as soon as it is not in use")
    pair.there.wait_log("mirror web is down")
    pair.here.wait_writes()
    assert pair.here.errors() == []
    pair.here.kill()
    pair.here.start_relevod()
    pair.here.wait_writes()
    pair.here.stop_writing()
    pair.here.wait_log("mirror web is down")
    for node in pair:
        assert "web" not in node.drbdsetup("status")[1]
        node.configure(word())
        node.do("reload")
    pair.wait_good()


def test_bad_input_costs_only_the_mirror_it_is_about(bare):
    lines = {
        "web": word(),
        "minor": word("minor", minor=0, port=7790),
        "port": word("port", minor=2, port=7788),
        "small": word("small", minor=3, port=7791),
        "foreign": word("foreign", minor=4, port=7792, backing="web2"),
        "elsewhere": word("elsewhere", minor=5, port=7793, network="10.9.9"),
    }
    bare.power_on()
    for node in bare:
        node.slice("web", 0, SIZE_MB)
        node.slice("web2", 64, SIZE_MB)
        node.slice("small", 128, 0.25)
        node.slice("elsewhere", 192, SIZE_MB)
        node.configure(word("web2", minor=4, port=7792))
        node.start_relevod()
    for node in bare:
        node.wait_mirror("web2", condition="refused")
        node.do("drbd", "create", "web2")
        node.configure(*lines.values())
        node.kill()
        node.drbdsetup("down", "web2")
        node.start_relevod()
    for node in bare:
        node.wait_log("minor 0 is mirror web already")
        node.wait_log("10.0.0.1:7788 is used by mirror web already")
        assert "262144 bytes; expected" in node.wait_mirror("small", condition="refused")["text"]
        assert "another mirror" in node.wait_mirror("foreign", condition="refused")["text"]
        node.wait_mirror("web", condition="refused", connection="Connected")
        node.do("drbd", "create", "web")
        node.do("drbd", "create", "elsewhere")
        mirror = node.wait_mirror("elsewhere", disk="Inconsistent")
        assert "no interface has this side's address" in mirror["text"]
    bare.here.wait_mirror(disk="Inconsistent", peer_disk="Inconsistent")
    bare.here.do("drbd", "seed", "web", "--blank")
    bare.wait_good()
    for node in bare:
        node.kill()
        node.drbdsetup("down", "web")
        node.slice("web", 0, SIZE_MB // 2)
        node.start_relevod()
        assert "no metadata" in node.wait_mirror("web", disk="Diskless", condition="refused")["text"]
