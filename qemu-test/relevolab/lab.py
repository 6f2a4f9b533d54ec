"""A lab under one name: a namespace, a network, blades, and build/lab/NAME to hold what they leave."""
import json
import shutil
from pathlib import Path

from .heartbeat import Listener
from .network import Network
from .node import Node, Plan
from .space import Space
from .story import Story, render

TREE = Path(__file__).resolve().parents[2]
ROOT = TREE / "build/lab"
IMAGE = TREE / "build/image"


class Lab:
    def __init__(self, folder, space):
        self.folder, self.space = Path(folder), space
        self.network = Network(space)
        self.story = Story(self.folder)
        self.switches, self.nodes = [], {}
        self.heartbeats = None

    @classmethod
    def create(cls, name, switches=("front",), stays=False):
        """A new lab with its switches. One left under this name is taken down first."""
        folder = ROOT / name
        if folder.exists():
            cls._end(folder)
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        lab = cls(folder, Space.create(stays))
        for switch in switches:
            lab.add_switch(switch)
        lab.save()
        return lab

    @classmethod
    def open(cls, name):
        """A lab that was left running."""
        folder = ROOT / name
        try:
            state = json.loads((folder / "lab.json").read_text())
        except FileNotFoundError:
            raise LookupError(f"there is no lab {name!r}; `lab up` makes one") from None
        lab = cls(folder, Space(*state["space"]))
        if not lab.space.alive():
            raise LookupError(f"the lab {name!r} is not running any more; `lab up` makes a new one")
        lab.switches = state["switches"]
        for node in state["nodes"]:
            lab._make_node(Plan(**node["plan"]), node["number"])
        return lab

    @staticmethod
    def _end(folder):
        try:
            state = json.loads((folder / "lab.json").read_text())
        except (FileNotFoundError, ValueError):
            return
        Space(*state["space"]).close()

    def _make_node(self, plan, number):
        node = Node(self.space, self.network, self.story, self.folder / plan.name, number, plan)
        self.nodes[plan.name] = node
        return node

    def add_node(self, plan):
        """A blade, cabled and switched off."""
        plan.image = plan.image or str(IMAGE)
        node = self._make_node(plan, len(self.nodes) + 1)
        node.plug_in()
        self.save()
        return node

    def add_switch(self, name):
        """Switch number N, on which the lab is 10.9.N.1."""
        self.network.add_switch(name, len(self.switches))
        self.switches.append(name)

    def listen(self):
        """From now on the guests' heartbeats are heard."""
        self.heartbeats = Listener(self.space, lambda beat: self.story.note(
            "lab", f"{beat.name}: first heartbeat, boot {beat.boot}, {beat.uptime:.1f} s after its start"))
        return self.heartbeats

    def save(self):
        state = {"space": [self.space.pid, self.space.start], "switches": self.switches,
                 "nodes": [node.save() for node in self.nodes.values()]}
        temporary = self.folder / "lab.json.new"
        temporary.write_text(json.dumps(state, indent=1))
        temporary.replace(self.folder / "lab.json")

    def tell(self, since=0.0, only=None, logs=False):
        """The story as text."""
        return render(self.story.tell(self.nodes.values(), since, only, logs))

    def close(self):
        """Everything the lab started is gone afterwards; its files stay."""
        if self.heartbeats:
            self.heartbeats.close()
        for node in self.nodes.values():
            node.channel.close()
        self.space.close()
