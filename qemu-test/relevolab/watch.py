"""What tests, demo and benchmarks ask of a guest: does it live, answer, and keep its diary?"""
import socket

from . import records
from .clock import now, wait_for

TCP_PORT = 7000


def ask(lab, guest, request, timeout=60):
    """The guest's answer to one request line."""
    with lab.space.inside():
        client = socket.socket()
    with client:
        client.settimeout(timeout)
        client.connect((guest.address, TCP_PORT))
        client.sendall(request.encode() + b"\n")
        return client.makefile().readline().strip()


def tell(lab, guest, request):
    """Sends a request that the guest may not survive to answer."""
    try:
        ask(lab, guest, request, timeout=10)
    except OSError:
        pass


def wait_ping(lab, address, seconds=60):
    wait_for(lambda: lab.network.ping(address), f"{address} to answer ping", seconds)


def diary(node, guest):
    """Its diary as it is on the disk now."""
    return records.read(node.folder / f"{guest.name}.img")


def check_diary(lab, node, guest, image=None):
    """Everything the guest was told is durable is there, once and in order; returns the diary. image: the
    disk, where it is not the node's own."""
    heard = lab.heartbeats.last(guest.name)
    kept = records.read(image) if image else diary(node, guest)
    assert not kept.faults, f"{guest.name}: {'; '.join(kept.faults)}"
    if heard:
        assert kept.last and kept.last.number >= heard.durable, \
            f"{guest.name}: record {heard.durable} was durable, the disk ends at {kept.last}"
    return kept


def check_one_life(lab, node, guest):
    """Its diary, in which it has been started once. If not, what was said of it tells why."""
    kept = check_diary(lab, node, guest)
    assert len(kept.boots()) == 1, \
        f"{guest.name} was started again\n{lab.tell(only=f'guest {guest.name}: |riple fault', logs=True)}"
    return kept


def wait_alive(lab, guest, since=None, seconds=180):
    """Waits for a heartbeat from now (or `since`) on; returns it."""
    return lab.heartbeats.wait(guest.name, now() if since is None else since, seconds)


def wait_reborn(lab, guest, old, seconds=180):
    """Waits for the first heartbeat of another boot than that of beat `old`."""
    return lab.heartbeats.wait(guest.name, old.time, seconds, not_boot=old.boot)


def wait_silent(lab, guest, quiet=3, seconds=120):
    """Waits until the guest has not been heard for `quiet` seconds."""
    return wait_for(lambda: now() - lab.heartbeats.last(guest.name).time > quiet,
                    f"{guest.name} to fall silent", seconds)


def state(node, guest):
    """Its entry in `relevo status`."""
    for entry in node.status()["guests"]:
        if entry["name"] == guest.name:
            return entry
    raise LookupError(f"relevo status on {node.name} does not know {guest.name}")


def wait_state(node, guest, wanted, seconds=120, key="state"):
    """Waits for relevo's word on the guest, its state or another; returns its entry."""
    entry = {}

    def reached():
        entry.update(state(node, guest))
        return entry[key] == wanted

    wait_for(reached, lambda: f"{guest.name}'s {key} to be {wanted}; it is {entry}", seconds, every=0.5)
    return entry
