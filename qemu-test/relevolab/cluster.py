"""Several blades and a witness that share or mirror their guests' disks, and the arbiter who watches from
outside.

Cables: 0 is the front switch, where guests and people are; 1 and 2 are the cluster's two networks."""
import json

from . import records, site, ssh, watch
from .channel import ChannelError
from .clock import now, wait_for
from .node import Plan
from .topology import blade_address, give_disks, mirror_images

LINKS = ("ring0", "ring1")  # switches, the networks of the cluster's links
# A busy machine's emulated nodes stand still for seconds now and then. The lease outlasts a node that joins,
# and dies before all have heard of each other again.
TIMING = "token=5000,beat=1250,lease=15000,watchdog=20000"
MIRROR_PORT = 7800  # of the first one
KEY = bytes(range(256))
# Corosync and what it locks in memory need some.
MEMORY = {"dom0_mem": 256, "memory": 768}
WITNESS_MEMORY = {"dom0_mem": 224, "memory": 352}


def link_address(link, number):
    return f"10.9.{link + 1}.{100 + number}"


def conf_lines(names, witnesses, timing, more):
    """site.conf, the same for all nodes; what is in sections comes last."""
    lines = [f"cluster=lab:{timing}"]
    for number, name in enumerate(names, 1):
        addresses = ",".join(link_address(link, number) for link in range(len(LINKS)))
        lines.append(f"node={name}:{number}:{addresses}{':witness' if name in witnesses else ''}")
    lines += ["bridge=xenbr0:eth0", *more]
    for number, name in enumerate(names, 1):
        lines += [f"[{name}]", f"ip={blade_address(number)}:::255.255.255.0::xenbr0:none"]
        lines += [f"ip={link_address(link, number)}:::255.255.255.0::eth{link + 1}:none"
                  for link in range(len(LINKS))]
    return lines


def give_mirrors(folder, guests, names):
    """The guests' disks as mirrors between two blades, over the first of the cluster's networks. Returns the
    words, and the images of each blade."""
    words, images = [], {name: [] for name in names}
    for number, guest in enumerate(guests):
        for name, image in zip(names, mirror_images(folder, guest, names)):
            images[name].append(image)
        port = MIRROR_PORT + number
        sides = ",".join(f"{name}@{link_address(0, n)}:{port}" for n, name in enumerate(names, 1))
        words.append(f"drbd={guest.name}:{number}:/dev/vd{'abcdefgh'[number]}:{sides}")
    return words, images


class Cluster:
    """The nodes are cabled and off; power_on() starts them all."""

    def __init__(self, lab, guests, blades=2, witness=True, timing=TIMING, conf=(), mirrored=False):
        self.lab, self.guests = lab, {guest.name: guest for guest in guests}
        for switch in LINKS:
            if switch not in lab.switches:
                lab.add_switch(switch)
        names = [f"blade{n}" for n in range(1, blades + 1)] + (["witness"] if witness else [])
        self.folder = lab.folder / "cluster"
        if mirrored:
            words, images = give_mirrors(self.folder, guests, names[:2])
            conf = [*conf, *words]
            disks = {name: {"disks": images[name]} for name in names[:2]}
        else:
            shared = give_disks(self.folder, guests)
            disks = {name: {"shared": shared} for name in names[:blades]}
        key = f'sshkey="{ssh.make_key(lab.folder)}"'
        self.bundle = site.make(self.folder, conf_lines(names, ("witness",), timing, [*conf, key]), guests,
                                {"corosync_key": KEY})
        self.nodes = {}
        for name in names:
            self.nodes[name] = lab.add_node(Plan(
                name, nics=["front", *LINKS], site=str(self.bundle),
                **disks.get(name, {}),
                **(WITNESS_MEMORY if name == "witness" else MEMORY)))

    def __getitem__(self, name):
        return self.nodes[name]

    def power_on(self):
        for node in self.nodes.values():
            if not node.is_on():
                node.power_on()

    def kill(self):
        for node in self.nodes.values():
            node.kill()

    # --- what the nodes say

    def members(self, node):
        """How many votes corosync on that node counts, and whether they are a quorum."""
        found = dict(line.split(":", 1) for line in node.run("corosync-quorumtool -s").output.splitlines()
                     if ":" in line)
        return int(found.get("Total votes", "0")), found.get("Quorate", "").strip() == "Yes"

    def wait_members(self, expected, seconds=240):
        """expected: {node name: (votes, quorate)}"""
        seen = {}

        def reached():
            for name in expected:
                seen[name] = self.members(self.nodes[name])
            return seen == expected

        wait_for(reached, lambda: f"members to be {expected}; seen {seen}", seconds, every=0.5)

    @staticmethod
    def document(node):
        """What `relevo cluster --json` says; None while it says nothing."""
        try:
            return json.loads(node.relevo("cluster", "--json"))
        except (ChannelError, ValueError):
            return None

    def owner(self, guest, by):
        """The node that owns the guest, as node `by` knows; None: nobody, or not known."""
        document = self.document(self.nodes[by])
        found = [g["owner"] for g in (document or {}).get("guests", []) if g["name"] == guest.name]
        return found[0] if found and found[0] else None

    def wait_owner(self, guest, wanted, by, seconds=240):
        seen = []

        def reached():
            seen[:] = [self.owner(guest, by)]
            return seen[0] == wanted

        wait_for(reached, lambda: f"{guest.name} to belong to {wanted}; {by} says {seen}", seconds, every=0.5)

    def wait_owned(self, guest, by, seconds=300):
        wait_for(lambda: self.owner(guest, by), f"{guest.name} to have an owner", seconds, every=0.5)

    def bring(self, guest, node, by="witness"):
        """Moves the guest to the node, if it is not there; until it is there. A mirror is whole a moment
        earlier than the ledger has heard of it: asked again."""
        def moved():
            self.nodes[node].run(f"relevo move {guest.name} {node}")
            return self.owner(guest, by) == node

        self.wait_owned(guest, by)
        old = self.lab.heartbeats.last(guest.name)
        if self.owner(guest, by) != node:
            wait_for(moved, f"{guest.name} to go to {node}", 300, every=3)
            watch.wait_reborn(self.lab, guest, old, 300)

    # --- the arbiter: what the guests themselves have written and told, whatever nodes say

    def diary(self, guest, copy_of=None):
        """copy_of: the blade whose side of a mirror to read."""
        return records.read(self.folder / f"{guest.name}{'-' + copy_of if copy_of else ''}.img")

    def judge(self, guest, copy_of=None):
        """The guest's diary, after looking for two instances at once and for records that are gone."""
        beats = list(self.lab.heartbeats.beats.get(guest.name, []))
        diary = self.diary(guest, copy_of)
        assert not diary.faults, f"{guest.name}: {'; '.join(diary.faults)}"
        boots, written = [], [f"{boot:016x}" for boot in diary.boots()]
        for beat in beats:
            if not boots or boots[-1] != beat.boot:
                assert beat.boot not in boots, \
                    f"{guest.name}: boot {beat.boot} was heard after boot {boots[-1]}: two instances"
                boots.append(beat.boot)
        heard = [boot for boot in written if boot in boots]
        assert heard == [boot for boot in boots if boot in written], \
            f"{guest.name}: boots were heard as {boots}, and wrote as {written}"
        durable = max((beat.durable for beat in beats), default=0)
        assert durable == 0 or (diary.last and diary.last.number >= durable), \
            f"{guest.name}: record {durable} was durable, the disk ends at {diary.last}"
        return diary

    def judge_all(self):
        return {name: self.judge(guest) for name, guest in self.guests.items()}

    def wait_records(self, guest, count=10, seconds=120):
        """Lets the guest do some work: durable records."""
        first = self.lab.heartbeats.last(guest.name).durable
        wait_for(lambda: self.lab.heartbeats.last(guest.name).durable >= first + count,
                 f"{count} records of {guest.name}", seconds)

    def wait_all_alive(self, since=None, seconds=300):
        since = now() if since is None else since
        return {name: self.lab.heartbeats.wait(name, since, seconds) for name in self.guests}
