"""A DHCP server on a switch, for one client: it gives the address that it is told to."""
import socket
import struct
import threading

DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
COOKIE = b"\x63\x82\x53\x63"


def option(frame, code):
    """The value of a DHCP option in a request, or b""."""
    at = 240
    while at + 1 < len(frame) and frame[at] != 255:
        if frame[at] == code:
            return frame[at + 2:at + 2 + frame[at + 1]]
        at += 1 if frame[at] == 0 else 2 + frame[at + 1]
    return b""


class Server:
    """Answers with address/24, its own address for everything else, and a lease of so many seconds."""

    def __init__(self, space, switch, own, address, seconds=3600):
        self.own, self.address, self.seconds = socket.inet_aton(own), address, seconds
        self.requests = []  # hostnames of those who have taken an address, in their order
        with space.inside():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, switch.encode())
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            self.socket.bind(("", 67))
        self.socket.settimeout(0.5)
        self.running = True
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while self.running:
            try:
                frame = self.socket.recv(2048)
                kind = option(frame, 53)
                if frame[236:240] == COOKIE and kind in (bytes([DISCOVER]), bytes([REQUEST])):
                    self.socket.sendto(self._answer(frame, OFFER if kind[0] == DISCOVER else ACK),
                                       ("255.255.255.255", 68))
            except TimeoutError:
                continue

    def _answer(self, frame, kind):
        if kind == ACK:
            self.requests.append(option(frame, 12).decode())
        head = struct.pack("!BBBB4sHH4s4s4s4s", 2, 1, 6, 0, frame[4:8], 0, 0x8000, bytes(4),
                           socket.inet_aton(self.address), self.own, bytes(4))
        words = {53: bytes([kind]), 54: self.own, 51: struct.pack("!I", self.seconds),
                 1: socket.inet_aton("255.255.255.0"), 3: self.own, 6: self.own}
        return head + frame[28:44] + bytes(192) + COOKIE + \
            b"".join(bytes([code, len(value)]) + value for code, value in words.items()) + b"\xff"

    def close(self):
        self.running = False
        self.thread.join()
        self.socket.close()
