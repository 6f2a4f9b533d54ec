"""Switches (bridges) and cables (taps) in a lab's namespace.

The lab's host itself is plugged into every switch: 10.9.N.1/24 on switch number N."""
import os
import subprocess
import sys
from pathlib import Path

from . import access

NAME_MAX = 15  # IFNAMSIZ less its zero


def tap_name(node, index):
    name = f"{node}.{index}"
    if len(name) > NAME_MAX:
        raise ValueError(f"node name {node!r} is too long for an interface name")
    return name


class Network:
    def __init__(self, space):
        self.space = space

    def ip(self, *words):
        self.space.run("ip", *words)

    def add_switch(self, name, number):
        """A switch without spanning tree, forwarding at once; the lab's host is 10.9.number.1."""
        self.ip("link", "add", name, "type", "bridge", "forward_delay", "0", "stp_state", "0")
        self.ip("address", "add", f"10.9.{number}.1/24", "dev", name)
        self.ip("link", "set", name, "up")

    def add_trunk(self, first, second):
        """A cable between two switches."""
        one, other = f"{first}-{second}"[:NAME_MAX], f"{second}-{first}"[:NAME_MAX]
        self.ip("link", "add", one, "type", "veth", "peer", "name", other)
        for port, switch in ((one, first), (other, second)):
            self.ip("link", "set", port, "master", switch)
            self.ip("link", "set", port, "up")

    def set_trunk(self, first, second, state):
        """The cable between two switches is "up" or "down"; the blades' links to them don't notice."""
        self.ip("link", "set", f"{first}-{second}"[:NAME_MAX], state)

    def add_access(self, trunk, switch, vlan):
        """Makes a switch one VLAN of a trunk switch."""
        ends = []
        for to in (trunk, switch):
            port, end = f"{to[:9]}.p{vlan}", f"{to[:9]}.e{vlan}"
            self.ip("link", "add", port, "type", "veth", "peer", "name", end)
            self.ip("link", "set", port, "master", to)
            with self.space.inside():
                access.whole_checksums(port)
            for name in (port, end):
                self.ip("link", "set", name, "up")
            ends.append(end)
        library = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        self.space.spawn([sys.executable, "-m", "relevolab.access", *ends, str(vlan)], env=library,
                         stdin=subprocess.DEVNULL)

    def add_tap(self, tap, switch):
        """A port for a blade's NIC, plugged into a switch."""
        self.ip("tuntap", "add", tap, "mode", "tap")
        self.ip("link", "set", tap, "master", switch)
        self.ip("link", "set", tap, "up")

    def silence(self, tap):
        """The switch's port stops forwarding; the link light stays on."""
        self.space.run("bridge", "link", "set", "dev", tap, "state", "0")

    def unsilence(self, tap):
        self.space.run("bridge", "link", "set", "dev", tap, "state", "3")

    def ping(self, address, seconds=1):
        """Whether one ping is answered."""
        try:
            return self.space.run("ping", "-n", "-c1", f"-W{seconds}", address, check=False,
                                  timeout=seconds + 10).returncode == 0
        except subprocess.TimeoutExpired:
            return False
