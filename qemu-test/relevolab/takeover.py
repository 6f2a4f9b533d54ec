"""What a takeover is made of: read from the survivors' consoles, the wire and the guest's heartbeats."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    name: str     # as in the benchmark's figures
    time: float   # seconds since the owner was lost
    what: str


def phases(cluster, guest, dead, taker, old, began, announced):
    """Those that were seen, in their order. old: the guest's last heartbeat before; announced: an
    Announcements that has listened since."""
    survivors = [node for node in cluster.nodes.values() if node.name != dead]
    found = []

    def add(name, what, times):
        if times:
            found.append(Phase(name, min(times) - began, what))

    def line(name, what, pattern, nodes):
        add(name, what, [entry[0] for node in nodes if (entry := node.find_line(pattern, began))])

    votes = len(survivors)
    line("quorum", f"quorum: corosync goes on with {votes} of {votes + 1} nodes",
         rf"corosync sees {votes} of {votes + 1} nodes(?!, no quorum)", survivors)
    line("detect", f"detected: {dead} is suspected, and can prove to nobody that it lives",
         f"node {dead} is suspected", survivors)
    line("fence_wait", f"fence wait over: {dead} is dead", f"node {dead} is dead", survivors)
    line("promote", f"promoted: {taker}'s side of the mirror is Primary",
         rf"mirror {guest.name}: \S+; Primary", [cluster[taker]])
    line("create", f"created: {taker} has built its domain", rf"guest {guest.name}: runs as domain",
         [cluster[taker]])
    add("announce", "announced: switches and neighbours know where it is",
        [time for time, _ in announced.of(guest) if time > began])
    beats = [beat for beat in cluster.lab.heartbeats.beats[guest.name]
             if beat.boot != old.boot and beat.time > began]
    add("heartbeat", "first heartbeat", [beat.time for beat in beats])
    add("write", f"first write: its record {old.durable} was the last that was known to be durable before",
        [beat.time for beat in beats if beat.durable > old.durable])
    return sorted(found, key=lambda phase: phase.time)
