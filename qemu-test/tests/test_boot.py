"""The image boots as the documentation says: with a site, without one, in little memory, in need."""
import re

from relevolab import topology, watch
from relevolab.clock import wait_for
from relevolab.guest import Guest
from relevolab.node import Plan


def test_everything_from_the_command_line(lab):
    """No site bundle at all; the guest boots from its own disk."""
    guest = Guest("bare", 30, "pv", boot="disk")
    folder = lab.folder / "blade-bare"
    disks = topology.give_disks(folder, [guest])
    words = ["bridge=xenbr0:eth0", "ip=10.9.0.150:::255.255.255.0::xenbr0:none",
             "guest=bare:disk=/dev/vda,bridge=xenbr0,memory=64,type=pv"]
    node = lab.add_node(Plan("blade-bare", disks=disks, words=words))
    node.power_on()
    try:
        beat = watch.wait_alive(lab, guest, since=0)
        watch.wait_ping(lab, "10.9.0.150")
        watch.tell(lab, guest, "crash")
        watch.wait_reborn(lab, guest, beat)
        watch.check_diary(lab, node, guest)
    finally:
        node.kill()


def test_64_mib_dom0(lab, blade):
    """The guest boots from its own disk: building one from a kernel file takes as much memory as the kernel
    unpacked."""
    guest = Guest("small", 31, "pv", boot="disk", keys=['home = "blade-small"'])
    node = blade("blade-small", [guest], words=topology.SMALL_DOM0, dom0_mem=64)
    old = watch.wait_alive(lab, guest, since=0)
    watch.tell(lab, guest, "crash")
    watch.wait_reborn(lab, guest, old)
    assert "Out of memory" not in lab.tell(only="Out of memory")
    print(node.output("cat /proc/meminfo"))


def test_rescue(lab, blade):
    """Nothing but shells, and a way out."""
    guest = Guest("unwanted", 32, keys=['home = "blade-rescue"'])
    node = blade("blade-rescue", [guest], words=["rescue"])
    node.wait_shell()
    for program in ("relevod", "xenstored"):
        assert node.run(f"pidof {program}").status != 0
    node.wait_line("RESCUE", seconds=30)
    assert lab.heartbeats.last(guest.name) is None
    node.order("poweroff")
    node.wait_off()


def test_same_name_on_console_and_prompt(shared):
    assert shared.output("hostname").strip() == shared.name
    assert shared.output("cat /proc/sys/kernel/hostname").strip() == shared.name


def test_dom0_has_the_processors_before_guests(shared):
    wait_for(lambda: re.search(r"^Domain-0 +0 +8192 ", shared.run("xl sched-credit2 -d 0").output, re.M),
             "its weight to be set", 180, every=0.5)


def test_no_shell_on_the_way(shared):
    """No bash, no scripts where guests are started."""
    assert shared.run("command -v bash").status != 0
    kinds = shared.output("head -c2 /etc/xen/scripts/* 2>/dev/null | od -An -c")
    assert "#   !" not in kinds


def test_each_boot_has_its_incarnation(shared):
    text = shared.output("cat /run/incarnation").strip()
    assert len(text) == 16 and int(text, 16)


def test_root_is_read_only(shared):
    assert shared.run("touch /etc/x /usr/x").status != 0


def test_node_answers_ping(lab, shared):
    watch.wait_ping(lab, topology.blade_address(shared.number))
