"""relevo reload on a blade at work: what changes comes and goes, and its guest does not notice."""
import json

import pytest

from relevolab import site, topology, watch
from relevolab.clock import wait_for
from relevolab.guest import Guest

NAME = "reload"
KEYS = [f'home = "{NAME}"']
STEADY = Guest("steady", 35, "pv", memory=48, knobs={"rate": 3}, keys=KEYS)
LATE = Guest("late", 36, "pv", memory=48, knobs={"rate": 3}, keys=KEYS)


class Bundle:
    """The blade's site as its operator has it; each load() brings it there in another folder."""

    def __init__(self, node, words):
        self.node, self.words, self.guests, self.number = node, words, [STEADY], 0

    def _put(self, path, text):
        self.node.output(f"cat > {path} <<'END'\n{text}\nEND")

    def bring(self):
        self.number += 1
        folder = f"/run/site{self.number}"
        self.node.output(f"mkdir -p {folder}/guests; ln -s /run/site0/boot {folder}/boot")
        self._put(f"{folder}/site.conf", "\n".join(self.words))
        for guest in self.guests:
            self._put(f"{folder}/guests/{guest.name}.cfg", guest.config())
        return folder

    def load(self, *flags):
        return self.node.relevo("reload", *flags, self.bring())


@pytest.fixture(scope="module", name="begun")
def begin(lab):
    node = topology.add_blade(lab, NAME, [STEADY, LATE], san=":interval=1,no_path_retry=600", memory=640,
                              nics=["front", "front"])
    folder = lab.folder / NAME
    words = (folder / "site/site.conf").read_text().splitlines()
    bundle = Bundle(node, [word for word in words if not word.startswith("multipath=late:")])
    bundle.lun = next(word for word in words if word not in bundle.words)
    site.make(folder, bundle.words, bundle.guests)
    node.power_on()
    node.wait_shell()
    node.output("cp -a /site /run/site0")
    watch.wait_alive(lab, STEADY, since=0, seconds=300)
    yield bundle
    node.kill()


def steadiness(node):
    """What does not change as long as the guest and its way out are left alone."""
    guest = watch.state(node, STEADY)
    links = node.output(f"for i in eth0 xenbr0 vif{guest['domid']}.0; do "
                        "echo $i $(cat /sys/class/net/$i/ifindex /sys/class/net/$i/carrier_changes); done")
    return links, guest["domid"], guest["starts"]


@pytest.fixture(name="bundle")
def make_bundle(lab, begun):
    """The configuration before is whole again; after the test the guest must not have noticed anything."""
    before, words, guests = steadiness(begun.node), list(begun.words), list(begun.guests)
    yield begun
    watch.wait_alive(lab, STEADY)
    watch.wait_ping(lab, STEADY.address)
    watch.check_one_life(lab, begun.node, STEADY)
    assert steadiness(begun.node) == before
    begun.words, begun.guests = words, guests
    begun.load()


def pieces(node):
    return {piece["name"]: piece for piece in json.loads(node.relevo("network", "--json"))["network"]}


def wait_good(node, *names):
    wait_for(lambda: all(name in pieces(node) and pieces(node)[name]["good"] for name in names),
             lambda: f"{', '.join(names)} to be good: {pieces(node)}", 60, every=0.5)


def wait_gone(node, *names):
    wait_for(lambda: all(node.run(f"test -e /sys/class/net/{name}").status for name in names),
             lambda: f"{', '.join(names)} to go: {node.output('ls /sys/class/net')}", 60, every=0.5)


def test_a_bridge_on_a_vlan_comes_changes_and_goes(bundle):
    node, words = bundle.node, list(bundle.words)
    bundle.words = [*words, "vlan=vlan7:eth1", "bridge=xenbr7:vlan7", "ip=10.7.0.1:::24::xenbr7:none"]
    bundle.load()
    wait_good(node, "vlan7", "xenbr7")
    wait_for(lambda: "10.7.0.1/24" in node.output("ip addr show dev xenbr7"), "the address", 60)
    index = node.output("cat /sys/class/net/xenbr7/ifindex")
    bundle.words = [*words, "vlan=eth1.8:eth1", "bridge=xenbr7:eth1.8", "ip=10.7.0.2:::24::xenbr7:none"]
    bundle.load()
    wait_good(node, "eth1.8", "xenbr7")
    wait_for(lambda: node.output("ls /sys/class/net/xenbr7/brif").split() == ["eth1.8"], "the other VLAN", 60)
    wait_for(lambda: "10.7.0.2/24" in node.output("ip addr show dev xenbr7"), "the other address", 60)
    assert "10.7.0.1/24" not in node.output("ip addr show dev xenbr7")
    assert node.output("cat /sys/class/net/xenbr7/ifindex") == index
    wait_gone(node, "vlan7")
    bundle.words = words
    bundle.load()
    wait_gone(node, "eth1.8", "xenbr7")


def test_a_guest_comes_with_its_lun_and_goes(lab, bundle):
    node = bundle.node
    bundle.words.append(bundle.lun)
    bundle.guests = [STEADY, LATE]
    assert "2 guests configured, 0 errors" in bundle.load()
    watch.wait_alive(lab, LATE, since=0, seconds=300)
    wait_for(lambda: [m["state"] for m in json.loads(node.relevo("multipath", "--json"))["multipath"]]
             == ["good"] * 2, "both LUNs to be good", 60, every=0.5)
    bundle.guests = [STEADY]
    bundle.load()
    old = watch.wait_alive(lab, LATE)
    assert watch.state(node, LATE)["configured"] is False
    node.relevo("stop", LATE.name)
    wait_for(lambda: LATE.name not in [g["name"] for g in node.status()["guests"]], "it to be forgotten", 120)
    assert lab.heartbeats.last(LATE.name).boot == old.boot
    assert not watch.check_diary(lab, node, LATE).faults


def test_what_has_errors_is_refused(bundle):
    node = bundle.node
    before = pieces(node)
    bundle.words = ["bridge=xenbr9:eth1", "bond="]
    bundle.guests = []
    done = node.run(f"relevo reload {bundle.bring()}")
    assert done.status == 1 and "site.conf:2: bond" in done.output and "the one before stays" in done.output
    assert pieces(node) == before and node.run("test -e /sys/class/net/xenbr9").status
    assert watch.state(node, STEADY)["configured"]
    node.output("grep -q xenbr0 /site/site.conf")  # nor is it what the next relevod reads


def test_the_next_relevod_has_the_new_configuration(bundle):
    node, old = bundle.node, bundle.node.service_pid("relevod")
    bundle.words.append("bridge=xenbr8:")
    node.output(f"relevo reload {bundle.bring()} && kill -9 {old}")
    wait_for(lambda: node.service_pid("relevod") not in (None, old), "another relevod", 60)
    wait_for(lambda: node.run("relevo network").status == 0, "it to answer", 60)
    wait_good(node, "xenbr8", "xenbr0")
    wait_for(lambda: watch.state(node, STEADY)["state"] == "running", "the guest to be seen", 60)
    assert node.status()["errors"] == []
