"""Two blades and a witness on real Xen, whose chassis has a BMC for each blade: an owner that is lost is
switched off, and its guest starts elsewhere as soon as that is confirmed; but not before."""
import pytest

from conftest import open_lab
from relevolab import bmc
from relevolab.clock import now, wait_for
from relevolab.cluster import TIMING, Cluster
from relevolab.guest import BUILT, Guest

pytestmark = pytest.mark.long

BMCS = {"blade1": "10.9.0.201", "blade2": "10.9.0.202"}
# A wait that no BMC takes, however busy the machine is, and a watchdog that leaves the blade to its BMC.
SLOW = TIMING.replace("watchdog=20000", "watchdog=60000")


@pytest.fixture(scope="module", name="cluster")
def make_cluster():
    with open_lab("cluster-fence") as lab:
        guest = Guest("web1", 11, "pv", keys=['home = "blade1"', 'peers = ["blade2"]'], knobs={"rate": 3})
        fence = ",".join(f"{name}={address}" for name, address in BMCS.items())
        cluster = Cluster(lab, [guest], timing=SLOW, conf=[f"fence=ipmi:{fence}:user={bmc.USER},cipher=3"],
                          files={"hog": (BUILT / "hog").read_bytes(), "ipmi_password": bmc.PASSWORD + "\n"})
        cluster.bmcs = {name: bmc.Bmc(cluster[name], address) for name, address in BMCS.items()}
        yield cluster
        cluster.judge_all()


class Victim:
    """The blade that owns the guest."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.name = cluster.owners()["web1"]
        self.peer = (set(BMCS) - {self.name}).pop()
        self.node, self.bmc = cluster[self.name], cluster.bmcs[self.name]
        self.old, self.began = cluster.beats(), now()

    def wait_said(self, pattern):
        """When a survivor's console said so first."""
        nodes = [self.cluster[name] for name in (self.peer, "witness")]
        found = wait_for(lambda: [line for node in nodes if (line := node.find_line(pattern, self.began))],
                         f"{self.peer}'s or the witness' console to say /{pattern}/", 120)
        return min(found)[0]

    def wait_taken_over(self):
        self.cluster.wait_reborn("web1", self.old, self.peer)
        return self.wait_said("guest web1: runs as domain")


@pytest.fixture(name="victim")
def make_victim(cluster):
    cluster.settle()
    for name, address in BMCS.items():  # it answers, and the blade knows how to ask
        wait_for(lambda n=name: f"{n}: on" in cluster["witness"].run(f"relevo fence status {n}").output,
                 f"the BMC at {address} to say that {name} is on", 120, every=0.5)
    cluster.wait_records(cluster.guests["web1"])
    return Victim(cluster)


def test_the_owner_loses_power(victim, capsys):
    timing = victim.cluster.document(victim.cluster["witness"])["timing"]
    victim.node.kill()
    killed = now()
    created = victim.wait_taken_over() - killed
    victim.wait_said(f"fence: node {victim.name} is off, its device confirms")
    suspected = victim.wait_said(f"node {victim.name} is suspected") - killed
    dead = victim.wait_said(f"node {victim.name} is dead, confirmed to be off") - killed
    with capsys.disabled():
        print(f"\npower off to create: {created:.1f} s; suspected after {suspected:.1f} s (silence "
              f"{timing['silence_ms'] / 1000:.1f} s), confirmed off after {dead:.1f} s (without a device "
              f"after {timing['wait_ms'] / 1000:.1f} s)")


def test_dom0_of_the_owner_hangs(victim):
    victim.node.output("cp /site/hog /tmp/hog && chmod +x /tmp/hog")
    victim.node.order("/tmp/hog")
    victim.wait_taken_over()
    victim.wait_said(f"node {victim.name} is dead, confirmed to be off")
    victim.node.wait_off()


@pytest.mark.parametrize("how", ("lies", "is unplugged"))
def test_a_bmc_that_is_no_help(victim, how):
    """It takes the order and still says "on"; or does not answer. Then there is the wait."""
    if how == "lies":
        victim.bmc.liar.touch()
    else:
        victim.bmc.unplug()
    victim.node.kill()
    victim.wait_taken_over()
    victim.wait_said(f"fence: node {victim.name} is not confirmed off")
    victim.wait_said(f"node {victim.name} is dead(?!, confirmed)")
    if how == "lies":
        victim.bmc.liar.unlink()
    else:
        victim.bmc.plug_in()
    for name in (victim.peer, "witness"):  # or it would be switched off again as soon as it is on
        wait_for(lambda n=name: "fence" not in victim.cluster[n].relevod_processes(),
                 f"{name} to give up switching off", 120, every=0.5)
