"""The lab's own small parts."""
import io
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from relevolab import access, bmc, clock, disk, pings, site
from relevolab.announcements import ARP, RARP, Announcements
from relevolab.console import Stamper
from relevolab.guest import Guest
from relevolab.network import Network
from relevolab.node import Node, Plan
from relevolab.space import Space, started_at
from relevolab.story import Event, Story, news, render

LIBRARY = Path(__file__).resolve().parents[2]


@pytest.fixture(name="space")
def make_space():
    space = Space.create(stays=False)
    yield space
    space.close()


def test_waiting_tells_what_for():
    with pytest.raises(clock.LabTimeout, match="for the moon"):
        clock.wait_for(lambda: False, "the moon", 0.01, every=0.01)
    assert clock.wait_for(lambda: 7, "nothing", 1) == 7


def test_everything_in_a_space_dies_with_it():
    space = Space.create(stays=False)
    process, _ = space.spawn(["sleep", "1000"])
    assert space.alive()
    space.close()
    process.wait(60)
    clock.wait_for(lambda: not space.alive(), "the space to end", 60)


def test_nothing_is_left_of_a_lab_whose_owner_is_killed():
    program = ("from relevolab.space import Space\nspace = Space.create(stays=False)\n"
               "_, pid = space.spawn(['sleep', '1000'])\nprint(space.pid, space.start, pid, flush=True)\n"
               "import time\ntime.sleep(1000)\n")
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
                             env={"PYTHONPATH": str(LIBRARY), "PATH": os.environ["PATH"]})
    pid, start, inner = map(int, owner.stdout.readline().split())
    assert Space(pid, start).alive()
    owner.kill()
    owner.communicate()
    clock.wait_for(lambda: not Space(pid, start).alive(), "the space to end", 60)
    clock.wait_for(lambda: started_at(inner) is None, "what ran in it to end", 60)


def test_switches_and_cables(space):
    network = Network(space)
    network.add_switch("front", 0)
    network.add_switch("back", 1)
    network.add_trunk("front", "back")
    network.add_tap("blade1.0", "front")
    clock.wait_for(lambda: network.ping("10.9.0.1"), "an answer", 60)
    assert not network.ping("10.9.0.77")
    network.silence("blade1.0")
    assert "state disabled" in space.run("bridge", "link", "show", "dev", "blade1.0").stdout
    outside = subprocess.run(["ip", "link", "show", "front"], capture_output=True, check=False)
    assert outside.returncode != 0


def test_a_bmc_switches_a_blade_off_unless_it_lies(space, tmp_path):
    network = Network(space)
    network.add_switch("front", 0)
    node = Node(space, network, Story(tmp_path), tmp_path / "blade1", 1, Plan("blade1"))
    device = bmc.Bmc(node, "10.9.0.201")
    tool = ("ipmitool", "-I", "lanplus", "-C", "3", "-H", "10.9.0.201", "-U", bmc.USER, "-P", bmc.PASSWORD)

    def wait_power(word, answer):
        clock.wait_for(lambda: answer in space.run(*tool, "power", word, check=False, timeout=120).stdout,
                       f'"{answer}" to be answered to "power {word}"', 120)

    wait_power("status", "Power is off")
    qemu, _ = space.spawn(["qemu-system-x86_64", "-S", "-nodefaults", "-display", "none", "-qmp",
                           "unix:qmp.sock,server=on,wait=off"], cwd=node.folder)
    wait_power("status", "Power is on")
    device.liar.touch()
    wait_power("off", "Down/Off")
    wait_power("status", "Power is on")
    assert qemu.poll() is None
    device.liar.unlink()
    wait_power("off", "Down/Off")
    wait_power("status", "Power is off")
    qemu.wait(60)


def test_console_lines_are_stamped_when_they_begin():
    out = io.StringIO()
    stamper = Stamper(out.write)
    stamper.feed(b"\x1b[1mone\r\ntw", 1.0)
    stamper.feed(b"o\n\n", 2.0)
    assert out.getvalue() == "1.000 one\n1.000 two\n"


def test_a_log_that_knows_seconds_only_keeps_its_order(tmp_path):
    class Blade:
        name = "blade1"

        def console_lines(self):
            return [(2.5, "later")]

        def log_lines(self):
            return [(2.0, "blade1 daemon.info relevod: second"), (2.0, "blade1 daemon.info relevod: first")]

    told = [event.text.split()[-1] for event in Story(tmp_path).tell([Blade()], logs=True)]
    assert told == ["second", "first", "later"]


def test_story_is_told_from_its_first_event():
    assert render([Event(10.0, "lab", "power on"), Event(11.5, "blade1", "hello")]).splitlines() == [
        "    0.000  lab     power on", "    1.500  blade1  hello"]


def test_the_log_adds_what_the_console_did_not_show():
    log = [(1.0, "blade1 daemon.notice relevod: guest web1: runs"),
           (2.0, "blade1 kern.info kernel: [ 1.2] eth0: up"),
           (3.0, "blade1 daemon.info relevod: starting")]
    console = [(1.2, "relevod: guest web1: runs"), (2.1, "[ 1.2] eth0: up")]
    assert list(news(log, console)) == [(3.0, "blade1 daemon.info relevod: starting")]


def test_a_site_bundle_unpacks_to_site(tmp_path):
    bundle = site.make(tmp_path, ["bridge=xenbr0:eth0"], [Guest("web1", 11, boot="disk", device="/dev/vda")],
                       {"guests/bad.cfg": "nonsense\n"})
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["cpio", "-idm", "--quiet"], input=bundle.read_bytes(), cwd=out, check=True)
    assert (out / "site/site.conf").read_text() == "bridge=xenbr0:eth0\n"
    assert 'name = "web1"' in (out / "site/guests/web1.cfg").read_text()
    assert (out / "site/guests/bad.cfg").read_text() == "nonsense\n"


def test_a_disk_has_the_files_of_its_tree(tmp_path):
    tree = tmp_path / "tree"
    (tree / "boot").mkdir(parents=True)
    (tree / "boot/hello").write_text("hello\n")
    image = disk.make(tmp_path / "disk.img", tree, root_mib=8)
    start, size = disk.partition(image, 1)
    root = tmp_path / "root.img"
    root.write_bytes(image.read_bytes()[start:start + size])
    shown = subprocess.run(["debugfs", "-R", "cat /boot/hello", root], capture_output=True, check=True)
    assert shown.stdout == b"hello\n"
    assert subprocess.run(["e2fsck", "-fn", root], capture_output=True, check=False).returncode == 0
    assert disk.partition(image, 2)[0] == start + size


def test_command_line_that_xen_would_cut_is_refused():
    assert "hostname=blade1" in Plan("blade1").command_line()
    with pytest.raises(ValueError, match="Xen passes 1023"):
        Plan("blade1", words=["x" * 1000]).command_line()


def test_guest_files():
    text = Guest("web1", 11, device="/dev/vda", keys=['home = "blade1"']).config()
    assert 'disk = ["phy:/dev/vda,xvda,w"]' in text
    assert "agent.ip=10.9.0.11/24" in text
    assert 'home = "blade1"' in text
    assert "kernel" not in Guest("web1", 11, boot="disk", device="/dev/vda").config()


def test_announcements_are_heard(space):
    network, guest = Network(space), Guest("web1", 11)
    network.add_switch("front", 0)
    space.run("ip", "link", "add", "wire", "type", "veth", "peer", "name", "port")
    for name in ("wire", "port"):
        network.ip("link", "set", name, "up")
    network.ip("link", "set", "port", "master", "front")
    mac, address = bytes.fromhex(guest.mac.replace(":", "")), socket.inet_aton(guest.address)
    other = mac[:5] + b"\x77"

    def frame(source, kind, sender, target):
        return b"\xff" * 6 + source + struct.pack("!HHHBBH", kind, 1, 0x800, 6, 4, 1) + source + sender + \
            source + target + bytes(18)

    with Announcements(space) as announced:
        with space.inside():
            wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        wire.bind(("wire", 0))
        with wire:
            wire.send(frame(mac, ARP, address, socket.inet_aton("10.9.0.1")))  # a question
            wire.send(frame(other, RARP, bytes(4), bytes(4)))                  # another guest
            began = clock.now()
            wire.send(frame(mac, RARP, bytes(4), bytes(4)))
            wire.send(frame(mac, ARP, address, address))
        clock.wait_for(lambda: len(announced.of(guest)) == 2, "both", 60)
        assert sorted(kind for _, kind in announced.of(guest)) == [ARP, RARP]
        assert all(abs(time - began) < 60 for time, _ in announced.of(guest))


def test_lost_pings_are_counted():
    line = "[{:.3f}] 64 bytes from 10.9.0.11: icmp_seq={} ttl=64 time={} ms\n"
    text = "PING 10.9.0.11\n" + "".join(line.format(100 + n / 10 + 0.001, n, 1.0) for n in (1, 2, 3, 7, 8))
    report = pings.read(text, 0.1)
    assert (report.sent, report.lost, round(report.gap, 3)) == (8, 3, 0.3)


def test_pings_that_overtake_each_other():
    line = "[{:.3f}] 64 bytes from 10.9.0.11: icmp_seq={} ttl=64 time={:.1f} ms\n"
    took = {1: 5, 2: 900, 3: 800, 9: 5, 10: 5}
    answers = sorted((100 + n / 10 + took[n] / 1000, n) for n in took)
    report = pings.read("".join(line.format(stamp, n, took[n]) for stamp, n in answers), 0.1)
    assert (report.sent, report.lost, round(report.gap, 3)) == (10, 5, 0.5)


def test_pings_run_until_asked(space):
    Network(space).add_switch("front", 0)
    run = pings.Pings(space, "10.9.0.1", pace=0.01)
    clock.wait_for(lambda: run.answered() >= 5, "five answers", 60)
    assert run.report().lost == 0


def test_an_access_port_strips_tags_and_puts_them_on(space):
    network = Network(space)
    for number, name in enumerate(("trunk", "plain")):
        network.add_switch(name, number)
    network.add_access("trunk", "plain", 10)
    with space.inside():
        trunk, plain = access.open_port("trunk"), access.open_port("plain")
    frame = b"\xff" * 6 + b"\x02\0\0\0\0\1" + b"\x88\xb5" + b"x" * 46

    def tagged(vlan, data=frame):
        return data[:12] + b"\x81\0" + vlan.to_bytes(2, "big") + data[12:]

    def carried(source, data, to, vlan):
        source.send(data)
        to.settimeout(1)
        try:
            while True:
                heard, number = access.receive(to)
                if heard == frame:
                    return number == vlan
        except TimeoutError:
            return False

    clock.wait_for(lambda: carried(plain, frame, trunk, 10), "a tagged frame", 60)
    clock.wait_for(lambda: carried(trunk, tagged(10), plain, 0), "a plain one", 60)
    stray, last = frame.replace(b"x", b"y"), frame.replace(b"x", b"z")
    trunk.send(tagged(11, stray))
    trunk.send(tagged(10, last))
    plain.settimeout(60)
    heard = []
    while last not in heard:
        heard.append(access.receive(plain)[0])
    assert stray not in heard
