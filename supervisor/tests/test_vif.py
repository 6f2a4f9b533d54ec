"""Guests' interfaces in a network namespace: veth pairs stand for them, vifN here and gN in the guest; where
this kernel has the flower classifier, as under User Mode Linux (make check-network)."""
import json
import socket
import struct
import subprocess

import pytest
from netns import configure, ip, link
from world import until

TRY = """ip link add veth9 type veth && tc qdisc add dev veth9 clsact &&
tc filter add dev veth9 ingress flower action drop"""

pytestmark = pytest.mark.skipif(
    subprocess.run(["unshare", "-n", "sh", "-c", TRY], capture_output=True, check=False).returncode != 0,
    reason="this kernel has no flower classifier")

IP, ARP, RARP, IPV6, LLDP, VLAN = 0x0800, 0x0806, 0x8035, 0x86dd, 0x88cc, 0x8100
MAC = {1: "00:16:3e:00:00:01", 2: "00:16:3e:00:00:02"}
OTHER = "00:16:3e:00:00:99"
EVERYONE = "ff:ff:ff:ff:ff:ff"
MARK = b"the last frame of this test"


def raw(mac):
    return bytes.fromhex(mac.replace(":", ""))


def ethernet(source, protocol, payload, target=EVERYONE):
    return raw(target) + raw(source) + struct.pack("!H", protocol) + payload


def udp(source, port=9, target_port=9, data=b"x"):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(data), 0, 0, 64, 17, 0, socket.inet_aton(source),
                         socket.inet_aton("10.0.0.254"))
    return header + struct.pack("!HHHH", port, target_port, 8 + len(data), 0) + data


def arp(mac, source):
    return struct.pack("!HHBBH6s4s6s4s", 1, IP, 6, 4, 1, raw(mac), socket.inet_aton(source), bytes(6),
                       socket.inet_aton("10.0.0.254"))


def ipv6(source, protocol, payload):
    ends = (socket.inet_pton(socket.AF_INET6, address) for address in (source, "ff02::1"))
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), protocol, 255, *ends) + payload


def icmp6(source, kind):
    return ipv6(source, 58, struct.pack("!BBHI", kind, 0, 0, 0))


def udp6(source, port):
    return ipv6(source, 17, struct.pack("!HHHH", port, 9, 8, 0))


def later_fragment(source):
    """Of a UDP datagram: it has no ports."""
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 36, 1, 100, 64, 17, 0, socket.inet_aton(source),
                       socket.inet_aton("10.0.0.254")) + bytes(16)


def listener(name):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
    s.bind((name, 0))
    s.settimeout(60)
    return s


def heard(s):
    """All frames that came in up to the marked one, which is left out."""
    frames = []
    while True:
        data, address = s.recvfrom(2048)
        if address[2] == socket.PACKET_OUTGOING:
            continue
        if MARK in data:
            return frames
        frames.append(data)


def send(name, *frames):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((name, 0))
        for frame in frames:
            s.send(frame)


def vifs(world):
    done = world.command("network", "--json")
    return {v["name"]: v for v in json.loads(done.stdout)["vifs"]} if done.returncode == 0 else {}


def add_vif(world, number, words="ip=10.0.0.1", filtered="on"):
    """What the hotplug program leaves; the role does the rest."""
    ip("link", "add", f"vif{number}", "type", "veth", "peer", "name", f"g{number}")
    ip("link", "set", f"g{number}", "up")
    index = link(f"vif{number}")["ifindex"]
    until((world.run / "vif").exists, "the role has begun")
    new = world.run / "vif" / f".vif{number}.new"
    new.write_text(f"bridge=xenbr0 index={index} domid={number} devid=0 mac={MAC[number]} "
                   f"filter={filtered} {words}\n")
    new.rename(world.run / "vif" / f"vif{number}")
    until(lambda: vifs(world).get(f"vif{number}", {}).get("good"), f"vif{number} is in its place")


@pytest.fixture
def one(network):
    configure(network, "bridge=xenbr0:eth0")
    until(lambda: link("eth0").get("master") == "xenbr0", "the bridge stands")
    add_vif(network, 1)
    return network


def dropped(world):
    return vifs(world)["vif1"]["dropped"]


def test_what_is_spoofed_is_dropped_and_counted(one):
    own, local = MAC[1], "fe80::216:3eff:fe00:1"
    quiet = dropped(one)  # the veth's own kernel talks IPv6 with the veth's own address
    spoofed = [ethernet(OTHER, 0x88b5, b"mac" * 20),
               ethernet(own, IP, udp("10.0.0.2")), ethernet(own, IP, udp("10.0.0.3")),
               ethernet(own, ARP, arp(own, "10.0.0.2")), ethernet(own, ARP, arp(OTHER, "10.0.0.1")),
               ethernet(own, IP, udp("10.0.0.1", port=67, target_port=68)),
               ethernet(own, IPV6, icmp6(local, 134)),
               ethernet(own, LLDP, b"x" * 50), ethernet(own, VLAN, b"\0\5\x08\0" + udp("10.0.0.1"))]
    good = [ethernet(own, IP, udp("10.0.0.1", port)) for port in (1, 66, 68, 547, 65535)]
    good += [ethernet(own, IP, later_fragment("10.0.0.1")), ethernet(own, ARP, arp(own, "10.0.0.1")),
             ethernet(own, ARP, arp(own, "0.0.0.0")), ethernet(own, IP, udp("0.0.0.0", 68, 67)),
             ethernet(own, RARP, arp(own, "0.0.0.0"))]
    with listener("eth0-far") as far:
        send("g1", *spoofed, *good, ethernet(own, IP, udp("10.0.0.1", data=MARK)))
        came = [frame for frame in heard(far) if frame[6:12] in (raw(own), raw(OTHER))]
    assert [frame for frame in came if frame in spoofed] == []
    assert [frame for frame in good if frame not in came] == []
    wanted = {"ip": 2, "arp": 2, "dhcp": 1, "router": 1, "other": 2}
    until(lambda: {key: dropped(one)[key] - quiet[key] for key in wanted} == wanted, "all are counted")
    assert dropped(one)["mac"] >= quiet["mac"] + 1
    assert "FRAMES DROPPED" in one.command("network").stdout


def test_ipv6_is_kept_to_its_addresses(one):
    add_vif(one, 2, "ip=fd00::2")
    own, local = MAC[2], "fe80::216:3eff:fe00:2"
    quiet = vifs(one)["vif2"]["dropped"]
    hidden = struct.pack("!BBHI", 58, 0, 1, 1) + bytes((134, 0, 0, 0))  # the first part of it
    spoofed = [ethernet(own, IPV6, packet) for packet in (
        udp6("fd00::9", 5000), icmp6("fd00::9", 128), udp6("fd00::2", 547), icmp6(local, 134),
        ipv6(local, 44, hidden))] + [ethernet(OTHER, IPV6, udp6("fd00::2", 5000))]
    good = [ethernet(own, IPV6, packet) for packet in (
        udp6("fd00::2", 1), udp6("fd00::2", 546), udp6("fd00::2", 548), udp6("fd00::2", 65535),
        icmp6("fd00::2", 128), icmp6(local, 135), icmp6("::", 135))]
    with listener("eth0-far") as far:
        send("g2", *spoofed, *good, ethernet(own, IPV6, udp6("fd00::2", 9) + MARK))
        came = [frame for frame in heard(far) if frame[6:12] in (raw(own), raw(OTHER))]
    assert [frame for frame in came if frame in spoofed] == []
    assert [frame for frame in good if frame not in came] == []
    wanted = {"ip": 2, "dhcp": 1, "router": 2}
    until(lambda: {key: vifs(one)["vif2"]["dropped"][key] - quiet[key] for key in wanted} == wanted,
          lambda: f"all are counted: {vifs(one)['vif2']['dropped']}, before {quiet}")


def test_a_spoofed_address_does_not_poison_the_bridge(one):
    send("g1", ethernet(OTHER, 0x88b5, b"poison" * 10))
    fdb = subprocess.run(["bridge", "fdb", "show", "dev", "vif1"], capture_output=True, text=True, check=True)
    assert OTHER not in fdb.stdout and f"{MAC[1]} sticky master xenbr0 static" in fdb.stdout


def test_an_echo_does_not_shut_the_guest_out(one):
    """Switches send a guest's own frames back while a bond fails over."""
    send("eth0-far", ethernet(MAC[1], IP, udp("10.0.0.1")))
    with listener("eth0-far") as far:
        send("g1", ethernet(MAC[1], IP, udp("10.0.0.1")), ethernet(MAC[1], IP, udp("10.0.0.1", data=MARK)))
        assert ethernet(MAC[1], IP, udp("10.0.0.1")) in heard(far)


def test_nobody_hears_what_is_for_another(one):
    add_vif(one, 2, "ip=10.0.0.2")
    with listener("g2") as sniffer, listener("g1") as addressee:
        send("eth0-far", ethernet(OTHER, IP, udp("10.0.0.9"), MAC[1]),
             ethernet(OTHER, IP, udp("10.0.0.9"), "02:00:00:00:00:42"),
             ethernet(OTHER, IP, udp("10.0.0.9", data=MARK)))
        assert [f for f in heard(sniffer) if f[6:12] == raw(OTHER)] == []
        assert [f[:6] for f in heard(addressee) if f[6:12] == raw(OTHER)] == [raw(MAC[1])]


def test_a_guest_is_announced_when_it_comes_and_when_the_way_out_changes(one):
    with listener("eth0-far") as far:
        add_vif(one, 2, "ip=10.0.0.2 ip=fd00::2")
        wanted = {RARP, ARP, IPV6}
        while wanted:
            frame = far.recv(2048)
            if frame[6:12] == raw(MAC[2]):
                wanted.discard(struct.unpack("!H", frame[12:14])[0])
    ip("link", "set", "eth0-far", "down")
    until(lambda: "no carrier" in one.command("network").stdout, "the cut is seen")
    with listener("eth0-far") as far:
        far.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # that it is down
        ip("link", "set", "eth0-far", "up")
        while far.recv(2048)[6:12] != raw(MAC[2]):
            pass


def test_filter_off(one):
    add_vif(one, 2, filtered="off")
    with listener("eth0-far") as far:
        send("g2", ethernet(OTHER, IP, udp("10.0.0.77")), ethernet(OTHER, IP, udp("10.0.0.77", data=MARK)))
        assert ethernet(OTHER, IP, udp("10.0.0.77")) in heard(far)


def test_what_drifts_is_put_back(one):
    subprocess.run(["tc", "qdisc", "del", "dev", "vif1", "clsact"], check=True)
    ip("link", "set", "vif1", "nomaster")
    until(lambda: link("vif1").get("master") == "xenbr0", "the port is back")
    ip("link", "del", "xenbr0")
    until(lambda: (vif := link("vif1")) and vif.get("master") == "xenbr0"
          and vif["linkinfo"]["info_slave_data"]["locked"], "the bridge is back, the port guarded")
    rules = ["tc", "filter", "show", "dev", "vif1", "ingress"]
    until(lambda: "10.0.0.1" in subprocess.run(rules, capture_output=True, text=True, check=False).stdout,
          "the filter is back")


def test_a_record_goes_with_its_interface(one):
    ip("link", "del", "vif1")
    until(lambda: not (one.run / "vif" / "vif1").exists(), "nothing is left of it")
    until(lambda: not vifs(one), "and nothing shown")
