"""A switch's access port for a VLAN, between a switch that carries tags and one that does not.

The build machine's kernel may have no VLANs, so a process takes the tags off and puts them on:
python3 -m relevolab.access TAGGED PLAIN VLAN, the two being ends of cables into the two switches."""
import array
import fcntl
import select
import socket
import struct
import sys

TAGGED = 0x8100
ETH_P_ALL = 3
PACKET_AUXDATA = 8
SOL_PACKET = 263
AUXDATA = struct.Struct("IIIHHHH")  # status, len, snaplen, mac, net, vlan_tci, vlan_tpid
VLAN_VALID = 1 << 4
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17


def whole_checksums(name):
    """Has the kernel finish the checksums of what it sends through this interface: nobody else will."""
    value = array.array("B", struct.pack("II", ETHTOOL_STXCSUM, 0))
    request = struct.pack("16sP", name.encode(), value.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCETHTOOL, request)


def open_port(name):
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    port.bind((name, 0))
    port.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    return port


def receive(port):
    """(frame without tag, VLAN or 0), or (None, 0) for what goes out here."""
    frame, extra, _, address = port.recvmsg(65536, 256)
    if address[2] == socket.PACKET_OUTGOING:
        return None, 0
    for level, kind, data in extra:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, *_, tci, _ = AUXDATA.unpack(data[:AUXDATA.size])
            return frame, tci & 0xfff if status & VLAN_VALID else 0
    return frame, 0


def main(tagged, plain, vlan):
    trunk, access = open_port(tagged), open_port(plain)
    tag = struct.pack("!HH", TAGGED, vlan)
    while True:
        for port in select.select([trunk, access], [], [])[0]:
            frame, number = receive(port)
            if frame is None:
                continue
            try:
                if port is trunk and number == vlan:
                    access.send(frame)
                elif port is access and number == 0:
                    trunk.send(frame[:12] + tag + frame[12:])
            except OSError:  # no room, or the cable is down: as switches do, it drops
                pass


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
