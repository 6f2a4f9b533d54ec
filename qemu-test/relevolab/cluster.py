"""Several blades and a witness that share or mirror their guests' disks, and the arbiter who watches from
outside.

Cables: 0 is the front switch, where guests and people are; 1 and 2 are the cluster's two networks."""
import contextlib
import json

from . import mirror, records, site, ssh, watch
from .channel import ChannelError
from .clock import now, wait_for
from .disk import blank
from .node import Plan
from .topology import blade_address, give_disks, give_luns, mirror_images

LINKS = ("ring0", "ring1")  # switches, the networks of the cluster's links
# A busy machine's emulated nodes stand still for seconds now and then. The lease outlasts a node that joins,
# and dies before all have heard of each other again.
TIMING = "token=5000,beat=1250,lease=15000,watchdog=20000"
STATE = "/dev/vda"  # of each node, where there is one
MIRROR_PORT = 7800  # of the first one
KEY = bytes(range(256))
# Corosync and what it locks in memory need some.
MEMORY = {"dom0_mem": 256, "memory": 768}
WITNESS_MEMORY = {"dom0_mem": 224, "memory": 352}


def link_address(link, number):
    return f"10.9.{link + 1}.{100 + number}"


def conf_lines(names, options, timing, more):
    """site.conf, the same for all nodes; what is in sections comes last. options: of the nodes."""
    lines = [f"cluster=lab:{timing}"]
    for number, name in enumerate(names, 1):
        addresses = ",".join(link_address(link, number) for link in range(len(LINKS)))
        lines.append(f"node={name}:{number}:{addresses}{options.get(name, '')}")
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

    def __init__(self, lab, guests, blades=2, witness=True, timing=TIMING, conf=(), mirrored=False,
                 san=None, state=False, files=None, room=None):
        """san: options of multipath= such as ":interval=1" or "": the guests' disks are LUNs that both blades
        see. room: MiB that guests may have on each blade; None: as much as there is."""
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
        elif san is not None:
            images, words = give_luns(self.folder, guests, san)
            conf = [*conf, *words]
            disks = {name: {"luns": images} for name in names[:blades]}
        else:
            shared = give_disks(self.folder, guests, first=1 if state else 0)
            disks = {name: {"shared": shared} for name in names[:blades]}
        if state:
            conf = [*conf, f"state={STATE}"]
            for name in names:
                disks.setdefault(name, {})["disks"] = [str(blank(self.folder / f"{name}-state.img"))]
        key = f'sshkey="{ssh.make_key(lab.folder)}"'
        options = {name: f":memory={room}" for name in names[:blades] if room}
        self.lines = conf_lines(names, {**options, "witness": ":witness"}, timing, [*conf, key])
        self.files = {"corosync_key": KEY, **(files or {})}
        self.bundle = site.make(self.folder, self.lines, guests, self.files)
        self.nodes = {}
        for name in names:
            self.nodes[name] = lab.add_node(Plan(
                name, nics=["front", *LINKS], site=str(self.bundle),
                **disks.get(name, {}),
                **(WITNESS_MEMORY if name == "witness" else MEMORY)))

    def __getitem__(self, name):
        return self.nodes[name]

    def give_key(self, node, key=KEY):
        """Another secret for one node, from its next power-on; or the one that all have."""
        node.plan.site = str(site.make(self.folder / node.name, self.lines, self.guests.values(),
                                       {**self.files, "corosync_key": key}))

    def power_on(self):
        for node in self.nodes.values():
            if not node.is_on():
                node.power_on()

    def kill(self):
        for node in self.nodes.values():
            node.kill()

    # --- what the nodes say

    def members(self, node):
        """How many votes corosync on that node counts, and whether they are a quorum; none while it boots."""
        try:
            said = node.run("corosync-quorumtool -s").output
        except ChannelError:
            return 0, False
        found = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
        return int(found.get("Total votes", "0")), found.get("Quorate", "").strip() == "Yes"

    def wait_members(self, expected, seconds=240):
        """expected: {node name: (votes, quorate)}"""
        seen = {}

        def reached():
            for name in expected:
                seen[name] = self.members(self.nodes[name])
            return seen == expected

        wait_for(reached, lambda: f"members to be {expected}; seen {seen}", seconds, every=0.5)

    def wait_whole(self, seconds=240):
        """Corosync on all nodes sees all nodes."""
        self.wait_members({name: (len(self.nodes), True) for name in self.nodes}, seconds)

    @staticmethod
    def document(node):
        """What `relevo cluster --json` says; None while it says nothing."""
        try:
            return json.loads(node.relevo("cluster", "--json"))
        except (ChannelError, ValueError):
            return None

    def node_entry(self, name, by):
        """What node `by` knows of the node; nothing while it says nothing."""
        document = self.document(self.nodes[by]) or {}
        return next((n for n in document.get("nodes", []) if n["name"] == name), {})

    def guest_entry(self, guest, by):
        """What node `by` knows of the guest; nothing while it says nothing."""
        document = self.document(self.nodes[by]) or {}
        return next((g for g in document.get("guests", []) if g["name"] == guest.name), {})

    def owner(self, guest, by):
        """The node that owns the guest, as node `by` knows; None: nobody, or not known."""
        return self.guest_entry(guest, by).get("owner") or None

    def wait_stopped(self, guest, by, seconds=240):
        """It is nobody's, and shall stay so."""
        seen = {}

        def reached():
            seen.update(self.guest_entry(guest, by))
            return seen.get("state") == "stopped" and not seen["owner"]

        wait_for(reached, lambda: f"{guest.name} to be stopped; {by} says {seen}", seconds, every=0.5)

    def wait_owner(self, guest, wanted, by, seconds=240):
        seen = []

        def reached():
            seen[:] = [self.owner(guest, by)]
            return seen[0] == wanted

        wait_for(reached, lambda: f"{guest.name} to belong to {wanted}; {by} says {seen}", seconds, every=0.5)

    def wait_owned(self, guest, by, seconds=300):
        return wait_for(lambda: self.owner(guest, by), f"{guest.name} to have an owner", seconds, every=0.5)

    def bring(self, guest, node, by="witness"):
        """Moves the guest to the node, if it is not there; until it is there. A mirror is whole a moment
        earlier than the ledger has heard of it: asked again."""
        def moved():
            with contextlib.suppress(ChannelError):
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

    def judge(self, guest, copy_of=None, woken=()):
        """The guest's diary, after looking for two instances at once and for records that are gone. woken:
        boots whose host stood still as a whole and woke, which may be heard again for a moment
        (supervisor/core/SAFETY.md, the known hole)."""
        beats = list(self.lab.heartbeats.beats.get(guest.name, []))
        diary = self.diary(guest, copy_of)
        awake = [beat for beat in beats if beat.boot not in woken]
        faults = diary.faults + records.overlaps(diary, awake) + records.missing(diary, beats)
        assert not faults, f"{guest.name}: {'; '.join(faults)}"
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

    def order(self, command, by="witness", seconds=300):
        """A command of relevo's that changes the ledger, as soon as it is taken."""
        said = []

        def taken():
            said[:] = [self.nodes[by].run(f"relevo {command}")]
            return said[0].status == 0

        wait_for(taken, lambda: f"{by} to take it: {said[0]}", seconds, every=1)

    def make_mirrors(self, homes):
        """Makes the guests' mirrors, each seeded from its home, and then has the guests run there, if all
        goes as usual. homes: {guest: blade}."""
        blades = [self.nodes[name] for name in list(self.nodes)[:2]]
        for name, home in homes.items():
            self.order(f"stop {name}")  # one side is known to be current before the other is
            mirror.make(blades, name, home)
        for name in homes:
            guest = self.guests[name]
            wait_for(lambda g=guest: self.objections(g) == ["", ""],
                     lambda g=guest: f"both to be fit for {g.name}: {self.objections(g)}", 400, every=0.5)
            self.order(f"start {name}")
        self.wait_all_alive()

    def objections(self, guest, by="witness"):
        """Why the guest's nodes cannot have it, as node `by` knows; empty texts: they can."""
        return [candidate["why_not"] for candidate in self.guest_entry(guest, by).get("candidates", [])]

    def settle(self, seconds=400):
        """Every node is on, and every guest runs somewhere; each step within the seconds."""
        self.power_on()
        self.wait_whole(seconds)
        for guest in self.guests.values():
            self.wait_owned(guest, "witness", seconds)
        self.wait_all_alive(seconds=seconds)

    def owners(self, by="witness"):
        """{guest: node}, as node `by` knows."""
        return {name: self.wait_owned(guest, by) for name, guest in self.guests.items()}

    # --- one guest's fate; `old` is what beats() said before

    def beats(self):
        """The last heartbeat of each guest."""
        return {name: self.lab.heartbeats.last(name) for name in self.guests}

    def wait_reborn(self, name, old, owner=None, judged=None, by="witness", seconds=400):
        """It runs anew, wherever or on that node, and works. judged: the blade whose side of its mirror to
        judge."""
        guest = self.guests[name]
        watch.wait_reborn(self.lab, guest, old[name], seconds)
        if owner:
            self.wait_owner(guest, owner, by)
        self.wait_records(guest)
        self.judge(guest, judged)

    def check_undisturbed(self, name, old):
        """It is the same instance, and works."""
        self.wait_records(self.guests[name])
        assert self.lab.heartbeats.last(name).boot == old[name].boot, f"{name} was disturbed"
