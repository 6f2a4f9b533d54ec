"""The multipath role on a SAN that is folders."""
import os
import signal
import time
from pathlib import Path

from san import WWID
from world import until

WEB = f"multipath=web:{WWID}:interval=1"
TWO_PATHS = "1 queue_if_no_path 0 2 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:16 1"


def two_paths(san, word=WEB):
    san.disk("sda", "8:0")
    san.disk("sdb", "8:16")
    san.configure(word)
    return san.until_state("web", "good")


def test_a_configured_lun_is_assembled_and_others_are_left_alone(san):
    san.disk("sdc", "8:32", wwid="naa.600a0b80001234560000111122229999")
    san.put_map("lvm", uuid="LVM-abc")
    m = two_paths(san)
    assert san.map("web")["uuid"] == f"mpath-relevo-{WWID}"
    assert san.map("web")["table"] == TWO_PATHS
    assert san.diary() == [f"create web {TWO_PATHS}"]
    assert [[p["name"] for p in g["paths"]] for g in m["groups"]] == [["sda"], ["sdb"]]
    text = san.world.command("multipath").stdout
    assert f"web ({WWID}) dm-0 good for" in text and "size=1.0M features='1 queue_if_no_path'" in text
    assert "|-+- policy='service-time 0' status=active\n| `- 0:0:0:0 sda " in text
    assert "\n`-+- policy='service-time 0' status=enabled\n  `- 16:0:0:0 sdb " in text


def test_a_failed_path_is_reinstated_when_it_answers_again(san):
    two_paths(san)
    san.check("sda", "down")
    san.io_error("web", "8:0")
    san.until_state("web", "degraded")
    until(lambda: san.status("web")["groups"][0]["paths"][0]["check"] == "faulty", "the check says so too")
    assert "message web reinstate_path 8:0" not in san.diary()
    san.check("sda", "up")
    san.until_state("web", "good")
    until(lambda: san.diary()[-1] == "message web reinstate_path 8:0", "it is reinstated")


def test_a_path_that_does_not_answer_is_failed(san):
    two_paths(san, WEB + ",timeout=1")
    san.check("sdb", "hang")
    until(lambda: san.map("web")["failed"] == ["8:16"], "it is failed")
    path = san.until_state("web", "degraded")["groups"][1]["paths"][0]
    assert path["text"] == "no answer within 1 s"
    san.check("sdb", "up")
    san.until_state("web", "good")


def test_who_stood_still_does_not_blame_the_path(san):
    """The answer had not come when its time was up, but nobody has looked meanwhile."""
    san.check("sda", "hang")
    san.disk("sda", "8:0")
    san.configure(f"multipath=web:{WWID}:timeout=10")
    until(lambda: san.map("web"), "it is assembled")
    role = until(lambda: checking(san.world.process.pid), "it is checked")
    os.kill(role, signal.SIGSTOP)
    time.sleep(11)  # this is about time that has passed
    os.kill(role, signal.SIGCONT)
    san.check("sda", "up")
    until(lambda: san.status("web")["groups"][0]["paths"][0]["check"] == "ready", "it has answered")
    assert "no answer" not in san.world.log() and san.map("web")["failed"] == []


def test_paths_that_do_not_answer_take_turns_with_those_that_do(san):
    """More of them than can be asked in the time after which they are asked again."""
    words = []
    for n in range(96):
        wwid = f"naa.5{n // 8:015x}"
        san.check(f"sd{n:02}", "hang")
        san.disk(f"sd{n:02}", f"{65 + n // 16}:{16 * (n % 16)}", wwid=wwid, hctl=f"{n % 8}:0:0:{n // 8}")
        words += [f"multipath=lun{n // 8}:{wwid}:interval=1,timeout=1"] if n % 8 == 0 else []
    san.disk("sdlast", "8:0", hctl="8:0:0:0")
    san.configure(*words, WEB)
    until(lambda: san.status("web")["state"] and san.status("web")["groups"], "it is assembled")
    until(lambda: san.status("web")["groups"][0]["paths"][0]["check"] == "ready", "the last is asked, too")


def test_a_rescan_whose_worker_is_killed_is_made_again(san):
    death = san.folder / "death"
    san.world.environment["RELEVO_FAKE_DEATH"] = str(death)
    two_paths(san)
    hosts, disk = san.sys / "class/scsi_host/host0", san.sys / "devices/0:0:0:0"
    hosts.mkdir(parents=True)
    files = {hosts / "scan": "- - -", disk / "rescan": "1"}
    for _ in range(2):
        for file in files:
            file.write_text("")
        before = san.world.log().count(" killed by signal")
        death.write_text("deed 1")
        san.rescan()
        until(lambda n=before: san.world.log().count(" killed by signal") > n, "one is killed")
        until(lambda: all(file.read_text() == text for file, text in files.items()), "all is done")


def test_a_path_without_a_size_is_asked_for_it_when_it_answers(san):
    """A rescan that met a dead path has left it so."""
    two_paths(san)
    rescan = san.sys / "devices/16:0:0:0/rescan"
    rescan.write_text("")
    san.check("sdb", "down")
    until(lambda: san.map("web")["failed"] == ["8:16"], "it is failed")
    san.disk("sdb", "8:16", sectors=0)
    san.rescan()
    until(lambda: "sdb has no size" in san.status("web")["text"], "it is left out")
    assert rescan.read_text() == ""  # a dead path is not asked
    san.check("sdb", "up")
    until(lambda: rescan.read_text() == "1", "the kernel asks it for its size")
    san.disk("sdb", "8:16")
    san.rescan()
    san.until_state("web", "good")


def checking(relevod):
    """The role's process, if it has a checker."""
    return next((role for role in children(relevod) for child in children(role)
                 if "checker" in command_line(child)), 0)


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has just ended


def test_a_path_that_comes_back_as_another_device_is_taken_in(san):
    two_paths(san)
    san.pull("sdb")
    until(lambda: (m := san.status("web"))["paths"] == 1 and m["state"] == "degraded", "a path is missed")
    san.disk("sdd", "8:48")
    san.rescan()
    san.until_state("web", "good")
    until(lambda: san.map("web")["table"].endswith("8:0 1 service-time 0 1 1 8:48 1"), "its table has it")


def test_a_lun_number_used_again_is_noticed(san):
    two_paths(san)
    san.check("sdb", "foreign")
    until(lambda: "8:16" not in san.map("web")["table"], "it is out of the table")
    until(lambda: "sdb answers as another LUN" in san.status("web")["text"], "and that is said")


def test_without_paths_io_waits_and_then_fails_and_the_guests_are_named(san):
    san.world.guest("shop", 'disk = ["phy:/dev/mapper/web,xvda,w"]')
    san.disk("sda", "8:0")
    san.configure(WEB + ",no_path_retry=2")
    san.until_state("web", "degraded")
    san.check("sda", "down")
    san.io_error("web", "8:0")
    until(lambda: "multipath web: queueing" in san.world.log(), "it waits")
    san.until_state("web", "lost")
    until(lambda: san.map("web")["table"].startswith("0 "), "I/O fails")
    until(lambda: san.diary()[-1] == "message web fail_if_no_path", "what waited until then")
    until(lambda: "guest shop: has lost its storage web (disk xvda)" in san.world.log(), "it is said")
    shop = san.world.guest_status("shop")
    assert shop["disks"] == "lost" and shop["disks_text"].startswith("disk xvda: LUN web is lost")
    assert "    storage lost: disk xvda: LUN web is lost" in san.world.command("status").stdout
    san.check("sda", "up")
    san.until_state("web", "degraded")
    until(lambda: san.map("web")["table"].startswith("1 queue_if_no_path"), "I/O waits again")
    until(lambda: "guest shop: has its storage back web" in san.world.log(), "and that is said")


def test_a_guest_waits_for_its_lun_and_no_other_waits_for_it(san):
    san.world.guest("shop", 'disk = ["phy:/dev/mapper/web,xvda,w"]')
    san.world.guest("mail")
    san.configure(WEB)
    san.world.until_state("mail", "running")
    waits_for = "disk xvda: LUN web is waiting: no path seen"
    until(lambda: san.world.guest_status("shop")["waits_for"] == waits_for, "the other waits")
    assert san.world.guest_status("shop")["state"] == "waiting"
    san.disk("sda", "8:0")
    san.rescan()
    san.world.until_state("shop", "running")
    assert san.world.guest_status("shop")["starts"] == 1


def test_growth_reaches_the_map_when_all_paths_have_grown(san):
    two_paths(san)
    san.disk("sda", "8:0", sectors=4096)
    san.rescan()
    san.disk("sdb", "8:16", sectors=4096)
    san.rescan()
    until(lambda: san.map("web")["sectors"] == 4096, "the map has grown")
    san.until_state("web", "good")


def test_alua_groups_follow_the_target(san):
    san.disk("sda", "8:0", access_state="active/non-optimized", dh_state="alua")
    san.disk("sdb", "8:16", access_state="active/optimized", dh_state="alua")
    san.configure(WEB)
    san.until_state("web", "good")
    by_priority = "1 queue_if_no_path 1 alua 2 1 service-time 0 1 1 8:16 1 service-time 0 1 1 8:0 1"
    until(lambda: san.map("web")["table"] == by_priority, "two groups")
    san.disk("sda", "8:0", access_state="active/optimized", dh_state="alua")
    until(lambda: san.map("web")["table"].endswith("1 1 service-time 0 2 1 8:0 1 8:16 1"), "one group now")


def test_a_name_taken_by_another_map_is_refused(san):
    san.put_map("web", uuid="LVM-abc")
    san.disk("sda", "8:0")
    san.configure(WEB)
    assert "taken by another map" in san.until_state("web", "refused")["text"]
    assert san.diary() == []


def test_our_map_of_an_earlier_configuration_goes_unless_it_is_used(san):
    san.put_map("old", uuid=f"mpath-relevo-{WWID}", opened=1)
    san.disk("sda", "8:0")
    san.configure(WEB)
    assert "assembled as old" in san.until_state("web", "refused")["text"]
    until(lambda: "map old: not configured; removed as soon" in san.world.log(), "it is said")
    until(lambda: san.map("old")["table"].endswith("service-time 0 1 1 8:0 1"), "it is looked after")
    san.io_error("old", "8:0")
    until(lambda: san.map("old")["failed"] == [], "its path is reinstated")
    san.put_map("old", opened=0)
    until(lambda: san.map("old") is None and san.map("web"), "the new one takes its place")


def test_a_map_whose_word_has_gone_is_looked_after_while_a_guest_uses_it(san):
    two_paths(san)
    san.put_map("web", opened=1)
    san.world.cmdline.write_text("hostname=n1\n")
    assert san.world.command("reload").returncode == 0
    until(lambda: "map web: not configured" in san.world.log(), "it is seen")
    san.io_error("web", "8:16")
    until(lambda: san.map("web")["failed"] == [], "its path is reinstated")
    san.put_map("web", opened=0)
    until(lambda: san.map("web") is None, "it goes when the guest has gone")
    until(lambda: san.diary()[-2:] == ["message web fail_if_no_path", "remove web"], "I/O had to end first")


def test_the_operator_removes_a_lun_and_adds_it_again(san):
    two_paths(san)
    relevo = san.world.command
    san.put_map("web", opened=1)
    until(lambda: "in use (opened 1 times)" in relevo("multipath", "remove", "web").stderr, "it is refused")
    san.put_map("web", opened=0)
    until(lambda: relevo("multipath", "remove", "web").returncode == 0, "and then not")
    until(lambda: san.map("web") is None, "it is gone")
    until(lambda: (m := san.status("web"))["text"] == "" and m["state"] == "removed", "and that is said")
    assert san.diary()[-2:] == ["message web fail_if_no_path", "remove web"]
    san.world.kill()
    san.world.start()
    san.until_state("web", "removed")
    assert relevo("multipath", "add", "web").returncode == 0
    san.until_state("web", "good")
    assert "not configured" in relevo("multipath", "remove", "db").stderr
    for wrong in (["remove"], ["add", "web", "--paths"], ["remove", "web", "x"]):
        assert relevo("multipath", *wrong).returncode == 2


def test_what_the_operator_wishes_outlives_a_role_that_has_not_heard_it(san):
    two_paths(san)
    relevod = san.world.process.pid
    for wish, state in (("remove", "removed"), ("add", "good")):
        role = until(lambda: next((pid for pid in children(relevod) if "multipath" in command_line(pid)), 0),
                     "the role runs")
        os.kill(role, signal.SIGSTOP)
        assert san.world.command("multipath", wish, "web").returncode == 0
        os.kill(role, signal.SIGKILL)
        until(lambda r=role: r not in children(relevod), "it is gone")
        san.until_state("web", state)
        until(lambda s=state: bool(san.map("web")) == (s == "good"), "and so is the map")


def test_a_lun_goes_with_its_devices_if_that_is_asked_for(san):
    two_paths(san)
    delete = san.sys / "devices" / "0:0:0:0" / "delete", san.sys / "devices" / "16:0:0:0" / "delete"
    for file in delete:
        file.write_text("")
    assert san.world.command("multipath", "remove", "web", "--paths").returncode == 0
    until(lambda: all(file.read_text() == "1" for file in delete), "the kernel is told to forget the devices")
    for name in ("sda", "sdb"):
        san.pull(name)
    san.world.command("multipath", "rescan")
    until(lambda: san.status("web")["paths"] == 0, "they are gone")


def test_a_lun_that_a_guest_runs_on_is_not_removed(san):
    san.world.guest("shop", 'disk = ["phy:/dev/mapper/web,xvda,w"]')
    two_paths(san)
    san.world.until_state("shop", "running")
    done = san.world.command("multipath", "remove", "web")
    assert done.returncode == 1 and "guest shop runs on it; stop it or detach the disk first" in done.stderr
    san.world.command("stop", "shop")
    san.world.until_state("shop", "stopped")
    assert san.world.command("multipath", "remove", "web").returncode == 0
    until(lambda: san.map("web") is None and san.status("web")["text"] == "", "it is gone")
    san.world.command("start", "shop")
    shop = san.world.until_state("shop", "waiting")
    assert shop["waits_for"] == shop["disks_text"] == "disk xvda: LUN web is removed", shop
    assert "    waits: disk xvda: LUN web is removed" in san.world.command("status").stdout
    san.world.command("multipath", "add", "web")
    san.world.until_state("shop", "running")


def test_a_removal_that_fails_lets_io_wait_again(san):
    two_paths(san)
    san.folder.joinpath("fail.web").write_text("Device or resource busy")
    assert san.world.command("multipath", "remove", "web").returncode == 0
    until(lambda: "Device or resource busy" in san.status("web")["text"], "it is said")
    half_done = TWO_PATHS.replace("1 queue_if_no_path", "0")
    san.put_map("web", opened=1, table=half_done)  # and somebody came
    san.folder.joinpath("fail.web").unlink()
    until(lambda: san.map("web")["table"] == TWO_PATHS, "it is as it was")
    until(lambda: "not removed: it is in use" in san.world.log(), "and that is said")
    san.until_state("web", "good")


def test_the_time_without_a_path_outlives_the_role(san):
    san.disk("sda", "8:0")
    san.configure(WEB + ",no_path_retry=600")
    san.until_state("web", "degraded")
    san.check("sda", "down")
    san.io_error("web", "8:0")
    san.until_state("web", "queueing")
    memory = san.world.run / "multipath" / "web"
    before = until(lambda: " no_path_since_ms=0" not in (t := memory.read_text()) and t, "it is written down")
    san.world.kill()
    san.world.start()
    san.until_state("web", "queueing")
    assert memory.read_text() == before
    memory.write_text(before.replace("no_path_since_ms=", "no_path_since_ms=1 was="))
    for pid in children(san.world.process.pid):
        os.kill(pid, signal.SIGKILL)
    if float(open("/proc/uptime", encoding="ascii").read().split()[0]) > 600:
        san.until_state("web", "lost")


def test_when_the_node_goes_down_no_io_waits_any_more(san):
    two_paths(san)
    assert san.world.terminate() == 0
    assert san.map("web")["table"] == TWO_PATHS.replace("1 queue_if_no_path", "0")
    san.world.start()
    until(lambda: san.map("web")["table"] == TWO_PATHS, "another relevod lets it wait again")


def test_a_deed_that_fails_is_said_and_tried_again(san):
    san.world.folder.joinpath("san", "fail.web").write_text("Device or resource busy")
    san.disk("sda", "8:0")
    san.configure(WEB)
    until(lambda: "Device or resource busy" in san.status("web").get("text", ""), "it is said")
    san.world.folder.joinpath("san", "fail.web").unlink()
    san.until_state("web", "degraded")


def test_a_hanging_map_delays_no_other(san):
    san.folder.joinpath("hang.web").write_text("")
    san.disk("sda", "8:0")
    san.disk("sdb", "8:16", wwid="naa.5000000000000001")
    san.configure(WEB, "multipath=db:naa.5000000000000001")
    san.until_state("db", "degraded")
    assert san.map("web") is None


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(p) for p in f.read().split()]


def test_death_of_relevod_or_its_role_disturbs_no_map(san):
    two_paths(san)
    san.world.kill()
    san.io_error("web", "8:0")
    san.world.start()
    san.until_state("web", "good")
    for pid in children(san.world.process.pid):
        os.kill(pid, signal.SIGKILL)
    san.io_error("web", "8:16")
    until(lambda: san.map("web")["failed"] == [], "the next role reinstates it")
    assert [line for line in san.diary() if not line.startswith("message")] == [f"create web {TWO_PATHS}"]


def test_many_luns_at_once(san):
    words = []
    for i in range(60):
        wwid = f"naa.5{i:015x}"
        words.append(f"multipath=lun{i}:{wwid}")
        for path in range(4):
            n = 4 * i + path
            san.disk(f"sd{chr(97 + n // 26)}{chr(97 + n % 26)}", f"{65 + n // 16}:{16 * (n % 16)}", wwid=wwid,
                     hctl=f"{path}:0:0:{i}")
    san.configure(*words)
    for i in range(60):
        san.until_state(f"lun{i}", "good")


def test_rescan_without_multipath_is_refused(san):
    san.configure()
    until(lambda: san.world.status(), "relevod answers")
    done = san.world.command("multipath", "rescan")
    assert done.returncode == 1 and "no multipath= is configured" in done.stderr
    assert san.world.command("multipath").stdout == ""


def test_a_reload_adds_luns_and_drops_others(san):
    two_paths(san)
    other = "naa.600a0b80001234560000111122229999"
    san.disk("sdc", "8:32", wwid=other)
    san.world.cmdline.write_text(f"hostname=n1 {WEB} multipath=db:{other}\n")
    assert san.world.command("reload").returncode == 0
    san.until_state("db", "degraded")
    assert san.until_state("web", "good") and san.diary()[0] == f"create web {TWO_PATHS}"
    assert len(san.diary()) == 2 and san.diary()[1].startswith("create db ")
    san.world.cmdline.write_text(f"hostname=n1 multipath=db:{other}\n")
    assert san.world.command("reload").returncode == 0
    until(lambda: san.map("web") is None, "the dropped map is removed")
    assert san.until_state("db", "degraded") and san.map("db")
    san.world.cmdline.write_text("hostname=n1\n")
    assert san.world.command("reload").returncode == 0
    until(lambda: san.map("db") is None, "and the last")
