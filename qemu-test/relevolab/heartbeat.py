"""When which guest was heard: listens for the agents' UDP heartbeats in a lab's namespace."""
import socket
import threading
from dataclasses import dataclass

from .clock import now, wait_for

PORT = 7001


@dataclass(frozen=True)
class Beat:
    time: float     # of arrival
    name: str
    boot: str
    beat: int
    uptime: float
    durable: int    # number of the last record the guest knows to be on disk
    disk: str       # none, ok, error


def parse(text, time):
    words = dict(word.split("=", 1) for word in text.split() if "=" in word)
    return Beat(time, words["name"], words["boot"], int(words["beat"]), float(words["up"]),
                int(words["durable"]), words["disk"])


class Listener:
    """Keeps every beat; on_boot(beat) is called for the first of each boot, in the thread."""

    def __init__(self, space, on_boot=None):
        with space.inside():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind(("", PORT))
        self.socket.settimeout(0.5)
        self.beats = {}
        self.on_boot = on_boot
        self.running = True
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        while self.running:
            try:
                data = self.socket.recv(2048)
                beat = parse(data.decode(), now())
            except (TimeoutError, ValueError, KeyError):
                continue
            heard = self.beats.setdefault(beat.name, [])
            heard.append(beat)
            if self.on_boot and (len(heard) < 2 or heard[-2].boot != beat.boot):
                self.on_boot(beat)

    def last(self, name):
        heard = self.beats.get(name)
        return heard[-1] if heard else None

    def first_since(self, name, time, not_boot=None):
        """The first beat after `time` that is not of boot `not_boot`."""
        for beat in self.beats.get(name, []):
            if beat.time >= time and beat.boot != not_boot:
                return beat
        return None

    def wait(self, name, since, seconds, not_boot=None):
        return wait_for(lambda: self.first_since(name, since, not_boot),
                        lambda: f"a heartbeat of {name}; last heard: {self.last(name)}", seconds)

    def close(self):
        self.running = False
        self.thread.join()
        self.socket.close()
