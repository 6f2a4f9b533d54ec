"""Runs commands on a blade through the shell on its second serial port.

A serial line has no frames, so every command is fenced: the shell prints a mark that never occurs
in what we send, then the output, then a second mark with the exit status. Whatever a command that
was given up leaves on the line is skipped by the next one's first mark."""
import re
import secrets

from .clock import Deadline
from .unix import connect

LINE_MAX = 900  # a terminal's line holds 4096 bytes, its receive buffer less when the blade is busy


class ChannelError(Exception):
    pass


class Result:
    """A finished command: its exit status and its output, both streams in one."""

    def __init__(self, command, status, output):
        self.command, self.status, self.output = command, status, output

    def __repr__(self):
        return f"{self.command!r}: status {self.status}: {self.output.strip()[-400:]!r}"


class Channel:
    def __init__(self, path):
        self.path = path
        self.socket = None
        self.buffer = b""
        self.disturbed = False  # a command that was given up may still run there

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def _send(self, text):
        self.socket.sendall(text.encode())

    def _read_until(self, pattern, deadline):
        """The match of `pattern` in what the line brings; everything up to it is consumed."""
        while True:
            match = re.search(pattern, self.buffer)
            if match:
                self.buffer = self.buffer[match.end():]
                return match
            left = deadline.left()
            if not left:
                return None
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                continue
            if not data:
                raise ChannelError("the blade is off")
            self.buffer += data.replace(b"\r", b"")

    def _open(self, interrupt):
        """Connects and asks for a shell's answer; False if none comes soon."""
        if not self.socket:
            try:
                self.socket = connect(self.path, 5)
            except OSError as error:
                raise ChannelError(f"the blade is off ({error})") from None
        self.buffer = b""
        mark = secrets.token_hex(4)
        # ^C ends what may still run, ^U what may be half-typed; but ^C would also end a shell that has
        # only just been started. Echo goes off so that less is sent.
        self._send("\x03\x15" if interrupt else "")
        self._send(f"\nstty -echo; PS1= PS2=; printf '%s:%s\\n' in sync-{mark}\n")
        if not self._read_until(rb"in:sync-%s\n" % mark.encode(), Deadline(3)):
            return False
        self.disturbed = False
        return True

    def run(self, command, seconds=60):
        """Runs a shell command (one line or several) and waits for its end."""
        deadline = Deadline(seconds)
        attempts = 1
        while not self._open(interrupt=self.disturbed or attempts % 4 == 0):
            attempts += 1
            if deadline.over():
                raise ChannelError(f"no shell on the blade's second serial port; wanted: {command}")
        mark = secrets.token_hex(4)
        if len(command) > LINE_MAX:
            self._upload(command, mark)
            body = f". /tmp/.lab-{mark}; rm -f /tmp/.lab-{mark}"
        else:
            body = command
        self._send(f"printf '%s:%s\\n' begin {mark}; ( {body}\n) </dev/null 2>&1; "
                   f"printf '\\n%s:{mark}:%d\\n' end $?\n")
        if not self._read_until(rb"begin:%s\n" % mark.encode(), deadline):
            raise ChannelError(f"the shell did not take: {command}")
        rest = self.buffer
        end = self._read_until(rb"(?s)\A(.*?)\nend:%s:(\d+)\n" % mark.encode(), deadline)
        if not end:
            self.disturbed = True
            raise ChannelError(f"no end within {deadline.seconds:.0f} s of: {command}; "
                               f"output so far: {rest.decode(errors='replace')[-400:]!r}")
        return Result(command, int(end[2]), end[1].decode(errors="replace"))

    def _upload(self, text, mark):
        """A command too long for one terminal line goes into a file, in pieces."""
        for at in range(0, len(text), 200):
            piece = "".join(f"\\0{byte:03o}" for byte in text[at:at + 200].encode())
            self._send(f"printf '%b' '{piece}' >>/tmp/.lab-{mark}\n")
