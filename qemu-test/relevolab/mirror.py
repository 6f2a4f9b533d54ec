"""What tests, demo and benchmarks ask of a mirror (`relevo drbd`)."""
import json

from .channel import ChannelError
from .clock import wait_for


def entry(node, name):
    """The mirror as the node tells of it; nothing while node or relevod do not answer."""
    try:
        done = node.run("relevo drbd --json")
    except ChannelError:
        return {}
    mirrors = json.loads(done.output)["drbd"] if done.status == 0 else []
    return next((mirror for mirror in mirrors if mirror["name"] == name), {})


def wait(node, name, seconds=120, **wanted):
    """Waits until the mirror is as wanted on the node; returns its entry."""
    seen = {}

    def reached():
        seen.clear()
        seen.update(entry(node, name))
        return all(seen.get(key) == value for key, value in wanted.items())

    wait_for(reached, lambda: f"{node.name}'s mirror {name} to be {wanted}; it is {seen}", seconds, every=0.3)
    return seen


def make(nodes, name, source):
    """On new disks that may hold something: metadata on each node, and the first sync, from the one of that
    name. Its end is not waited for."""
    for node in nodes:
        wait(node, name, 300, condition="refused", connection="Connected")
        node.relevo("drbd", "create", name, "--force", name)
    for node in nodes:
        wait(node, name, disk="Inconsistent", peer_disk="Inconsistent")
    for node in nodes:
        if node.name == source:
            node.relevo("drbd", "seed", name, "--from", source)
