"""A pair of machines with mirror web."""
import subprocess
from concurrent.futures import ThreadPoolExecutor

from pair import Pair
from words import word

SIZE_MB = 32
DISK = "/dev/drbd/web"


class Mirrored(Pair):
    def __init__(self, folder):
        super().__init__(folder)
        self.here, self.there = self.nodes
        self.options = {}

    def both(self, what):
        """On both sides at the same time."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            list(pool.map(what, self.nodes))

    def begin(self, *seed, **options):
        """Metadata on both sides, and the first sync as seed says."""
        def create(node):
            self.prepare(node)
            node.wait_mirror(condition="refused", connection="Connected")
            node.do("drbd", "create", "web")
            node.wait_mirror(disk="Inconsistent", peer_disk="Inconsistent")
        self.options = options
        self.both(create)
        self.here.do("drbd", "seed", "web", *(seed or ["--blank"]))
        self.wait_good()

    def begin_as(self, folder):
        """The mirror is that of a pair that has been there."""
        self.options = {}
        for node in self:
            subprocess.run(["cp", "--sparse=always", folder / node.name / "disk", node.file], check=True)
        self.power_on()
        self.both(self.prepare)
        self.wait_good()

    def prepare(self, node, *more):
        """What a node finds when it has booted, and its relevod."""
        node.slice("web", 0, SIZE_MB)
        node.configure(word(**self.options), *more)
        node.start_relevod()

    def power_on_again(self, node):
        node.power_on()
        self.prepare(node)

    def wait_good(self):
        self.both(lambda node: node.wait_mirror(condition="good"))

    def run_guest(self, node, first=0):
        """A guest on the mirror, which then writes."""
        node.guest("shop", f'disk = ["phy:{DISK},xvda,w"]', home=node.name)
        node.do("reload")
        node.until_state("shop", "running")
        node.wait_mirror(role="Primary")
        node.write(first)

    def check_both_copies(self, node):
        """The guest on the node, which ends, has all that it was told is durable, here and there."""
        durable = node.durable()
        node.check_writes()
        self.both(lambda side: side.check_copy("web", durable))

    def cut(self):
        for node in self:
            node.cable(cut=True)
        for node in self:
            node.wait_mirror(connection="WFConnection")

    def heal(self):
        for node in self:
            node.cable()
