"""A blade's BMC: OpenIPMI's simulator at an address of its own on the front switch. It is the chassis', and
answers while the blade is off; the blade's power is its QEMU.

Run as a program it is what the simulator calls to ask for the power and to switch it."""
import subprocess
import sys
from pathlib import Path

from .clock import wait_for
from .qmp import Qmp, QmpError
from .story import Story

USER, PASSWORD = "ADMIN", "secret"
LAN = """name "{name}"
set_working_mc 0x20
  startlan 1
    addr {address} 623
    priv_limit admin
    allowed_auths_admin md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "{folder}/chassis"
  startnow false
  user 2 true "{user}" "{password}" admin 10 md5 straight
"""
EMULATION = """mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
mc_enable 0x20
"""
CHASSIS = """#!/bin/sh
PYTHONPATH={library} exec {python} -m relevolab.bmc {node} "$@"
"""


class Bmc:
    """It answers from now on. `liar`: a file; while it is there the BMC takes every order, does nothing, and
    says that the power is on."""

    def __init__(self, node, address):
        folder = node.folder / "bmc"
        self.liar = folder / "liar"
        self.network, self.address = node.network, f"{address}/24"
        (folder / "state").mkdir(parents=True)
        self.plug_in()
        (folder / "lan.conf").write_text(LAN.format(name=node.name, address=address, folder=folder, user=USER,
                                                    password=PASSWORD))
        (folder / "commands").write_text(EMULATION)
        (folder / "chassis").write_text(CHASSIS.format(library=Path(__file__).parents[1], node=node.folder,
                                                       python=sys.executable))
        (folder / "chassis").chmod(0o755)
        with open(folder / "bmc.log", "ab") as log:
            node.space.spawn(
                ["ipmi_sim", "-c", "lan.conf", "-f", "commands", "-s", "state", "-n"],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def plug_in(self):
        self.network.ip("address", "add", self.address, "dev", "front")

    def unplug(self):
        """It answers no more."""
        self.network.ip("address", "del", self.address, "dev", "front")


def is_on(node):
    try:
        with Qmp(node / "qmp.sock"):
            return True
    except (OSError, QmpError):
        return False


def switch_off(node):
    Story(node.parent).note("lab", f"{node.name}: switched off by its BMC")
    try:
        with Qmp(node / "qmp.sock") as qmp:
            qmp.execute("quit")
    except (OSError, QmpError):
        return  # it was off, or is before it has answered
    wait_for(lambda: not is_on(node), f"{node.name} to be off", 30)


def main(folder, verb, _, value=""):
    node = Path(folder)
    lies = (node / "bmc/liar").exists()
    if verb == "get":
        print(f"power:{1 if lies or is_on(node) else 0}")
    elif value == "0" and not lies:
        switch_off(node)


if __name__ == "__main__":
    main(*sys.argv[1:])
