"""The guest's writes to a disk (writer.py), and what became of them: for a node that runs them."""
import subprocess
import sys

import writer
from world import until, whole_lines


class Writing:
    """Mixed into a node. disk: what is written to; notes: the writer's, a path."""

    disk = notes = writer = None

    def write(self, first=0, pause=0.005):
        # pylint: disable=consider-using-with
        self.writer = subprocess.Popen([sys.executable, writer.__file__, self.disk, self.notes, str(pause),
                                        str(first)])
        self.wait_writes()

    def writes(self):
        """[(number, begun, done, error)]"""
        lines = whole_lines(self.notes)
        return [(int(n), float(b), float(d), int(e)) for n, b, d, e in (line.split() for line in lines)]

    def wait_writes(self, more=5):
        done = len(self.writes())
        until(lambda: len(self.writes()) >= done + more, "the guest writes on")

    def longest_pause(self):
        """Seconds from one write that was done to the next."""
        done = [d for _, _, d, e in self.writes() if e == 0]
        return max(b - a for a, b in zip(done, done[1:]))

    def errors(self):
        return [e for _, _, _, e in self.writes() if e != 0]

    def durable(self):
        """The last number that the guest knows to be durable; -1: none."""
        return max((n for n, _, _, e in self.writes() if e == 0), default=-1)

    def stop_writing(self):
        self.writer.kill()
        until(lambda: self.writer.poll() is not None, "the writer ends")
        self.writer = None

    def check_writes(self):
        """Ends the writer: nothing that was durable is lost, and nothing is older than what came later."""
        self.stop_writing()
        writer.check_slots(self.disk, self.durable())
