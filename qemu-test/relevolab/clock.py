"""The lab's time, and waiting for a condition instead of for a while.

LAB_TIMEOUT_FACTOR multiplies every time-out, for machines slower than a 2-core one under load."""
import os
import time

FACTOR = float(os.environ.get("LAB_TIMEOUT_FACTOR", "1"))


class LabTimeout(Exception):
    """A condition did not come true in time; the text says which."""


def now():
    """Seconds since 1970: comparable between processes, and with a blade's clock."""
    return time.time()


class Deadline:
    """`seconds` from now, times the factor."""

    def __init__(self, seconds):
        self.seconds = seconds * FACTOR
        self.end = time.monotonic() + self.seconds

    def left(self):
        return max(0.0, self.end - time.monotonic())

    def over(self):
        return time.monotonic() >= self.end


def wait_for(condition, what, seconds, every=0.1):
    """Calls condition() until it returns something true, and returns that.

    `what` finishes the sentence "waited N s for ..."; a callable `what` is asked at the end, so
    that it can tell what was seen last."""
    deadline = Deadline(seconds)
    while True:
        result = condition()
        if result:
            return result
        if deadline.over():
            text = what() if callable(what) else what
            raise LabTimeout(f"waited {deadline.seconds:.0f} s for {text}")
        time.sleep(every)
