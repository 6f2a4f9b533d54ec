"""Pings at a steady pace: how many were lost, and for how long nothing came through."""
import os
import re
import signal
import tempfile
from dataclasses import dataclass

ANSWER = re.compile(r"\[([0-9.]+)\] .*icmp_seq=(\d+) .*time=([0-9.]+) ms")


@dataclass(frozen=True)
class Report:
    sent: int
    lost: int
    gap: float  # seconds: the longest time between two answered pings that were sent, less the pace

    def __str__(self):
        return f"{self.lost} of {self.sent} pings lost, {self.gap:.3f} s at most"


def read(text, pace):
    """What ping -D has written."""
    sent_at = {int(number): float(stamp) - float(took) / 1000 for stamp, number, took in ANSWER.findall(text)}
    if not sent_at:
        return Report(0, 0, 0.0)
    numbers = sorted(sent_at)  # answers that took different ways overtake each other
    sent = numbers[-1] - numbers[0] + 1
    gaps = [sent_at[later] - sent_at[earlier] for earlier, later in zip(numbers, numbers[1:])]
    return Report(sent, sent - len(numbers), max([0.0, *(gap - pace for gap in gaps)]))


class Pings:
    """Runs until report() is asked for. Those before the first answer and after the last don't count."""

    def __init__(self, space, address, pace=0.05):
        self.pace = pace
        self.output = tempfile.TemporaryFile("w+")
        self.process, self.pid = space.spawn(["ping", "-n", "-D", "-i", str(pace), address],
                                             stdout=self.output, stderr=self.output)

    def _text(self):
        """Without moving the place in the file, which ping shares, and where it writes next."""
        fd = self.output.fileno()
        return os.pread(fd, os.fstat(fd).st_size, 0).decode()

    def answered(self):
        return len(ANSWER.findall(self._text()))

    def report(self):
        os.kill(self.pid, signal.SIGINT)
        self.process.wait(60)
        return read(self._text(), self.pace)
