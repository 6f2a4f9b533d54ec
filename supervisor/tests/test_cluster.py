"""Takeover on fake hosts with a real corosync (see hosts.py). At each test's end the arbiter judges that no
guest ran twice; what a test itself asserts is that it ran at all, and what it cost."""
import os
import shutil
import signal
from types import SimpleNamespace

import pytest
from hosts import Cluster

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("corosync"),
                                reason="needs root and corosync")


@pytest.fixture(name="web")
def fixture_web(cluster, request):
    """All hosts are up, and web runs at home, on h1. A parameter: the cluster's times."""
    cluster.timing = getattr(request, "param", cluster.timing)
    cluster.write_site()
    cluster.guest("web", "h1", "h2")
    cluster.boot()
    cluster.until_well("h1", "h2", "w")
    cluster.bring("web", "h1")
    cluster.was = {(host.name, deed): len(host.deeds("web", deed))
                   for host in cluster.hosts.values() for deed in ("run", "end", "destroy")}
    return cluster


# Where no host is to be lost, however long it takes on a slow machine until a relevod is back.
SLOWLY = "token=1000,watchdog=30000"
PATIENT = pytest.mark.parametrize("web", [SLOWLY], indirect=True, ids=["patient"])


def deeds(host, deed):
    """How often that was done to web since it ran at home."""
    return len(host.deeds("web", deed)) - host.cluster.was.get((host.name, deed), 0)


@pytest.mark.parametrize("ended", [None, 2001])
def test_the_arbiter_notices(ended):
    one = SimpleNamespace(name="h1", stays=lambda: [("web", 1000, ended)])
    two = SimpleNamespace(name="h2", stays=lambda: [("web", 2000, None), ("db", 500, 600)])
    with pytest.raises(AssertionError, match="web began on h2"):
        Cluster.judge(SimpleNamespace(hosts={"h1": one, "h2": two}))


def test_power_off_of_the_owner(web):
    web["h1"].off()
    web.until_runs("web", "h2")
    web["h1"].boot()
    web.until_well("h1", "h2", "w")
    assert web.where() == {"web": ["h2"]}  # failback is the operator's
    status = web["h1"].guest_status("web")
    assert (status["state"], status["owner"]) == ("elsewhere", "h2")
    assert "on h2" in web["h1"].command("status").stdout
    assert web["w"].command("move", "web", "h1").returncode == 0
    web.until_runs("web", "h1")
    assert deeds(web["h2"], "end") == 1 and deeds(web["h2"], "destroy") == 1  # it was asked first
    assert not web["h1"].resets() and not web["h2"].resets()


@PATIENT
def test_one_network_of_two_is_enough(web):
    for link in (0, 1):
        web.settle_links()
        web.cut("h1", link)
        web.until(lambda: web["h1"].lost_links() == 2, "corosync has noticed")
        web.until_well("h1", "h2", "w")
        web.heal("h1", link)
    assert web.where() == {"web": ["h1"]} and not deeds(web["h1"], "run")


def test_both_networks_of_the_owner_are_cut(web):
    web.cut("h1", 0)
    web.cut("h1", 1)
    web.until(lambda: "web" not in web.where(), "R16: it ends the guest by itself")
    assert not web["h1"].resets()
    web.until_runs("web", "h2")
    web.heal("h1", 0)
    web.heal("h1", 1)
    web.until(lambda: web["h1"].resets() == 1, "R23: it learns that it was declared dead")
    web.until_well("h1", "h2", "w")
    assert web.where() == {"web": ["h2"]}


def test_an_owner_that_hears_nobody(web):
    for link in (0, 1):
        web.deafen("h1", link)
    web.until_runs("web", "h2")


def test_two_that_do_not_hear_each_other_but_the_witness(web):
    web.part("h1", "h2")
    web.until(lambda: not web["h2"].sees("h1"), "h2 does not hear h1")
    web.until(lambda: len(web.where().get("web", [])) == 1, "it runs somewhere")
    web.part("h1", "h2", parted=False)
    web.until_well("h1", "h2", "w")
    web.until(lambda: len(web.where().get("web", [])) == 1, "it runs somewhere")


@PATIENT
def test_relevod_is_killed_again_and_again(web):
    for _ in range(4):
        pid = web["h1"].pid_of("relevod")
        web["h1"].signal("relevod", signal.SIGKILL)
        web.until(lambda p=pid: web["h1"].pid_of("relevod") != p, "it is started again")
        web.until_well("h1", "h2", "w")
    assert web.where() == {"web": ["h1"]} and not deeds(web["h1"], "run") and not web["h1"].resets()


def test_what_a_relevod_has_promised_is_lost(cluster):
    cluster.timing = SLOWLY  # it is not what resets it
    cluster.write_site()
    cluster.boot()
    cluster.until_well("h1", "h2", "w")
    idle = cluster["w"]
    idle.signal("relevod", signal.SIGSTOP)  # it writes no more
    (idle.run / "memory").write_bytes(b"of another kind")
    idle.signal("relevod", signal.SIGKILL)
    cluster.until(lambda: "has promised is lost: resetting the host" in idle.relevod_log(), "R3")
    cluster.until(lambda: idle.resets() == 1, "though nothing runs there, others count its promises")
    cluster.until_well("h1", "h2", "w")


def test_relevod_stands_still(web):
    web["h1"].signal("relevod", signal.SIGSTOP)
    web.until(lambda: web["h1"].resets() == 1, "R14: nobody feeds the watchdog")
    web.until_well("h1", "h2", "w")
    web.until(lambda: len(web.where().get("web", [])) == 1, "it runs again")


def test_relevod_of_an_idle_node_stands_still(web):
    web["h2"].signal("relevod", signal.SIGSTOP)
    web.until(lambda: web["h2"].resets() == 1, "its watchdog is armed, too")
    web.until_well("h1", "h2", "w")
    assert web.where() == {"web": ["h1"]} and not deeds(web["h1"], "run")


def test_corosync_stands_still(web):
    web["h1"].signal("corosync", signal.SIGSTOP)
    web.until_runs("web", "h2")
    assert not web["h1"].resets()  # it has ended its guest, and then may live
    web["h1"].signal("corosync", signal.SIGCONT)
    web.until(lambda: web["h1"].resets() == 1, "it learns that it was declared dead")
    web.until_well("h1", "h2", "w")


@PATIENT
def test_corosync_is_killed(web):
    pid = web["h2"].pid_of("corosync")
    web["h2"].signal("corosync", signal.SIGKILL)
    web.until(lambda: web["h2"].pid_of("corosync") != pid, "it is started again")
    web.until_well("h1", "h2", "w")
    web["h2"].signal("corosync", signal.SIGKILL)
    assert web.where() == {"web": ["h1"]} and not deeds(web["h1"], "run")


def test_the_owner_returns_during_its_takeover(web):
    web["h1"].off()
    web["h1"].boot()
    web.until(lambda: len(web.where().get("web", [])) == 1, "a new incarnation proves the old one dead")
    web.until_well("h1", "h2", "w")


def test_without_the_witness_and_then_without_a_peer(web):
    web["w"].off()
    web.until_known("web", "running", "h1")
    assert not deeds(web["h1"], "run")
    web["h2"].off()
    web.until(lambda: not web.where(), "one of three runs nothing")
    web["w"].boot()
    web["h2"].boot()
    web.until(lambda: len(web.where().get("web", [])) == 1, "it runs again")


@pytest.mark.parametrize("order", ["h1 h2 w", "w h2 h1"])
def test_all_lose_power(web, order):
    assert web["w"].command("move", "web", "h2").returncode == 0
    web.until_runs("web", "h2")
    for host in web.hosts.values():
        host.off()
    *early, last = order.split()
    web.boot(*early)
    web.until(lambda: all(web[name].sees(*early) for name in early), "the first two see each other")
    assert not web.where()  # they have forgotten what they promised: see R9
    web.boot(last)
    web.until(lambda: len(web.where().get("web", [])) == 1, "it runs again")


def test_a_node_that_goes_down_in_order(web):
    said = len(web["h2"].relevod_log())
    web["h1"].shut_down()
    web.until_runs("web", "h2")
    assert deeds(web["h1"], "end") == 1 and not web["h1"].resets()
    assert "suspected" not in web["h2"].relevod_log()[said:]  # nothing had to be waited for
    web["h1"].boot()
    web.until_well("h1", "h2", "w")
    web["h2"].shut_down()
    web.until_runs("web", "h1")


def test_all_go_down_in_order_at_once(web):
    """Who has no guests any more stays until the last has stopped its own."""
    web["h1"].set("deaf.web")  # so that the test says when it ends
    for name in ("h1", "h2", "w"):
        web[name].begin_to_shut_down()
        web.until(lambda n=name: "going down: " in web[n].relevod_log(), f"{name} goes down")
    for name in ("h2", "w"):
        web.until(lambda n=name: "waiting until node h1, which goes down" in web[n].relevod_log(),
                  f"{name} waits for h1")
    assert web.where() == {"web": ["h1"]} and not deeds(web["h1"], "destroy")
    web["h1"].end(web["h1"].running("web")[0], "poweroff")
    for host in web.hosts.values():
        web.until(host.is_down, f"{host.name} is down")
    assert not any(host.resets() for host in web.hosts.values())
    web.boot()
    web.until(lambda: len(web.where().get("web", [])) == 1, "its end was not its own wish: it runs again")


def test_start_and_stop_are_for_the_cluster(web):
    assert web["h2"].command("stop", "web").returncode == 0
    web.until(lambda: not web.where(), "it stops")
    web.until_known("web", "stopped")
    web["h1"].off()
    web["h1"].boot()
    web.until_well("h1", "h2", "w")
    web.until_known("web", "stopped")
    assert web["w"].command("start", "web").returncode == 0
    web.until_runs("web", "h1")
    web["h1"].end(web["h1"].running("web")[0], "poweroff")
    web.until_known("web", "stopped")  # its own wish
    assert web["h1"].command("start", "web").returncode == 0
    web.until_runs("web", "h1")
    ran = deeds(web["h1"], "run")
    web["h1"].end(web["h1"].running("web")[0], "crash")
    web.until(lambda: deeds(web["h1"], "run") == ran + 1, "a crash is not")
    web.until_runs("web", "h1")
    assert not deeds(web["h2"], "run")


@PATIENT
def test_drain(web):
    assert web["h2"].command("drain", "h1").returncode == 0
    web.until_runs("web", "h2")
    refused = web["h2"].command("move", "web", "h1")
    assert refused.returncode == 1 and "drained" in refused.stderr
    assert web["h2"].command("undrain", "h1").returncode == 0
    web.until(lambda: web["h2"].command("move", "web", "h1").returncode == 0, "it takes guests again")
    web.until_runs("web", "h1")


def test_a_start_that_fails_on_the_peer(web):
    web["h2"].set("fail.web", "no such disk")
    web["h1"].off()
    web.until(lambda: deeds(web["h2"], "fail") >= 2, "it is tried again")
    web["h2"].unset("fail.web")
    web.until_runs("web", "h2")


def test_without_a_watchdog_nothing_runs(cluster):
    cluster.guest("web", "h1", "h2")
    cluster["h1"].set("no_watchdog")
    cluster.boot()
    cluster.until_runs("web", "h2")
    assert "has no watchdog" in cluster["h1"].command("move", "web", "h1").stderr


@PATIENT
def test_what_runs_without_a_claim_is_destroyed(web):
    web["h2"].make_domain(77, "web")
    web.until(lambda: not web["h2"].domains(), "somebody's xl create is undone")
    assert web.where() == {"web": ["h1"]}


def test_a_guest_is_added_and_timing_is_not(web):
    web.guest("db", "h2", "h1")
    for host in web.hosts.values():
        assert host.command("reload").returncode == 0
    web.until(lambda: len(web.where().get("db", [])) == 1, "it is started")
    assert web.where()["web"] == ["h1"] and not deeds(web["h1"], "run")
    conf = web.site / "site.conf"
    conf.write_text(conf.read_text().replace("watchdog=2000", "watchdog=3000"))
    refused = web["h1"].command("reload")
    assert refused.returncode == 1 and "only at boot" in refused.stderr
    (web.site / "guests" / "web.cfg").unlink()
    conf.write_text(conf.read_text().replace("watchdog=3000", "watchdog=2000"))
    refused = web["h1"].command("reload")
    assert refused.returncode == 1 and "guest web runs here" in refused.stderr
    assert web["w"].command("reload").returncode == 0


def test_where_a_guest_is_survives_all_power_on_state(cluster):
    cluster.add_state()
    cluster.guest("web", "h1", "h2")
    cluster.boot()
    cluster.until_well("h1", "h2", "w")
    cluster.bring("web", "h2")
    for host in cluster.hosts.values():
        host.off()
    cluster.boot("h2", "w")  # a majority, which remembers
    cluster.until_runs("web", "h2")
    cluster["h1"].boot()
    cluster.until_well("h1", "h2", "w")
    for host in cluster.hosts.values():
        host.off()
    cluster.boot("h1", "w")
    cluster.until_runs("web", "h1")  # after the wait: it remembers whose it was
    assert "node h2 is suspected" in cluster["h1"].relevod_log()


def test_two_nodes_ask_the_operator(pair):
    pair.guest("web", "h1", "h2")
    pair.boot()
    pair.until(lambda: pair.where().get("web"), "it runs")
    pair.until_well("h1", "h2")
    owner, other = ("h1", "h2") if pair.where()["web"] == ["h1"] else ("h2", "h1")
    assert pair[other].command("confirm-down", owner).returncode == 1  # it is heard
    pair[owner].off()
    pair.until(lambda: pair[other].command("confirm-down", owner).returncode == 0, "it is not heard any more")
    pair.until_runs("web", other)


def test_two_nodes_with_a_fence_device(pair):
    pair.timing = "token=5000,watchdog=10000"  # the second shoots three quarters of it later
    pair.add_fence()
    pair.guest("web", "h1", "h2")
    pair.boot()
    pair.until(lambda: pair.where().get("web"), "it runs")
    pair.until_well("h1", "h2")
    pair.cut("h1", 0)
    pair.cut("h1", 1)
    pair.until(lambda: any(h.history[-1][1] == "off" for h in pair.hosts.values()), "one shoots first")
    alive = [h for h in pair.hosts.values() if h.history[-1][1] != "off"]
    assert len(alive) == 1  # and the other has no time left to
    pair.until(lambda: pair.where().get("web") == [alive[0].name], "the survivor runs it")


def test_a_fence_device_shortens_the_wait(cluster):
    cluster.timing += ",wait=600000"  # nothing else ends it here
    cluster.add_fence()
    cluster.guest("web", "h1", "h2")
    cluster.boot()
    cluster.until_well("h1", "h2", "w")
    cluster.until(lambda: cluster.where().get("web"), "it runs")
    owner = cluster.where()["web"][0]
    cluster[owner].stays_off = True  # its watchdog may be first, and it could be back before it is suspected
    cluster[owner].signal("relevod", signal.SIGSTOP)
    cluster.until(cluster[owner].is_switched_off, "the device has switched it off")
    cluster.until(lambda: cluster.where().get("web") not in (None, [owner]), "taken over")
    cluster.until(lambda: "confirmed to be off" in cluster["w"].relevod_log(), "it is said")


def test_an_order_to_switch_off_does_not_outlive_the_wait(cluster):
    """The device never answers; the node is waited for instead, and may be switched on again."""
    cluster.add_fence("sleep 600")
    cluster.guest("web", "h1", "h2")
    cluster.boot()
    cluster.until_well("h1", "h2", "w")
    cluster.until(lambda: cluster.where().get("web"), "it runs")
    owner = cluster.where()["web"][0]
    cluster[owner].off()
    cluster.until(lambda: cluster.where().get("web") not in (None, [owner]), "taken over")
    for host in cluster.hosts.values():
        if "fence: switching node" in host.relevod_log():
            cluster.until(lambda h=host: "--role fence" not in processes(h), f"{host.name} gives it up")
    logs = [host.relevod_log() for host in cluster.hosts.values()]
    assert any(f"node {owner} is not switched off any more" in log for log in logs)


def test_the_operator_calls_a_stale_side_current(cluster):
    """No DRBD is here to say that a side is current: the ledger begins with two stale ones."""
    cluster.words.append("drbd=m:0:/dev/sdz1:h1@10.1.0.1:7788,h2@10.1.0.2:7788")
    cluster.write_site()
    cluster.guest("web", "h1", "h2", disk=["phy:/dev/drbd/m,xvda,w"])
    cluster.boot()
    cluster.until_well("h1", "h2", "w")

    def override(*words):
        done = cluster["w"].command("override", "m", *words)
        return done.returncode, done.stdout + done.stderr

    def why_not():
        view = cluster["w"].view() or {}
        return {c["node"]: c["why_not"] for g in view.get("guests", []) for c in g["candidates"]}

    cluster.until(lambda: set(why_not().values()) == {"has a stale copy of a disk"}, "both are stale")
    status, said = override("h1")
    assert status == 1 and "h2 alone has written" in said and "LOST" in said
    assert override("w", "--lose-writes")[0] == 1  # no side of it
    assert override("h1", "--lose-writes")[0] == 0
    cluster.until(lambda: "stale" not in why_not().get("h1", "stale"), "h1 is current")
    assert "stale" in why_not()["h2"]
    status, said = override("h1", "--lose-writes")
    assert status == 1 and "is current" in said
    status, said = override("h2", "--lose-writes")
    assert status == 1 and "not known to be dead" in said
    cluster["h1"].off()
    cluster.until(lambda: override("h2")[1].count("LOST") == 1, "h1 is known to be dead")
    assert override("h2", "--lose-writes")[0] == 0
    cluster.until(lambda: "stale" not in why_not().get("h2", "stale"), "h2 is current")
    cluster["h1"].boot()
    cluster.until_well("h1", "h2", "w")
    assert "stale" in why_not()["h1"]  # what it alone has is lost, until DRBD has synced it


def add_hardware(host, *names):
    """Watchdogs of the hardware, by what their drivers call themselves."""
    for i, name in enumerate(names):
        host.set(f"hardware.{i}")
        host.set(f"hardware.{i}.name", name)


def written(host, number):
    return (host.xen / f"hardware.{number}").read_bytes()


def test_the_hardware_s_watchdog_is_fed_with_xen_s(cluster):
    cluster.timing = SLOWLY
    cluster.write_site()
    cluster.guest("web", "h1", "h2")
    h1 = cluster["h1"]
    add_hardware(h1, "xen_wdt", "iTCO_wdt")
    cluster.boot()
    cluster.until_well("h1", "h2", "w")
    cluster.until(lambda: len(written(h1, 1)) > 3, "it is fed")
    assert written(h1, 0) == b"V"  # Xen's by another name: let alone
    assert (h1.xen / "hardware.1.seconds").read_text() == "30"
    cluster.until(lambda: "the hardware's too" in h1.command("cluster").stdout, "and shown")
    h1.signal("relevod", signal.SIGKILL)  # leaves it armed
    was = len(written(h1, 1))
    cluster.until(lambda: len(written(h1, 1)) > was + 3, "the next relevod feeds it")
    assert b"V" not in written(h1, 1)
    h1.shut_down()
    assert written(h1, 1).endswith(b"\0V") and not h1.resets()


def processes(host):
    return host.ask_corosync("ps", "-eo", "args")


def test_no_process_is_kept_for_a_hardware_watchdog_that_is_not_there(cluster):
    h1 = cluster["h1"]
    add_hardware(h1, "xen_wdt")
    cluster.boot()
    cluster.until_well("h1", "h2", "w")
    cluster.until(lambda: written(h1, 0) == b"V", "the only one is looked at")
    cluster.until(lambda: "--role transport" in (said := processes(h1)) and "--role watchdog" not in said,
                  "nothing holds what is not there")
    h1.set("hardware.1.name", "IPMI")
    h1.set("hardware.1")  # a BMC that was slow to answer
    cluster.until(lambda: len(written(h1, 1)) > 3, "it is fed")
    assert written(h1, 0) == b"VV"  # looked at once more


def test_a_hardware_watchdog_that_blocks_is_of_no_moment(cluster):
    cluster.guest("web", "h1", "h2")
    h1 = cluster["h1"]
    os.mkfifo(h1.xen / "hardware.0")  # who opens it waits for a reader, and there is none
    cluster.boot()
    cluster.until_well("h1", "h2", "w")
    cluster.bring("web", "h1")
    h1.shut_down()
    assert "has not been stopped in 3 s" in h1.relevod_log() and not h1.resets()
    cluster.until_runs("web", "h2")
