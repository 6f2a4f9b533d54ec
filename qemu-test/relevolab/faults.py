"""What may happen to a cluster: each fault happens to a node, a cable or a guest drawn at random, and leaves
behind what mends it."""
import contextlib
import random
from dataclasses import dataclass, field

from . import watch
from .channel import ChannelError
from .cluster import LINKS, Cluster
from .qmp import QmpError

# Longer than any silence that is borne, and at times longer than the wait before a takeover.
FREEZE_S = (1, 60)


@dataclass
class Trouble:
    """`mend` is what is to be undone; `orders` what to tell relevo when all nodes are there again; `woken`
    the boots of guests whose host stood still as a whole."""
    cluster: Cluster
    draw: random.Random
    mend: list = field(default_factory=list)
    orders: list = field(default_factory=list)
    woken: set = field(default_factory=set)

    def node(self, *names):
        """One that runs, of these or of all; None: none does."""
        found = [node for name, node in self.cluster.nodes.items()
                 if (not names or name in names) and node.state() == "running"]
        return self.draw.choice(found) if found else None

    def blade(self):
        return self.node(*(name for name in self.cluster.nodes if name != "witness"))

    def guest(self):
        return self.draw.choice(list(self.cluster.guests.values()))

    def mend_all(self):
        """The last first. What cannot be done to a node that is off needs not be."""
        while self.mend:
            with contextlib.suppress(ChannelError, QmpError, OSError):
                self.mend.pop()()


def power_cut(trouble):
    node = trouble.node()
    node.kill()
    return node.name


def reset(trouble):
    node = trouble.node()
    node.reset()
    return node.name


def ordered(command):
    """A fault that is a shell's command on a blade, which may end the shell."""
    def strike(trouble):
        node = trouble.blade()
        node.order(command)
        return node.name
    return strike


def power_off(trouble):
    node = trouble.node()
    node.order("poweroff")
    trouble.mend.append(lambda: node.wait_off(400))
    return node.name


def freeze(trouble):
    node = trouble.node()
    node.freeze()
    trouble.woken.update(beat.boot for beat in trouble.cluster.beats().values() if beat)
    trouble.mend.append(node.thaw)
    return node.name


def cables(count, fault):
    """A fault of so many of a node's cables to the cluster's networks."""
    def strike(trouble):
        node = trouble.node()
        hit = sorted(trouble.draw.sample(range(1, len(LINKS) + 1), count))
        for cable in hit:
            getattr(node, fault)(cable)
            trouble.mend.append(lambda cable=cable: node.heal(cable))
        return f"{node.name}, {' and '.join(map(str, hit))}"
    return strike


def signal(number, *services):
    """A fault of one of the processes that init keeps."""
    def strike(trouble):
        node, service = trouble.blade(), trouble.draw.choice(services)
        node.order(f"kill -{number} $(pidof -s {service})")
        if number == "STOP":
            trouble.mend.append(lambda: node.order(f"kill -CONT $(pidof {service})"))
        return f"{service} on {node.name}"
    return strike


def guest_crash(trouble):
    guest = trouble.guest()
    watch.tell(trouble.cluster.lab, guest, "crash")
    return guest.name


def guest_destroyed(trouble):
    guest, node = trouble.guest(), trouble.blade()
    node.order(f"xl destroy {guest.name}")
    return f"{guest.name}, if on {node.name}"


def move(trouble):
    guest, target = trouble.guest(), trouble.blade()
    trouble.node().order(f"relevo move {guest.name} {target.name}")
    return f"{guest.name} to {target.name}"


def drain(trouble):
    drained = trouble.blade().name
    trouble.node().order(f"relevo drain {drained}")
    trouble.orders.append(f"undrain {drained}")
    return drained


def stop(trouble):
    guest = trouble.guest()
    trouble.node().order(f"relevo stop {guest.name}")
    trouble.orders.append(f"start {guest.name}")
    return guest.name


# name: (share, what it does); it returns whom it hit.
FAULTS = {
    "power cut": (6, power_cut),
    "reset button": (2, reset),
    "reboot in order": (1, ordered("reboot")),
    "power off in order": (1, power_off),
    "host stands still": (3, freeze),
    "cable cut": (2, cables(1, "cut")),
    "both cables cut": (4, cables(2, "cut")),
    "switch port silent": (2, cables(1, "silence")),
    "both switch ports silent": (3, cables(2, "silence")),
    "kernel panic": (1, ordered("echo c >/proc/sysrq-trigger")),
    "dom0 hangs": (2, ordered("cp /site/hog /tmp/hog; chmod +x /tmp/hog; /tmp/hog")),
    "process killed": (3, signal("KILL", "relevod", "corosync", "xenconsoled")),
    "process stands still": (3, signal("STOP", "relevod", "corosync")),
    "guest crashes": (2, guest_crash),
    "guest destroyed": (1, guest_destroyed),
    "guest moved": (2, move),
    "node drained": (1, drain),
    "guest stopped": (1, stop),
}


def pick(draw):
    names = list(FAULTS)
    return draw.choices(names, [FAULTS[name][0] for name in names])[0]


def strike(trouble, name):
    """Lets it happen; says to whom. None: there is nobody left that it could happen to."""
    if trouble.blade() is None:
        return None
    return FAULTS[name][1](trouble)
