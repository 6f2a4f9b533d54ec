"""The guest's agent as a process on the build machine, in a namespace with an eth0 of its own."""
import socket
import subprocess
from pathlib import Path

import pytest

from relevolab import records
from relevolab.clock import wait_for
from relevolab.heartbeat import Listener
from relevolab.space import Space

AGENT = Path(__file__).resolve().parents[3] / "build/host/agent"
ADDRESS = "10.77.0.2"


class Rig:
    def __init__(self, tmp_path):
        self.space = Space.create(stays=False)
        self.space.run("ip", "link", "add", "eth0", "type", "bridge")
        self.folder = tmp_path
        self.disk = tmp_path / "diary.img"
        self.disk.write_bytes(bytes(256 * 512))
        self.output = tmp_path / "console"

    def start(self, **knobs):
        words = {"name": "web1", "disk": self.disk.name, "ip": f"{ADDRESS}/24", "rate": 20, **knobs}
        line = self.folder / "cmdline"
        line.write_text("console=hvc0 " + " ".join(f"agent.{key}={value}" for key, value in words.items()))
        with open(self.output, "ab") as output:
            return self.space.spawn([AGENT, line], cwd=self.folder, stdin=subprocess.DEVNULL,
                                    stdout=output, stderr=output)

    def connect(self):
        """A connection to the agent; None: it does not listen yet."""
        with self.space.inside():
            client = socket.socket()
        client.settimeout(60)
        try:
            client.connect((ADDRESS, 7000))
        except OSError:
            client.close()
            return None
        return client

    def ask(self, request):
        with wait_for(self.connect, "the agent to listen", 60) as client:
            client.sendall(request.encode() + b"\n")
            return client.makefile().readline().strip()

    def diary(self):
        return records.read(self.disk, 0)

    def wait_records(self, count):
        wait_for(lambda: len(self.diary().records) >= count, f"{count} records", 60)


@pytest.fixture(name="rig")
def make_rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.space.close()


def test_heartbeat_records_and_answers(rig):
    boots = []
    listener = Listener(rig.space, boots.append)
    try:
        rig.start()
        beat = listener.wait("web1", 0, 60)
        assert beat.disk == "ok"
        rig.wait_records(10)
        assert rig.ask("echo hello there") == "hello there"
        reported = int(dict(word.split("=") for word in rig.ask("status").split())["durable"])
        assert rig.diary().last.number >= reported > 0
        assert rig.ask("what") .startswith("error:")
        assert len(boots) == 1
    finally:
        listener.close()
    assert "heartbeat name=web1" in rig.output.read_text()
    assert not rig.diary().faults


def test_streams_are_swallowed(rig):
    rig.start()
    assert rig.ask("stream 1 127.0.0.1").startswith("error: ")
    assert rig.ask("sink") == "ok"
    for _ in range(2):
        words = rig.ask("stream 3 127.0.0.1").split()
        assert words[0] == "ok" and int(words[1]) > 0


def test_killed_and_started_again(rig):
    for round_ in range(1, 4):
        process, pid = rig.start()
        rig.wait_records(round_ * 5)
        subprocess.run(["kill", "-9", str(pid)], check=True)
        process.wait(30)
    diary = rig.diary()
    assert not diary.faults
    assert len(diary.boots()) == 3


def test_the_ring_goes_round(rig):
    rig.disk.write_bytes(bytes(16 * 512))
    rig.start()
    wait_for(lambda: rig.diary().last and rig.diary().last.number > 40, "the ring to go round", 60)
    assert len(rig.diary().records) >= 15


def test_the_last_record_says_poweroff(rig):
    rig.start()
    rig.wait_records(3)
    rig.ask("poweroff")
    wait_for(lambda: not rig.space.alive(), "the power to go off", 60)
    assert rig.diary().last.kind == records.POWEROFF
    assert not rig.diary().faults


def test_deaf(rig):
    rig.start(deaf=1)
    rig.wait_records(3)
    rig.ask("poweroff")
    rig.wait_records(len(rig.diary().records) + 5)
    assert "ignoring a request to shut down" in rig.output.read_text()


def test_unusable_knobs_are_reported(rig):
    rig.start(colour="red", crash="soon")
    rig.wait_records(2)
    assert "cannot use agent.colour=red" in rig.output.read_text()
    assert "cannot use agent.crash=soon" in rig.output.read_text()
