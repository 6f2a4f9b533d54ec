"""Every fault of the soak happens to somebody, and what can be mended is mended."""
import random

import pytest

from relevolab import faults, watch
from relevolab.guest import Guest
from relevolab.heartbeat import Beat


class FakeNode:
    """Keeps the deeds that stand."""

    def __init__(self, name):
        self.name, self.stands, self.orders = name, [], []

    def state(self):
        return "paused" if "freeze" in self.stands else "off" if "kill" in self.stands else "running"

    def __getattr__(self, deed):
        undone = {"thaw": "freeze", "heal": "cut"}

        def act(*words):
            if deed == "heal" and words:  # a port that is silent is healed, too
                self.stands = [d for d in self.stands if d[1:] != words]
            elif deed in undone:
                self.stands.remove(undone[deed])
            elif deed != "wait_off":
                self.stands.append((deed, *words) if words else deed)
        return act

    def order(self, command):
        self.orders.append(command)


class FakeCluster:
    def __init__(self):
        self.nodes = {name: FakeNode(name) for name in ("blade1", "blade2", "witness")}
        self.guests = {"web1": Guest("web1", 11)}
        self.lab = None

    @staticmethod
    def beats():
        return {"web1": Beat(0.0, "web1", "b007", 1, 1.0, 1, "ok")}


@pytest.mark.parametrize("name", faults.FAULTS)
def test_each_hits_somebody_and_is_mended(name, monkeypatch):
    crashed = []
    monkeypatch.setattr(watch, "tell", lambda lab, guest, request: crashed.append((guest.name, request)))
    trouble = faults.Trouble(FakeCluster(), random.Random(1))
    nodes = trouble.cluster.nodes.values()
    assert faults.strike(trouble, name)
    assert crashed or any(node.stands or node.orders for node in nodes)
    trouble.mend_all()
    assert not trouble.mend
    left = [deed for node in nodes for deed in node.stands]
    assert left == [{"power cut": "kill", "reset button": "reset"}[name]] if left else True
    stopped = [node for node in nodes if any("-STOP" in order for order in node.orders)]
    assert all(any("-CONT" in order for order in node.orders) for node in stopped)


def test_who_woke_is_remembered_and_orders_wait_for_all():
    trouble = faults.Trouble(FakeCluster(), random.Random(1))
    faults.strike(trouble, "host stands still")
    assert trouble.woken == {"b007"}
    faults.strike(trouble, "guest stopped")
    trouble.mend_all()
    assert trouble.orders == ["start web1"]


def test_nothing_happens_where_nobody_runs():
    trouble = faults.Trouble(FakeCluster(), random.Random(1))
    for node in trouble.cluster.nodes.values():
        node.kill()
    assert faults.strike(trouble, "power cut") is None


def test_the_same_seed_is_the_same_trouble_and_nothing_is_never_drawn():
    first, second = ([faults.pick(draw) for _ in range(2000)] for draw in map(random.Random, (7, 7)))
    assert first == second and set(first) == set(faults.FAULTS)
