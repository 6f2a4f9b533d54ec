"""A cluster of fake hosts: each is a namespace of processes with its own network, a real corosync, a
relevod on a fake Xen, and a watchdog that ends it all when it is not fed. An arbiter outside looks at the
fake Xens' diaries: no guest may run on two hosts at once.

Whoever makes a Cluster is in a network namespace of its own, which is the switches."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from netns import ip
from world import PROGRAM, World, until, whole_lines

# Short, but for a machine that is busy with something else; a takeover is ordered after some 6 s.
TIMING = "token=1000,watchdog=2000"
LOOK = 0.005  # seconds between two looks at a watchdog
STANDSTILL = 0.5  # seconds: half of the token, as two in a row are as bad as one


def now_ms():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000000


class Host(World):
    """One host: off, until it is booted."""

    def __init__(self, cluster, name, number):
        super().__init__(cluster.folder / name)
        self.cluster, self.name, self.number = cluster, name, number
        self.jail = None   # the process that holds the namespaces
        self.init = 0      # its process 1, as seen from outside
        self.history = []  # [(ms, "on" | "off" | "reset")]
        self.stays_off = False
        self.changing = threading.RLock()
        self.cmdline.write_text(f"hostname={name}\n")
        shutil.rmtree(self.site)
        self.site = cluster.site
        self.pids = self.folder / "pids"
        self.pids.mkdir()
        shutil.copy(Path(__file__).with_name("host_init.py"), self.folder)

    # --- power ---

    def boot(self):
        with self.changing:
            assert self.jail is None
            shutil.rmtree(self.run)
            shutil.rmtree(self.xen / "domains")
            (self.xen / "domains").mkdir()
            (self.xen / "watchdog").unlink(missing_ok=True)
            (self.folder / "is-off").unlink(missing_ok=True)
            self.run.mkdir()
            for pid in self.pids.iterdir():
                pid.unlink()
            (self.folder / "services.json").write_text(json.dumps(self.cluster.services(self)))
            with open(self.folder / "init.log", "a", encoding="utf-8") as log:
                self.jail = subprocess.Popen(
                    ["unshare", "--net", "--pid", "--mount", "--fork", "--mount-proc", "--kill-child",
                     sys.executable, self.folder / "host_init.py", self.folder],
                    env=self.environment, stdout=log, stderr=log)
            self.init = until(self.find_init, f"{self.name} boots")
            self.history.append((now_ms(), "on"))
            self.stays_off = False
        for link in range(self.cluster.links):
            self.cluster.plug(self, link)
        return self

    def find_init(self):
        path = Path(f"/proc/{self.jail.pid}/task/{self.jail.pid}/children")
        children = path.read_text().split()
        # It has left this network namespace before its program begins.
        ours = os.readlink("/proc/self/ns/net")
        if children and os.readlink(f"/proc/{children[0]}/ns/net") != ours:
            return int(children[0])
        return 0

    def die(self, how, at=None):
        """Everything on it is dead when this returns, and its guests with it."""
        with self.changing:
            if self.jail is None:
                return
            with contextlib.suppress(ProcessLookupError):  # it has shut down by itself
                os.kill(self.init, signal.SIGKILL)
            self.jail.wait()
            self.jail = None
            self.history.append((at or now_ms(), how))

    def off(self):
        self.stays_off = True
        self.die("off")

    def begin_to_shut_down(self):
        """In order, as by poweroff; is_down() tells when."""
        self.stays_off = True
        os.kill(self.init, signal.SIGTERM)

    def is_down(self):
        if self.jail and self.jail.poll() is not None:
            self.die("off")
        return self.jail is None

    def shut_down(self):
        self.begin_to_shut_down()
        until(self.is_down, f"{self.name} shuts down")

    def watch(self):
        """What the watchdog does: to be called again and again. A host that was reset boots."""
        with self.changing:
            if self.jail is None:
                return
            try:
                end = int((self.xen / "watchdog").read_text())
            except FileNotFoundError:
                return
            if now_ms() < end:
                return
            self.die("reset", max(end, 0) if end > 1 else now_ms())
        if not self.stays_off:
            self.cluster.to_boot.append(self)

    def obey_fence(self):
        """What the fence device does."""
        if (self.folder / "switch-off").exists():
            self.off()
            (self.folder / "switch-off").unlink()
            (self.folder / "is-off").touch()

    def is_switched_off(self):
        return (self.folder / "is-off").exists()

    def resets(self):
        return sum(1 for _, what in self.history if what == "reset")

    # --- its processes ---

    def signal(self, name, number):
        """To a service of this host: the number of the process is the namespace's."""
        pid = (self.pids / name).read_text()
        subprocess.run(["nsenter", "-t", str(self.init), "-p", "kill", f"-{int(number)}", pid], check=True)

    def ask_corosync(self, *words):
        return subprocess.run(["nsenter", "-t", str(self.init), "-n", "-m", "-p", *words],
                              capture_output=True, text=True, check=False).stdout

    def lost_links(self):
        """How many of its links to other hosts corosync cannot use."""
        text = self.ask_corosync("corosync-cfgtool", "-s")
        return text.count("disconnected") if "LINK" in text else -1

    def pongs(self):
        """How many answers each link has had: of a young one knet waits longer for them."""
        text = self.ask_corosync("corosync-cmapctl", "-m", "stats")
        return {line.split()[0]: int(line.split("=")[1]) for line in text.splitlines()
                if ".rx_pong_packets" in line and f".node{self.number}." not in line}

    def pid_of(self, name):
        return (self.pids / name).read_text()

    # --- what it thinks ---

    def view(self):
        """The cluster document; None while relevod does not answer."""
        done = self.command("cluster", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def sees(self, *names):
        """Whether it hears all of these."""
        view = self.view()
        return bool(view) and all(n["heard"] for n in view.get("nodes", [{"name": names[0], "heard": False}])
                                  if n["name"] in names)

    def relevod_log(self):
        path = self.folder / "relevod.log"
        return path.read_text() if path.exists() else ""

    def stays(self):
        """[(guest, since, until)] in ms; until is None for a guest that runs."""
        stays, begun = [], {}
        lines = whole_lines(self.xen / "diary")
        deeds = [(int(ms), deed, name) for deed, _, name, ms in (line.split() for line in lines)]
        power = [(ms, "on" if what == "on" else "off", None) for ms, what in self.history]
        on = True
        for ms, deed, name in sorted(deeds + power, key=lambda d: d[0]):
            if deed == "run" and on:  # what a watchdog has ended may live until somebody looks at it
                begun.setdefault(name, ms)
            elif deed == "on":
                on = True
            elif deed == "off":
                stays += [(guest, since, ms) for guest, since in begun.items()]
                begun, on = {}, False
            elif deed in ("destroy", "end") and name in begun:
                stays.append((name, begun.pop(name), ms))
        return stays + [(guest, since, None) for guest, since in begun.items()]


class Cluster:
    def __init__(self, folder, names=("h1", "h2", "w"), witness="w", links=2, timing=TIMING, program=PROGRAM):
        self.folder, self.links, self.timing, self.program = folder, links, timing, program
        self.site = folder / "site"
        (self.site / "guests").mkdir(parents=True)
        self.witness = witness
        self.to_boot = []
        self.look, self.pause = LOOK, 0.02  # between two looks at watchdogs, and at what a test awaits
        self.priority = ["chrt", "-r", "1"]  # corosync's, as init gives it
        self.hosts = {}
        for number, name in enumerate(names, 1):
            self.hosts[name] = Host(self, name, number)
        for link in range(links):
            ip("link", "add", "dev", f"sw{link}", "type", "bridge")
            ip("link", "set", f"sw{link}", "up")
        self.words = []  # of site.conf, for all
        self.devices = {}
        self.write_site()
        self.closing = False
        self.stood_still = 0  # seconds: the longest that the machine did, or one of its processors
        self.measuring = threading.Lock()
        self.threads = [threading.Thread(target=self.watch, daemon=True),
                        *[threading.Thread(target=self.measure, args=[number], daemon=True)
                          for number in os.sched_getaffinity(0)]]
        for thread in self.threads:
            thread.start()

    def __getitem__(self, name):
        return self.hosts[name]

    def write_site(self):
        lines = [f"cluster=test:{self.timing}"]
        for host in self.hosts.values():
            addresses = ",".join(f"10.{link}.0.{host.number}" for link in range(1, self.links + 1))
            lines.append(f"node={host.name}:{host.number}:{addresses}" +
                         (":witness" if host.name == self.witness else ""))
        lines += self.words
        for host in self.hosts.values():
            lines.append(f"[{host.name}]")
            if host.name in self.devices:
                lines.append(f"state={self.devices[host.name]}")
            lines += [f"ip=10.{link + 1}.0.{host.number}:::24::eth{link}:none" for link in range(self.links)]
        (self.site / "site.conf").write_text("\n".join(lines) + "\n")
        (self.site / "corosync_key").write_bytes(bytes(range(256)))

    def add_state(self):
        """Each host gets a device that outlives its power: state=."""
        for host in self.hosts.values():
            image = host.folder / "state"
            with open(image, "wb") as f:
                f.truncate(1 << 20)
            done = subprocess.run(["losetup", "-f", "--show", image], capture_output=True, text=True,
                                  check=True)
            self.devices[host.name] = done.stdout.strip()
        self.write_site()
        made = not os.path.exists("/site")
        if made:
            os.mkdir("/site")  # where the command looks for it
        try:
            for host in self.hosts.values():
                subprocess.run(["unshare", "--mount", "--uts", "sh", "-c",
                                f"hostname {host.name} && mount --bind {self.site} /site && "
                                f"exec {host.relevo} state init {self.devices[host.name]}"], check=True)
        finally:
            if made:
                os.rmdir("/site")

    def add_fence(self, first="true"):
        """A device that switches any host off, as a program of the site."""
        program = self.site / "fence"
        program.write_text(f"""#!/bin/sh
{first}
[ "$2" = off ] && touch {self.folder}/$1/switch-off
[ "$2" = status ] && {{ [ -e {self.folder}/$1/is-off ] && exit 0 || exit 1; }}
exit 0
""")
        program.chmod(0o755)
        self.words.append("fence=exec:fence")
        self.write_site()

    def own_site(self, name):
        """This host has a site of its own from now on, as the others' is now: its folder."""
        host = self[name]
        host.site = host.folder / "site"
        shutil.copytree(self.site, host.site)
        return host.site

    def guest(self, name, home, *peers, site=None, **keys):
        text = [f'name = "{name}"', "memory = 64", 'kernel = "/boot/vmlinuz"', f'home = "{home}"',
                f"peers = {json.dumps(peers)}", *[f"{k} = {json.dumps(v)}" for k, v in keys.items()]]
        ((site or self.site) / "guests" / f"{name}.cfg").write_text("\n".join(text) + "\n")

    def services(self, host):
        """What runs on a host, and how init starts it."""
        configured = ["-c", str(host.cmdline), "-s", str(host.site)]
        return [["corosync", *self.priority, self.program, "-m", *configured],
                ["relevod", self.program, *configured]]

    # --- the switches ---

    @staticmethod
    def port(host, link):
        return f"{host.name}-{link}"

    def plug(self, host, link):
        """A cable from the host's eth{link} to the switch. One of a former life went with its namespace,
        as soon as the kernel came to it."""
        port = self.port(host, link)
        subprocess.run(["ip", "link", "del", port], capture_output=True, check=False)
        ip("link", "add", "dev", port, "type", "veth", "peer", "name", f"eth{link}", "netns", str(host.init))
        ip("link", "set", port, "master", f"sw{link}", "up")

    def cut(self, host, link):
        ip("link", "set", self.port(self[host], link), "down")

    def heal(self, host, link):
        ip("link", "set", self.port(self[host], link), "up")

    def deafen(self, host, link, deaf=True):
        """What the host sends arrives; what is sent to it does not."""
        how = "off" if deaf else "on"
        port = self.port(self[host], link)
        subprocess.run(["bridge", "link", "set", "dev", port, "learning", how, "flood", how,
                        "mcast_flood", how, "bcast_flood", how], check=True)
        subprocess.run(["ip", "link", "set", port, "type", "bridge_slave", "fdb_flush"], check=True)

    def part(self, *hosts, parted=True):
        """These hosts do not hear each other, but all others."""
        for host in hosts:
            for link in range(self.links):
                subprocess.run(["bridge", "link", "set", "dev", self.port(self[host], link), "isolated",
                                "on" if parted else "off"], check=True)

    def settle_links(self):
        """All links are up, and have been for a while."""
        before = {host: host.pongs() for host in self.hosts.values()}

        def settled():
            return all(host.lost_links() == 0 and
                       all(n >= before[host].get(link, 0) + 20 for link, n in host.pongs().items())
                       for host in before)
        self.until(settled, "links are settled")

    # --- the hosts ---

    def watch(self):
        while not self.closing:
            for host in self.hosts.values():
                host.watch()
                host.obey_fence()
            self.nap(self.look)

    def nap(self, seconds):
        """Sleeps so long; what comes on top is for what a processor stood still."""
        began = time.monotonic()
        time.sleep(seconds)
        with self.measuring:
            self.stood_still = max(self.stood_still, time.monotonic() - began - seconds)

    def measure(self, processor):
        """A virtual machine's processors stand still each for itself."""
        os.sched_setaffinity(0, {processor})
        while not self.closing:
            self.nap(0.1)

    def boot(self, *names):
        for name in names or self.hosts:
            self.hosts[name].boot()
        return self

    def boot_reset(self):
        """Hosts that were reset boot again; to be called while waiting."""
        while self.to_boot:
            host = self.to_boot.pop()
            if not host.stays_off:
                host.boot()

    def until(self, condition, what):
        def look():
            self.boot_reset()
            return condition()
        try:
            return until(look, what, self.pause)
        except AssertionError as e:
            raise AssertionError(f"{e}; guests run on {self.where()}") from e

    def where(self):
        """{guest: [host, ...]}"""
        found = {}
        for host in self.hosts.values():
            for guest, _, end in host.stays():
                if end is None:
                    found.setdefault(guest, []).append(host.name)
        return found

    def until_runs(self, guest, host):
        """... and everybody knows."""
        self.until(lambda: self.where().get(guest) == [host], f"{guest} runs on {host}")
        self.until_known(guest, "running", host)

    def bring(self, guest, host, by="w"):
        """It runs on that host. It may have begun elsewhere, if the host came so late that it was not waited
        for: then it is told to move, for as long as that is refused."""
        def is_there():
            return self.where().get(guest) == [host] or \
                self[by].command("move", guest, host).returncode == 0
        self.until(lambda: self.where().get(guest), f"{guest} runs")
        self.until(is_there, f"{guest} goes to {host}")
        self.until_runs(guest, host)

    def until_known(self, guest, state, owner=""):
        """All hosts that are up and in touch say so."""
        def look():
            for host in self.hosts.values():
                view = host.view() if host.jail else None
                if host.jail is None or (view and view.get("lease_ms") == 0 and owner):
                    continue
                found = [g for g in view["guests"] if g["name"] == guest] if view and "guests" in view else []
                if not found or (found[0]["state"], found[0]["owner"]) != (state, owner):
                    return False
            return True
        self.until(look, f"all know that {guest} is {state}, {owner}'s")

    def until_well(self, *names):
        """These have leases and see each other."""
        def look():
            views = [self.hosts[name].view() for name in names]
            return all(v and v.get("lease_ms") and
                       all(n["state"] == "up" and n["lease"] and (n["takes_guests"] or n["witness"])
                           for n in v["nodes"] if n["name"] in names) for v in views)
        self.until(look, f"{names} are well")

    # --- the arbiter ---

    def judge(self):
        """S1: no guest ever ran on two hosts at the same time."""
        stays = {}
        for host in self.hosts.values():
            for guest, since, end in host.stays():
                stays.setdefault(guest, []).append((since, end or float("inf"), host.name))
        for guest, list_ in stays.items():
            list_.sort()
            for (_, end, a), (since, _, b) in zip(list_, list_[1:]):
                assert end <= since, f"{guest} began on {b} at {since} ms, and ended on {a} at {end} ms"

    def close(self):
        self.closing = True
        for thread in self.threads:  # to its very end: who has threads cannot leave a mount namespace
            until(lambda t=thread: not os.path.exists(f"/proc/self/task/{t.native_id}"), "its threads end")
        for host in self.hosts.values():
            host.off()
        for device in self.devices.values():
            subprocess.run(["losetup", "-d", device], check=False)

    def logs(self):
        text = ""
        for host in self.hosts.values():
            for name in ("init.log", "relevod.log"):
                path = host.folder / name
                text += f"--- {host.name} {name}\n{path.read_text() if path.exists() else ''}"
        return text
