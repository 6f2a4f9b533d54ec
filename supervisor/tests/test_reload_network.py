"""relevo reload and the network: what is added, changed and dropped, and nothing else."""
import os
import subprocess

import pytest
from netns import add_cable, addresses, configure, ip, lease, link, pieces
from world import until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")


def good(world, name):
    return pieces(world).get(name, {}).get("good")


def reconfigure(world, words):
    world.cmdline.write_text(f"hostname=n1 {words}\n")
    done = world.command("reload")
    assert done.returncode == 0, done.stdout + done.stderr


def begin(world, words, *names):
    configure(world, words)
    for name in names:
        until(lambda name=name: good(world, name), f"{name} stands")


def test_the_first_network_comes_with_a_reload(network):
    network.start()
    until(network.status, "relevod answers")
    reconfigure(network, "bridge=xenbr0:eth0 ip=10.1.2.3:::24::xenbr0:none")
    until(lambda: good(network, "xenbr0") and addresses("xenbr0") == ["10.1.2.3/24"], "it stands")
    assert link("eth0")["master"] == "xenbr0"


def test_what_stays_is_not_touched(network):
    add_cable("eth1")
    begin(network, "bridge=xenbr0:eth0 ip=10.1.2.3::10.1.2.1:24::xenbr0:none", "xenbr0")
    until(lambda: ip("route", "show", "default"), "the route is there")
    index = link("xenbr0")["ifindex"]
    with ip_monitor(network) as seen:
        reconfigure(network, "bridge=xenbr1:eth1 bridge=xenbr0:eth0 "
                    "ip=10.1.2.3::10.1.2.1:24::xenbr0:none")
        until(lambda: good(network, "xenbr1") and good(network, "xenbr0"), "what is new stands")
    assert link("xenbr0")["ifindex"] == index
    assert "Deleted" not in seen(), seen()


class ip_monitor:
    """What the kernel tells of links, addresses and routes meanwhile."""

    def __init__(self, world):
        self.path = world.folder / "monitor"

    def __enter__(self):
        with open(self.path, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(["ip", "monitor", "link", "address", "route"], stdout=out)
        ip("link", "add", "mark0", "type", "bridge")
        until(self.listens, "it listens")
        return self.path.read_text

    def listens(self):
        for mtu in ("1400", "1401"):
            ip("link", "set", "mark0", "up", "mtu", mtu)
        return "mark0" in self.path.read_text()

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def test_addresses_and_routes_change_and_go(network):
    begin(network, "bridge=xenbr0:eth0 ip=10.1.2.3::10.1.2.1:24::xenbr0:none "
          "ip=[fd00::3]:::64::xenbr0:none nameserver=10.1.2.1", "xenbr0")
    until(lambda: len(addresses("xenbr0")) == 2 and ip("route", "show", "default"), "it stands")
    reconfigure(network, "bridge=xenbr0:eth0 ip=10.1.2.4::10.1.2.9:24::xenbr0:none "
                "ip=[fd00::3]:::64::xenbr0:none nameserver=10.1.2.9")
    until(lambda: sorted(addresses("xenbr0")) == ["10.1.2.4/24", "fd00::3/64"], "another address")
    until(lambda: [r["gateway"] for r in ip("route", "show", "default")] == ["10.1.2.9"], "another way")
    until(lambda: (network.folder / "resolv.conf").read_text() == "nameserver 10.1.2.9\n", "and names")
    reconfigure(network, "bridge=xenbr0:eth0 ip=10.1.2.4:::24::xenbr0:none")
    until(lambda: addresses("xenbr0") == ["10.1.2.4/24"], "the other family is gone")
    until(lambda: ip("route", "show", "default") == [], "and the way")
    reconfigure(network, "bridge=xenbr0:eth0")
    until(lambda: addresses("xenbr0") == [], "and the last")


def test_ports_and_bridges_go(network):
    for name in ("eth1", "guest0"):
        add_cable(name)
    begin(network, "bridge=xenbr0:eth0,eth1 bridge=xenbr1:", "xenbr0", "xenbr1")
    ip("link", "set", "guest0", "master", "xenbr0")  # as a guest's: not ours to take
    reconfigure(network, "bridge=xenbr0:eth0")
    until(lambda: link("xenbr1") is None and "master" not in link("eth1"), "what was dropped is gone")
    assert link("guest0")["master"] == "xenbr0" and link("eth0")["master"] == "xenbr0"
    reconfigure(network, "")
    until(lambda: link("xenbr0") is None, "all is gone")
    until(lambda: network.status()["network"] == [], "and that is said")
    assert "master" not in link("eth0")


def test_what_was_dropped_while_nobody_looked_goes_too(network):
    """One path for start and reload: the next relevod knows what this one had configured."""
    begin(network, "bridge=xenbr0:eth0 ip=10.1.2.3:::24::xenbr0:none ip=10.9.0.3:::24::eth0:none", "xenbr0")
    until(lambda: addresses("eth0") and addresses("xenbr0"), "the addresses are there")
    network.kill()
    configure(network, "bridge=xenbr0: ip=10.1.2.4:::24::xenbr0:none")
    until(lambda: addresses("xenbr0") == ["10.1.2.4/24"], "another address")
    assert addresses("eth0") == [] and "master" not in link("eth0")


def test_a_lease_goes_with_its_word(network):
    begin(network, "ip=eth0:dhcp")
    until(lambda: pieces(network).get("eth0", {}).get("text") == "waiting for DHCP", "it waits")
    lease(network, f"client=1 address=10.1.2.5/24 ends_ms={10**15} gateway=10.1.2.1\n")
    until(lambda: addresses("eth0") == ["10.1.2.5/24"], "the lease is applied")
    add_cable("eth1")
    reconfigure(network, "bridge=xenbr0:eth1 ip=10.7.0.1:::24::xenbr0:none ip=eth0:dhcp")
    until(lambda: link("xenbr0") and addresses("xenbr0"), "what is new stands")
    assert addresses("eth0") == ["10.1.2.5/24"]
    reconfigure(network, "ip=10.1.2.7:::24::eth0:none")
    until(lambda: addresses("eth0") == ["10.1.2.7/24"], "the fixed address is there alone")
    until(lambda: ip("route", "show", "default") == [], "and no way out")
    assert not (network.run / "dhcp/eth0").exists()


def test_a_lease_that_is_half_given_up_goes(network):
    """Whoever began may have died before it was done with the address."""
    begin(network, "ip=eth0:dhcp")
    until(lambda: pieces(network).get("eth0", {}).get("text") == "waiting for DHCP", "it waits")
    lease(network, f"client=1 address=10.1.2.5/24 ends_ms={10**15}\n")
    until(lambda: addresses("eth0") == ["10.1.2.5/24"], "the lease is applied")
    network.kill()
    (network.run / "dhcp/eth0").unlink()
    configure(network, "ip=10.1.2.7:::24::eth0:none")
    until(lambda: addresses("eth0") == ["10.1.2.7/24"], "the fixed address is there alone")


def test_many_in_a_row_end_at_the_last(network):
    begin(network, "bridge=xenbr0:eth0", "xenbr0")
    for i in range(30):
        reconfigure(network, f"bridge=xenbr{i % 2}:eth0 ip=10.1.2.{i + 1}:::24::xenbr{i % 2}:none")
    until(lambda: link("xenbr1") and addresses("xenbr1") == ["10.1.2.30/24"], "the last stands")
    until(lambda: link("xenbr0") is None and link("eth0").get("master") == "xenbr1", "and no other")


def kernel(world):
    """All that is to be the same in the end."""
    links = {i["ifname"]: (i.get("master"), "UP" in i["flags"], addresses(i["ifname"]))
             for i in ip("link", "show")}
    routes = [(r["dev"], r["gateway"]) for r in ip("route", "show", "default")]
    return links, routes, (world.folder / "resolv.conf").read_text()


def test_whoever_is_killed_at_whatever_step_the_next_one_ends_it(network):
    """A role may be killed between any two steps, by each reload for one."""
    add_cable("eth1")
    words = ("bridge=xenbr0:eth0,eth1 ip=10.1.2.3::10.1.2.1:24::xenbr0:none nameserver=10.1.2.1",
             "bridge=xenbr1:eth0 ip=10.1.2.4::10.1.2.9:24::xenbr1:none ip=[fd00::4]:::64::eth1:none")
    death = network.folder / "death"
    network.environment["RELEVO_FAKE_DEATH"] = str(death)
    begin(network, words[0], "xenbr0")
    wanted, step = [], 0
    for now, gone in (1, 0), (0, 1):  # undisturbed
        reconfigure(network, words[now])
        until(lambda n=now, g=gone: good(network, f"xenbr{n}") and not link(f"xenbr{g}"), "it stands")
        wanted.insert(0, kernel(network))
    deaths = 1
    while deaths > 0:
        step, deaths = step + 1, 0
        for now in (1, 0):
            before = network.log().count("its process killed")
            death.write_text(f"network {step}")
            reconfigure(network, words[now])
            until(lambda n=now: good(network, f"xenbr{n}") and kernel(network) == wanted[n],
                  lambda n=now: f"killed at step {step}: {kernel(network)}, expected {wanted[n]}")
            assert not death.exists()
            deaths += network.log().count("its process killed") - before
    assert step > 20  # there are as many


def test_what_is_made_is_ours_from_its_first_moment(network):
    """Who dies between the making of an interface and its marking leaves a stranger that nobody removes."""
    begin(network, "bridge=xenbr0:eth0", "xenbr0")
    group = link("xenbr0")["group"]
    assert group not in ("default", link("eth0")["group"])
    with ip_monitor(network) as seen:
        reconfigure(network, "bridge=xenbr1:eth0")
        until(lambda: link("xenbr0") is None and good(network, "xenbr1"), "another bridge stands")
        until(lambda: "xenbr1" in seen(), "the kernel tells of it")
    first = next(line for line in seen().splitlines() if "xenbr1" in line)
    assert f"group {group} " in first + " ", first
