"""What is wrong in a site costs one clear line each, and nothing else."""
import re

import pytest

from relevolab import topology, watch
from relevolab.guest import BUILT, Guest

NAME = "blade-bad"
HOME = [f'home = "{NAME}"']
GOOD = [Guest("good", 40, "pv", keys=HOME), Guest("alsogood", 41, "pvh", keys=HOME)]


def file_of(name, *lines, kernel="/site/boot/guest-vmlinuz", memory=64):
    return "\n".join([f'name = "{name}"', f"memory = {memory}", f'kernel = "{kernel}"', *HOME, *lines]) + "\n"


# A guest file's name: its content; where its line says that the fault is; what the fault is.
CASES = {
    "empty": ("", "guests/empty.cfg:1: ", "name: missing"),
    "syntax": ('name = "syntax\nmemory = = 64\n', "guests/syntax.cfg:1: ", "config parsing error"),
    "unsupported": (file_of("unsupported", 'usbdev = ["type=tablet"]'), "guests/unsupported.cfg:5: ",
                    "usbdev: not supported"),
    "badtype": (file_of("badtype", 'type = "quantum"'), "guests/badtype.cfg:5: ",
                'type: quantum: expected "pv" or "pvh"'),
    "twin": (file_of("good"), "guests/twin.cfg:1: good: ",
             "a guest of this name is in guests/good.cfg already"),
    "nodisk": (file_of("nodisk", 'disk = ["phy:/dev/nowhere,xvda,w"]'), "guest nodisk: ",
               "disk /dev/nowhere: No such file or directory"),
    "nobridge": (file_of("nobridge", 'vif = ["bridge=nowhere"]'), "guest nobridge: ",
                 "bridge nowhere does not exist"),
    "nokernel": (file_of("nokernel", kernel="/site/boot/nowhere"), "guest nokernel: ",
                 "kernel /site/boot/nowhere: No such file or directory"),
    "notakernel": (file_of("notakernel", kernel="/site/boot/garbage"), "guest notakernel: ",
                   "Invalid kernel"),
    "spoilt": (file_of("spoilt", kernel="/site/boot/spoilt"), "guest spoilt: ", "inflate failed"),
    "huge": (file_of("huge", memory=99999), "guest huge: ",
             "too little memory: needs [0-9]+ MiB, the host has [0-9]+ MiB free"),
}


def spoil(kernel):
    """A kernel whose compressed part is damaged in its middle."""
    middle, size = len(kernel) // 2, 4096
    return kernel[:middle] + bytes(size) + kernel[middle + size:]


@pytest.fixture(scope="module", name="node")
def make_node(lab):
    files = {f"guests/{name}.cfg": content for name, (content, _, _) in CASES.items()}
    files["boot/garbage"] = bytes(range(256)) * 4096
    files["boot/spoilt"] = spoil((BUILT / "vmlinuz").read_bytes())
    node = topology.add_blade(lab, NAME, GOOD, conf=["bridge=", "colour=red"], files=files, memory=640)
    node.power_on()
    yield node
    node.kill()


@pytest.mark.parametrize("guest", GOOD, ids=lambda guest: guest.name)
def test_the_others_run(lab, node, guest):
    assert watch.wait_alive(lab, guest, since=0)
    watch.wait_ping(lab, topology.blade_address(node.number))
    watch.check_diary(lab, node, guest)


@pytest.mark.parametrize("name", CASES)
def test_one_clear_line(node, name):
    _, where, fault = CASES[name]
    node.wait_line(f"relevod: {re.escape(where)}.*{fault}", seconds=120)
    assert re.search(fault, node.relevo("status"))


def test_bad_words_are_reported(node):
    for line in ("site.conf:4: bridge=: expected NAME:IFACE", "site.conf:5: colour: not known"):
        node.wait_line(f"relevod: {line}")
        assert line in node.relevo("status")
