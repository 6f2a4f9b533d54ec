"""Guests that pretend to be others, and listen to what is not for them."""
import socket
import struct
import time

import pytest

from relevolab import watch
from relevolab.announcements import ARP, RARP, Announcements
from relevolab.clock import wait_for

EVERYONE = "ff:ff:ff:ff:ff:ff"
NOBODY = "02:00:00:00:00:77"
MARK = b"spoofed!"
IP, IPV6, LLDP = 0x0800, 0x86dd, 0x88cc


def raw(mac):
    return bytes.fromhex(mac.replace(":", ""))


def ethernet(source, protocol, payload, to=EVERYONE):
    return raw(to) + raw(source) + struct.pack("!H", protocol) + payload + MARK


def ipv4(source, source_port=9, port=9):
    ends = (socket.inet_aton(address) for address in (source, "10.9.0.255"))
    return struct.pack("!BBHHHBBH4s4sHHHH", 0x45, 0, 28 + len(MARK), 0, 0, 64, 17, 0, *ends,
                       source_port, port, 8 + len(MARK), 0)


def arp(mac, address):
    return struct.pack("!HHBBH6s4s6s4s", 1, IP, 6, 4, 1, raw(mac), socket.inet_aton(address), bytes(6),
                       socket.inet_aton("10.9.0.1")) + bytes(18)


def icmp6(source, kind):
    ends = (socket.inet_pton(socket.AF_INET6, address) for address in (source, "ff02::1"))
    return struct.pack("!IHBB16s16sBBHI", 6 << 28, 8 + len(MARK), 58, 255, *ends, kind, 0, 0, 0)


@pytest.fixture(name="spoofer")
def make_spoofer(lab, shared):
    guest = shared.guests["pv-file"]
    watch.wait_alive(lab, guest)
    return guest


@pytest.fixture(name="neighbour")
def make_neighbour(lab, shared):
    guest = shared.guests["pvh-file"]
    watch.wait_alive(lab, guest)
    return guest


def send(lab, guest, frame, count=1, size=0, timeout=60):
    assert watch.ask(lab, guest, f"send {count} {size} {frame.hex()}", timeout).startswith("ok ")


def listen(lab, guest, pattern):
    assert watch.ask(lab, guest, f"listen {pattern.hex()}") == "ok"


def heard(lab, guest):
    return int(watch.ask(lab, guest, "heard"))


def dropped(node, guest):
    return watch.state(node, guest)["vifs"][0]["dropped"]


def test_every_pretence_is_counted_and_nobody_hears_it(lab, shared, spoofer, neighbour):
    own, other = spoofer.mac, neighbour.mac
    pretences = {"mac": [ethernet(other, IP, ipv4(neighbour.address)),
                         ethernet(NOBODY, 0x88b5, bytes(46))],
                 "ip": [ethernet(own, IP, ipv4(neighbour.address)),
                        ethernet(own, IPV6, icmp6("fd00::1", 128))],
                 "arp": [ethernet(own, ARP, arp(own, neighbour.address)),
                         ethernet(own, ARP, arp(other, spoofer.address))],
                 "dhcp": [ethernet(own, IP, ipv4(spoofer.address, 67, 68))],
                 "router": [ethernet(own, IPV6, icmp6("fe80::216:3eff:fe09:b", 134))],
                 "other": [ethernet(own, LLDP, bytes(46))]}
    before = dropped(shared, spoofer)
    listen(lab, neighbour, MARK)
    for frames in pretences.values():
        for frame in frames:
            send(lab, spoofer, frame)
    send(lab, spoofer, ethernet(own, IP, ipv4(spoofer.address)))  # as itself
    wait_for(lambda: heard(lab, neighbour), "the honest frame to arrive", 30)
    assert heard(lab, neighbour) == 1
    wait_for(lambda: all(dropped(shared, spoofer)[kind] >= before[kind] + len(frames)
                         for kind, frames in pretences.items()),
             lambda: f"all to be counted: {before}, now {dropped(shared, spoofer)}", 30, every=0.5)
    assert "FRAMES DROPPED" in shared.relevo("network")


def test_nobody_hears_what_is_for_another(lab, spoofer, neighbour):
    secret = bytes.fromhex("5ec2e75ec2e75ec2")
    for guest in (spoofer, neighbour):
        listen(lab, guest, secret)
    lab.space.run("ping", "-n", "-c5", "-i0.2", "-s64", "-p", secret.hex(), spoofer.address)
    with lab.space.inside():
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    with wire:
        wire.bind(("front", 0))
        wire.send(raw(NOBODY) + raw("02:00:00:00:00:01") + struct.pack("!H", 0x88b5) + secret * 8)
        wait_for(lambda: heard(lab, spoofer), "the addressee to hear", 30)
        assert heard(lab, neighbour) == 0
        wire.send(raw(EVERYONE) + raw("02:00:00:00:00:01") + struct.pack("!H", 0x88b5) + secret * 8)
    wait_for(lambda: heard(lab, neighbour) == 1, "what is for everyone to arrive", 30)


def test_a_guest_is_announced_when_it_starts(lab, shared):
    """Three times by RARP for switches, and by gratuitous ARP for neighbours."""
    guest = shared.guests["pv-file"]
    old = watch.wait_alive(lab, guest)
    with Announcements(lab.space) as announced:
        def enough():
            kinds = [kind for _, kind in announced.of(guest)]
            return kinds.count(RARP) >= 3 and kinds.count(ARP) >= 3

        shared.relevo("restart", guest.name)
        wait_for(enough, lambda: f"the announcements: {announced.of(guest)}", 180)
    watch.wait_reborn(lab, guest, old)


def test_a_rate_is_kept(lab, neighbour):
    """1 Mb/s: what the guest says after 300 KB comes no sooner than they can have gone out."""
    count, size = 214, 1400
    frame = ethernet(neighbour.mac, IP, ipv4(neighbour.address), NOBODY)
    began = time.monotonic()
    send(lab, neighbour, frame, count, size, timeout=120)
    assert time.monotonic() - began > 0.9 * count * size * 8 / 1e6
