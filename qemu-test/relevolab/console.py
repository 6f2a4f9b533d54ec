"""Keeps a blade's console: every line with the time it began to arrive, in console.log.

Run as a program in the node's directory, it holds QEMU's console socket for as long as the blade
is on and lets people in through console-user.sock (`lab console`)."""
import re
import select
import socket
import sys
from pathlib import Path

from .clock import now
from .unix import connect, listen

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class Stamper:
    """Cuts a stream into lines, each with the time of its first byte."""

    def __init__(self, write):
        self.write, self.partial, self.since = write, b"", None

    def feed(self, data, time):
        for piece in data.splitlines(keepends=True):
            if not self.partial:
                self.since = time
            self.partial += piece
            if piece.endswith((b"\n", b"\r")):
                self.flush()

    def flush(self):
        text = CONTROL.sub("", self.partial.decode(errors="replace")).rstrip()
        if text:
            self.write(f"{self.since:.3f} {text}\n")
        self.partial = b""


def read_log(path):
    """[(time, line)] of a console.log."""
    lines = []
    path = Path(path)
    for line in path.read_text(errors="replace").splitlines() if path.exists() else []:
        time, _, text = line.partition(" ")
        lines.append((float(time), text))
    return lines


def serve(blade, door, log):
    """Until QEMU hangs up."""
    stamper = Stamper(log.write)
    users = []
    while True:
        ready, _, _ = select.select([blade, door, *users], [], [], 1)
        if not ready and stamper.partial:  # a prompt, or a line that its writer never ended
            stamper.flush()
        for source in ready:
            if source is door:
                users.append(door.accept()[0])
                continue
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            if source is blade:
                if not data:
                    stamper.flush()
                    return
                stamper.feed(data, now())
                log.flush()
                for user in users:
                    try:
                        user.send(data, socket.MSG_DONTWAIT)
                    except OSError:
                        pass  # a slow reader misses some; the log has it
            elif data:
                blade.sendall(data)
            else:
                users.remove(source)
                source.close()


def main():
    blade = connect("console.sock", 10)
    blade.settimeout(None)
    with open("console.log", "a", buffering=1, encoding="utf-8") as log:
        serve(blade, listen("console-user.sock"), log)


if __name__ == "__main__":
    sys.exit(main())
