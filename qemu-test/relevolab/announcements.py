"""What blades say for their guests on a switch: RARP, from which switches learn where a guest is, and
gratuitous ARP for its neighbours."""
import socket
import struct

RARP, ARP = 0x8035, 0x0806
SO_TIMESTAMPNS = 35  # the kernel notes when a frame came; read later
TIMESPEC = struct.Struct("qq")


def kind_for(frame, guest):
    """RARP or ARP, if the frame announces the guest; else None."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    if frame[6:12] != bytes.fromhex(guest.mac.replace(":", "")):
        return None
    address = socket.inet_aton(guest.address)
    return kind if kind == RARP or (kind == ARP and frame[28:32] == frame[38:42] == address) else None


class Announcements:
    """Heard from now on; to be closed."""

    def __init__(self, space, switch="front"):
        self.frames, self.sockets = [], []
        for kind in (RARP, ARP):
            with space.inside():
                wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind))
            wire.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            wire.bind((switch, kind))
            wire.setblocking(False)
            self.sockets.append(wire)

    def of(self, guest):
        """[(time, RARP or ARP)] of that guest, so far."""
        for wire in self.sockets:
            self._read(wire)
        return sorted((time, kind) for time, frame in self.frames if (kind := kind_for(frame, guest)))

    def _read(self, wire):
        while True:
            try:
                frame, extra, _, _ = wire.recvmsg(2048, 256)
            except BlockingIOError:
                return
            for _, kind, data in extra:
                if kind == SO_TIMESTAMPNS:
                    seconds, nanoseconds = TIMESPEC.unpack(data[:TIMESPEC.size])
                    self.frames.append((seconds + nanoseconds / 1e9, frame))

    def close(self):
        for wire in self.sockets:
            wire.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
