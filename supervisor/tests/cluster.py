"""Nodes of a cluster without hosts: each a network and mount namespace, on one or two switches."""
import os
import signal
import subprocess

from world import PROGRAM, until


def nets(links, node):
    return [f"10.{link + 1}.0.{node}" for link in range(links)]


class Node:
    """Its /run and /dev/shm are its own; its addresses are there when the test wants."""

    def __init__(self, cluster, number):
        self.cluster, self.number, self.name = cluster, number, f"b{number}"
        self.folder = cluster.folder / self.name
        self.folder.mkdir()
        self.site = self.folder / "site"
        self.site.mkdir()
        (self.folder / "cmdline").write_text(f"hostname={self.name}\n")
        self.process = None
        # Holds the namespaces; what runs in them is its child.
        self.holder = subprocess.Popen(
            ["unshare", "-n", "-m", "sh", "-c",
             "mount -t tmpfs none /run && mount -t tmpfs none /dev/shm && ip link set lo up && "
             "mkdir /run/lock && echo && exec sleep infinity"], stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        for link in range(cluster.links):
            self._ip("link", "add", f"eth{link}", "type", "veth", "peer", "name", f"c{number}l{link}",
                     "netns", str(cluster.holder.pid))
            cluster.ip("link", "set", f"c{number}l{link}", "master", f"switch{link}", "up")
            self._ip("link", "set", f"eth{link}", "up")

    def _ip(self, *words):
        subprocess.run(["nsenter", "-t", str(self.holder.pid), "-n", "ip", *words], check=True)

    def run(self, *words):
        """A program on the node: its status and output."""
        return subprocess.run(["nsenter", "-t", str(self.holder.pid), "-n", "-m", *words], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    def add_address(self, link):
        self._ip("addr", "add", f"{nets(self.cluster.links, self.number)[link]}/24", "dev", f"eth{link}")

    def cut(self, link):
        self.cluster.ip("link", "set", f"c{self.number}l{link}", "down")

    def heal(self, link):
        self.cluster.ip("link", "set", f"c{self.number}l{link}", "up")

    def configure(self, text, key=b"k" * 256):
        (self.site / "site.conf").write_text(text)
        (self.site / "corosync_key").write_bytes(key)

    def start(self):
        """As init does, its priority aside."""
        environment = dict(os.environ, RELEVO_RUN="/run/relevo")
        with open(self.folder / "stderr", "ab") as err:
            self.process = subprocess.Popen(
                ["nsenter", "-t", str(self.holder.pid), "-n", "-m", PROGRAM, "-m",
                 "-c", str(self.folder / "cmdline"), "-s", str(self.site)], stderr=err, env=environment)

    def stderr(self):
        return (self.folder / "stderr").read_text(errors="replace")

    def runs_corosync(self):
        with open(f"/proc/{self.process.pid}/comm", encoding="ascii") as f:
            return f.read().strip() == "corosync"

    def quorum(self):
        """(members that it sees, whether they are quorate)"""
        text = self.run("corosync-quorumtool", "-s").stdout
        found = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        return int(found.get("Total votes", "0")), found.get("Quorate", "").strip() == "Yes"

    def close(self):
        for process in (self.process, self.holder):
            if process and process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()


class Cluster:
    def __init__(self, folder, nodes, links=2):
        self.folder, self.links, self.node = folder, links, []
        self.holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo && exec sleep infinity"],
                                       stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        for link in range(links):
            self.ip("link", "add", f"switch{link}", "up", "type", "bridge")
        self.node = [Node(self, n + 1) for n in range(nodes)]
        self.words = "cluster=test:token=1000\n" + "".join(
            f"node=b{n + 1}:{n + 1}:{','.join(nets(links, n + 1))}\n" for n in range(nodes))
        for node in self.node:
            node.configure(self.words)

    def ip(self, *words):
        subprocess.run(["nsenter", "-t", str(self.holder.pid), "-n", "ip", *words], check=True)

    def start(self):
        for node in self.node:
            for link in range(self.links):
                node.add_address(link)
            node.start()

    def until_quorum(self, expected):
        """expected: what each node sees, None for those that do not count."""
        def look():
            return [node.quorum() if e is not None else None for node, e in zip(self.node, expected)]
        until(lambda: look() == expected, f"{expected}: {look()}")

    def close(self):
        for node in self.node:
            node.close()
        self.holder.kill()
        self.holder.wait()
