"""One ordered account of what happened: the lab's actions, the blades' consoles, their logs."""
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from .clock import now
from .console import read_log


@dataclass(frozen=True)
class Event:
    time: float
    source: str
    text: str


class Story:
    """Actions go into `folder`/lab.log at once, so that they outlive whoever did them."""

    def __init__(self, folder):
        self.path = Path(folder) / "lab.log"
        self.lock = threading.Lock()

    def note(self, source, text):
        with self.lock, open(self.path, "a", encoding="utf-8") as log:
            log.write(f"{now():.3f} {source} {text}\n")

    def actions(self):
        for time, line in read_log(self.path):
            source, _, text = line.partition(" ")
            yield Event(time, source, text)

    def tell(self, nodes, since=0.0, only=None, logs=False):
        """Events in order: ours, every node's console and, with `logs`, what its log adds to that.

        `only` is a regular expression that a line must match to be told."""
        events = list(self.actions())
        for node in nodes:
            console = node.console_lines()
            events += [Event(time, node.name, text) for time, text in console]
            if logs:
                events += [Event(time, f"{node.name} log", text)
                           for time, text in news(node.log_lines(), console)]
        wanted = re.compile(only or "")
        told = (event for event in events if event.time >= since and wanted.search(event.text))
        return sorted(told, key=lambda event: event.time)  # those of one moment stay in their order


def news(log, console):
    """The lines of a node's log that its console did not show."""
    shown = {text.split("] ", 1)[-1].strip() for _, text in console}
    for time, line in log:
        _, _, message = line.partition(" ")     # the host's name
        _, _, message = message.partition(" ")  # facility and level
        if message.split("] ", 1)[-1].strip() not in shown:
            yield time, line


def render(events, origin=None):
    """Text, one line per event, with seconds from the first one (or from `origin`)."""
    if not events:
        return "(nothing happened)"
    origin = events[0].time if origin is None else origin
    width = max(len(event.source) for event in events)
    return "\n".join(f"{event.time - origin:9.3f}  {event.source:<{width}}  {event.text}"
                     for event in events)
