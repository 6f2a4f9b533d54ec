"""A minimal client of QEMU's machine protocol over its unix socket."""
import json
import socket

from .clock import FACTOR
from .unix import connect


class QmpError(Exception):
    pass


class Qmp:
    """Use as a context manager: QEMU serves one client at a time."""

    def __init__(self, path, timeout=20):
        self.socket = connect(path, timeout * FACTOR)
        self.lines = self.socket.makefile("r")
        self.read()  # the greeting
        self.execute("qmp_capabilities")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def read(self):
        try:
            line = self.lines.readline()
        except socket.timeout:
            raise QmpError("QEMU does not answer") from None
        if not line:
            raise QmpError("QEMU hung up")
        return json.loads(line)

    def execute(self, command, **arguments):
        """The command's result; events that arrive meanwhile are dropped."""
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self.read()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise QmpError(f"{command}: {answer['error']['desc']}")
