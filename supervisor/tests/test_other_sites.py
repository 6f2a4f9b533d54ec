"""Nodes whose sites differ, with a real corosync (see hosts.py): what is refused, and what is said."""
import os
import shutil
import signal

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("corosync"),
                                reason="needs root and corosync")

DISK = ["phy:/dev/sda3,xvda,w"]
OTHER = ["phy:/dev/sdb1,xvda,w"]


def until_said(cluster, host, *texts):
    """relevo status on that host says all of these of other nodes' sites; none: that they are alike."""
    def look():
        status = cluster[host].status()
        said = "\n".join(status["other_sites"]) if status else None
        return all(t in said for t in texts) if texts and said else said == "" and not texts
    cluster.until(look, f"{host} says {texts}")


def replace(site, before, after):
    conf = site / "site.conf"
    assert before in conf.read_text()
    conf.write_text(conf.read_text().replace(before, after))


def why_not(host, node):
    view = host.view() or {}
    return next((c["why_not"] for g in view.get("guests", []) for c in g["candidates"]
                 if c["node"] == node), "")


@pytest.fixture(name="web")
def fixture_web(cluster, request):
    """web runs on h1; h2 has a site of its own, which is the same. A parameter: the cluster's times."""
    cluster.timing = getattr(request, "param", cluster.timing)
    cluster.write_site()
    cluster.guest("web", "h1", "h2", disk=DISK)
    cluster.own_site("h2")
    cluster.boot()
    cluster.until_well("h1", "h2", "w")
    cluster.bring("web", "h1")
    for host in cluster.hosts:
        until_said(cluster, host)
    return cluster


def test_a_guest_on_other_disks_is_not_taken_over(web):
    was = len(web["h1"].deeds("web", "run"))
    web.guest("web", "h1", "h2", site=web["h2"].site, disk=OTHER)
    assert web["h2"].command("reload").returncode == 0
    until_said(web, "h1", "node h2: guest web has other disks there")
    until_said(web, "h2", "node h1: guest web has other disks there", "node w: guest web")
    assert "guest web has other disks there" in web["h1"].command("status").stdout
    web.until(lambda: "guest web has other disks there" in web["w"].command("cluster").stdout, "w shows it")
    assert "same disks" in web["h2"].command("move", "web", "h2").stderr
    web["h1"].end(web["h1"].running("web")[0], "crash")  # where it runs it goes on
    web.until(lambda: len(web["h1"].deeds("web", "run")) == was + 1, "it is started again at home")
    web["h1"].off()
    web.until(lambda: "node h1 is dead" in web["h2"].relevod_log(), "h1 is known to be dead")
    web["h2"].signal("relevod", signal.SIGKILL)  # and that is remembered
    web.until_well("h2", "w")
    web.until(lambda: "same disks" in why_not(web["h2"], "h2"), "it is why web waits")
    assert "web" not in web.where()
    assert web["h2"].command("reload").returncode == 0  # the operator: this one is right
    web.until_runs("web", "h2")


def test_a_guest_on_other_disks_is_not_started(cluster):
    cluster.guest("web", "h1", "h2", disk=DISK)
    cluster.guest("web", "h1", "h2", site=cluster.own_site("h2"), disk=OTHER)
    cluster.guest("db", "h2", "h1", disk=DISK)
    cluster.guest("db", "h2", "h1", site=cluster["h2"].site, disk=DISK, priority=7)
    cluster.boot()
    cluster.until_well("h1", "h2", "w")
    cluster.until(lambda: len(cluster.where().get("db", [])) == 1, "another priority is no reason not to")
    until_said(cluster, "h1", "node h2:", "guest web has other disks", "guest db is described otherwise")
    until_said(cluster, "h2", "node h1:", "guest web has other disks", "guest db is described otherwise")
    assert "web" not in cluster.where()
    cluster.guest("web", "h1", "h2", site=cluster["h2"].site, disk=DISK)
    assert cluster["h2"].command("reload").returncode == 0
    cluster.until(lambda: len(cluster.where().get("web", [])) == 1, "it is started")


def test_a_node_without_the_guest_is_not_given_it(web):
    web.guest("db", "h1", "h2", disk=DISK)
    for host in ("w", "h1"):
        assert web[host].command("reload").returncode == 0
    until_said(web, "w", "node h2: it has no guest db")
    until_said(web, "h2", "node h1: it has 1 guest that this node has not")
    web.until(lambda: web.where().get("db") == ["h1"], "it runs at home")
    web["h1"].off()
    web.until(lambda: web.where().get("web") == ["h2"], "what it has, it takes over")
    assert "without this guest" in web["w"].command("move", "db", "h2").stderr
    assert not any(g["owner"] for g in web["w"].view()["guests"] if g["name"] == "db")
    web.guest("db", "h1", "h2", site=web["h2"].site, disk=DISK)
    assert web["h2"].command("reload").returncode == 0
    web.until_runs("db", "h2")


@pytest.mark.parametrize("before, after", [("watchdog=2000", "watchdog=3000"), ("node=w:3", "node=v:3")])
def test_who_counts_otherwise_is_not_listened_to(web, before, after):
    web["h2"].off()
    replace(web["h2"].site, before, after)
    web["h2"].boot()
    for host, other in (("h1", "h2"), ("w", "h2"), ("h2", "h1")):
        until_said(web, host, f"node {other}: its words cluster= or node= differ: it is not listened to")
    assert not web["h2"].view()["lease_ms"]
    assert web.where() == {"web": ["h1"]}
    web["w"].off()  # one and one are no majority
    web.until(lambda: not web.where(), "it ends")


def test_a_mirror_that_is_described_otherwise(web):
    word = "drbd=m:0:/dev/sdz1:h1@10.1.0.1:7788,h2@10.1.0.2:7788"
    for site, more in ((web.site, ""), (web["h2"].site, ":protocol=B")):
        replace(site, "cluster=", f"{word}{more}\ncluster=")
    for host in web.hosts.values():
        assert host.command("reload").returncode == 0
    for host, other in (("h1", "h2"), ("h2", "h1")):
        until_said(web, host, f"node {other}: mirror m is described otherwise")
    assert web.where() == {"web": ["h1"]}


def test_the_versions_are_shown(web):
    (web.site / "VERSION").write_text("v2-3-gabcdef\n")
    assert web["h1"].command("reload").returncode == 0
    web.until(lambda: "site v2-3-gabcdef" in web["h2"].command("cluster").stdout, "h2 shows it")
    until_said(web, "h2")  # what must be the same is


BAD_WORDS = [
    ("cluster=test:", "cluster=test:wait=1000,", "unsafe timing: wait=1000 ms is too short"),
    ("node=w:3:", "node=w:1:", "id 1 is h1's already"),
    ("node=h2:2:", "node=x2:2:", "no node= has this node's hostname, h2"),
]
PATIENT = pytest.mark.parametrize("web", ["token=1000,watchdog=30000"], indirect=True, ids=["patient"])


def until_alone_on_h1(cluster):
    """h2 is of no moment: h1 does not hear it, and goes on."""
    cluster.until(lambda: cluster["h1"].view() and not cluster["h1"].sees("h2") and
                  cluster.where() == {"web": ["h1"]}, "web runs on h1, without h2")


def until_nobody_runs_it(cluster):
    """Not even when h1 is gone does h2 start what it may not."""
    cluster["h1"].off()
    cluster.until(lambda: (cluster["w"].view() or {}).get("lease_ms") == 0, "the witness is alone")
    assert not cluster.where() and not cluster["h2"].running("web")


@PATIENT
def test_who_cannot_act_on_its_words_joins_nothing(web):
    """... and starts no guest, for any may run elsewhere; the others go on as if it were off."""
    h2 = web["h2"]
    good = (h2.site / "site.conf").read_text()
    for before, after, said in [*BAD_WORDS, (None, None, "corosync_key: missing in the site's folder")]:
        h2.off()
        until_alone_on_h1(web)
        (h2.site / "site.conf").write_text(good)
        if before:
            replace(h2.site, before, after)
        else:
            (h2.site / "corosync_key").unlink()
        h2.boot()
        web.until(lambda said=said: said in h2.relevod_log(), f"it is said: {said}")
        guest = web.until(lambda: h2.guest_status("web"), "relevod answers")
        assert guest["state"] == "broken" and "it may run elsewhere" in guest["error"], guest
        assert "nodes" not in (h2.view() or {})
        until_alone_on_h1(web)
    until_nobody_runs_it(web)


@PATIENT
def test_who_has_another_key_is_alone(web):
    h2 = web["h2"]
    h2.off()
    until_alone_on_h1(web)
    (h2.site / "corosync_key").write_bytes(b"x" * 256)
    before = h2.relevod_log().count("1 of 3 nodes, no quorum")
    h2.boot()
    web.until(lambda: h2.relevod_log().count("1 of 3 nodes, no quorum") > before, "it is said")
    web.until(lambda: (h2.view() or {}).get("lease_ms") == 0, "it answers, and has no lease")
    assert not h2.sees("h1")
    until_alone_on_h1(web)
    until_nobody_runs_it(web)
