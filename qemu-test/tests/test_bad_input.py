"""What is wrong in a site costs one clear line each, and nothing else."""
import pytest

from relevolab import topology, watch
from relevolab.guest import Guest

NAME = "blade-bad"
HOME = [f'home = "{NAME}"']
GOOD = [Guest("good", 40, "pv", keys=HOME), Guest("alsogood", 41, "pvh", keys=HOME)]


def file_of(name, *lines, kernel="/site/boot/guest-vmlinuz", memory=64):
    return "\n".join([f'name = "{name}"', f"memory = {memory}", f'kernel = "{kernel}"', *HOME, *lines]) + "\n"


# file name, content, the guest's name, what its line must name
CASES = {
    "syntax": ('name = "syntax\nmemory = = 64\n', r"syntax\.cfg:[0-9]+"),
    "unsupported": (file_of("unsupported", 'usbdev = ["type=tablet"]'), r"unsupported\.cfg:[0-9]+.*usbdev"),
    "nodisk": (file_of("nodisk", 'disk = ["phy:/dev/nowhere,xvda,w"]'), r"nodisk.*/dev/nowhere"),
    "nokernel": (file_of("nokernel", kernel="/site/boot/nowhere"), r"nokernel.*/site/boot/nowhere"),
    "notakernel": (file_of("notakernel", kernel="/site/boot/garbage"), r"notakernel"),
    "huge": (file_of("huge", memory=99999), r"huge.*too little memory"),
    "nobridge": (file_of("nobridge", 'vif = ["bridge=nowhere"]'), r"bridge nowhere"),
    "twin": (file_of("good"), r"twin\.cfg.*good"),
    "badtype": (file_of("badtype", 'type = "quantum"'), r"badtype.*quantum"),
}


@pytest.fixture(scope="module", name="node")
def make_node(lab):
    files = {f"guests/{name}.cfg": content for name, (content, _) in CASES.items()}
    files["boot/garbage"] = bytes(range(256)) * 4096
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
    pattern = CASES[name][1]
    node.wait_line(f"relevod:.*{pattern}", seconds=120)
    assert name in node.relevo("status")


def test_bad_words_are_reported(node):
    node.wait_line("relevod:.*site.conf:[0-9]+.*bridge")
    node.wait_line("relevod:.*site.conf:[0-9]+.*colour")
