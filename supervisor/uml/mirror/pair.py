"""Two machines under User Mode Linux, joined by a cable: what tests and figures of mirrors run on.

What a node can be asked for is side.py's, there in the machine: node.do("drbd") is Side.do()."""
import json
import os
import selectors
import socket
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TREE = HERE.parents[2]
sys.path += [str(HERE.parent), str(HERE.parents[1] / "tests")]
import boot  # noqa: E402

LINUX = TREE / "build/uml/linux"
USR = TREE / "build/uml/usr"
DISK_MB = 512
PATIENCE = 120  # seconds for a request: what side.py waits for, it waits for 60


class Node:
    """One machine. Its disk outlasts its power."""

    def __init__(self, folder, number, socket_end):
        self.folder, self.number, self.name = folder, number, f"n{number + 1}"
        self.plug = socket_end
        self.machine, self.up = None, False
        folder.mkdir(parents=True)
        self.file = folder / "disk"
        self.new_disk()

    def new_disk(self):
        with open(self.file, "wb") as f:
            f.truncate(DISK_MB << 20)

    def power_on(self):
        self._drain()
        fd = self.plug.fileno()
        command = ["env", f"RELEVOD_FAKE={USR}/sbin/relevod", f"UML_USR={USR}", sys.executable, "-B",
                   str(HERE / "side.py"), str(self.number), str(self.folder)]
        self.machine = boot.start(str(LINUX), self.folder, command,
                                  [f"ubd0={self.file}", f"vec0:transport=fd,fd={fd},mtu=9000"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[fd])
        return self

    def pull_power(self):
        boot.stop(self.machine)
        self.machine.stdin.close()
        self.machine.stdout.close()
        self.machine, self.up = None, False

    def story(self):
        """What its relevod has said, and its kernel if it still can."""
        err = self.folder / "stderr"
        return (err.read_text() if err.exists() else "") + (self.dmesg()[-4000:] if self.machine else "")

    def _drain(self):
        """What was sent to it while it was off is lost."""
        try:
            while self.plug.recv(1 << 16, socket.MSG_DONTWAIT):
                pass
        except BlockingIOError:
            pass

    def _reply(self):
        """The next one; what the kernel itself has to say is none."""
        reply = None
        while reply is None:
            reply = self._line()
        return json.loads(reply)

    def _line(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.machine.stdout, selectors.EVENT_READ)
            text = b""
            while not text.endswith(b"\n"):
                assert selector.select(PATIENCE), f"{self.name} does not answer"
                part = os.read(self.machine.stdout.fileno(), 1 << 16)
                assert part, f"{self.name} is off: {(self.folder / 'side.err').read_text()}"
                text += part
        return next((line for line in text.splitlines() if line.startswith(b"{")), None)

    def ask(self, what, *words, **named):
        if not self.up:
            self.up = self._reply()
        self.machine.stdin.write(json.dumps([what, words, named]).encode() + b"\n")
        self.machine.stdin.flush()
        reply = self._reply()
        assert "error" not in reply, f"{self.name}: {what}{words}: {reply['error']}"
        return reply["value"]

    def __getattr__(self, what):
        return lambda *words, **named: self.ask(what, *words, **named)


class Pair:
    """Both nodes, off."""

    def __init__(self, folder):
        ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.nodes = [Node(folder / f"n{i + 1}", i, end) for i, end in enumerate(ends)]

    def __iter__(self):
        return iter(self.nodes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def power_on(self):
        for node in self.nodes:
            node.power_on()
        return self

    def close(self):
        for node in self.nodes:
            if node.machine:
                node.pull_power()
            node.plug.close()
