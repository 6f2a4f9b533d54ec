"""The network role in a network namespace of its own: bridges, addresses, interfaces that come late."""
import os
import subprocess

import pytest
from netns import add_cable, addresses, configure, ip, lease, link, pieces
from world import until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")


def test_a_bridge_with_an_address_and_a_default_route(network):
    configure(network, "bridge=xenbr0:eth0 ip=10.1.2.3::10.1.2.1:255.255.255.0::xenbr0:none "
              "nameserver=10.1.2.1")
    until(lambda: pieces(network).get("xenbr0", {}).get("good"), "the bridge stands")
    until(lambda: addresses("xenbr0") == ["10.1.2.3/24"], "the address is there")
    assert link("eth0")["master"] == "xenbr0" and "UP" in link("eth0")["flags"]
    assert link("xenbr0")["linkinfo"]["info_data"]["stp_state"] == 0
    until(lambda: [(r["gateway"], r["dev"]) for r in ip("route", "show", "default")]
          == [("10.1.2.1", "xenbr0")], "the way out is there")
    assert ip("addr", "show", "dev", "xenbr0")[0]["addr_info"][0]["broadcast"] == "10.1.2.255"
    assert (network.folder / "resolv.conf").read_text() == "nameserver 10.1.2.1\n"
    assert "UP" in link("lo")["flags"]


def test_an_interface_that_comes_late_is_taken_in(network):
    configure(network, "bridge=xenbr0:eth0,eth1")
    until(lambda: "eth1 (does not exist yet)" in pieces(network).get("xenbr0", {}).get("text", ""),
          "it is said")
    assert not pieces(network)["xenbr0"]["good"]
    add_cable("eth1")
    until(lambda: (eth1 := link("eth1")) and eth1.get("master") == "xenbr0", "eth1 is in the bridge")
    until(lambda: pieces(network)["xenbr0"]["good"], "and that is said")


def test_what_is_taken_away_is_put_back(network):
    configure(network, "bridge=xenbr0:eth0")
    until(lambda: pieces(network).get("xenbr0", {}).get("good"), "the bridge stands")
    ip("link", "set", "eth0", "nomaster")
    until(lambda: link("eth0").get("master") == "xenbr0", "drift is repaired")
    ip("link", "del", "xenbr0")
    until(lambda: link("xenbr0") and link("eth0").get("master") == "xenbr0", "the bridge is made again")


def test_relevods_death_disturbs_no_bridge(network):
    configure(network, "bridge=xenbr0:eth0 ip=10.1.2.3:::24::xenbr0:none")
    until(lambda: link("xenbr0") and addresses("xenbr0"), "the bridge stands")
    index = link("xenbr0")["ifindex"]
    network.kill()
    network.start()
    until(lambda: pieces(network).get("xenbr0", {}).get("good"), "the bridge stands")
    assert link("xenbr0")["ifindex"] == index and addresses("xenbr0") == ["10.1.2.3/24"]


def test_the_network_process_is_replaced(network):
    configure(network, "bridge=xenbr0:eth0")
    until(lambda: pieces(network).get("xenbr0", {}).get("good"), "the bridge stands")
    children = f"/proc/{network.process.pid}/task/{network.process.pid}/children"
    with open(children, encoding="ascii") as f:
        for pid in f.read().split():
            os.kill(int(pid), 9)
    ip("link", "set", "eth0", "nomaster")
    until(lambda: link("eth0").get("master") == "xenbr0", "the next one looks after it")


def test_a_lease_is_applied_changed_and_given_up(network):
    configure(network, "ip=eth0:dhcp nameserver=10.9.9.9")
    until(lambda: pieces(network).get("eth0", {}).get("text") == "waiting for DHCP", "it waits")
    far = 10**15
    lease(network, f"client=1 address=10.1.2.5/24 ends_ms={far} gateway=10.1.2.1 dns=10.1.2.2\n")
    until(lambda: addresses("eth0") == ["10.1.2.5/24"], "the first lease")
    until(lambda: (network.folder / "resolv.conf").read_text()
          == "nameserver 10.9.9.9\nnameserver 10.1.2.2\n", "its name server comes after ours")
    lease(network, f"client=1 address=10.1.2.6/24 ends_ms={far}\n")
    until(lambda: addresses("eth0") == ["10.1.2.6/24"], "the second lease")
    (network.run / "dhcp" / "eth0").unlink()
    until(lambda: addresses("eth0") == [], "given up")


def test_a_lease_that_changed_while_nobody_looked(network):
    configure(network, "ip=eth0:dhcp")
    until(lambda: pieces(network).get("eth0", {}).get("text") == "waiting for DHCP", "it waits")
    lease(network, f"client=1 address=10.1.2.5/24 ends_ms={10**15}\n")
    until(lambda: addresses("eth0") == ["10.1.2.5/24"], "the first lease")
    network.kill()
    lease(network, f"client=1 address=10.1.2.6/24 ends_ms={10**15}\n")
    network.start()
    until(lambda: addresses("eth0") == ["10.1.2.6/24"], "the second lease alone")
    network.kill()
    lease(network, "client=1 address=10.1.2.6/24 ends_ms=1\n")  # it has run out
    network.start()
    until(lambda: addresses("eth0") == [], "given up")


def dhcp_event(world, event, **environment):
    program = world.folder / "dhcp-event"
    if not program.exists():
        program.symlink_to(os.environ["RELEVOD_FAKE"])
    return subprocess.run([program, event], env=dict(world.environment, interface="eth0", **environment),
                          capture_output=True, text=True, check=False)


def test_what_udhcpc_says_becomes_a_lease(world):
    done = dhcp_event(world, "bound", ip="10.1.2.5", mask="24", router="10.1.2.1 10.1.2.9",
                      dns="10.1.2.2 x 10.1.2.3", lease="3600")
    assert done.returncode == 0 and "DHCP: dns: x is not an address; left out" in done.stderr
    words = (world.run / "dhcp" / "eth0").read_text().split()
    assert words[0] == f"client={os.getpid()}" and words[1] == "address=10.1.2.5/24"
    assert words[3:] == ["gateway=10.1.2.1", "dns=10.1.2.2", "dns=10.1.2.3"]


def test_another_clients_first_deconfig_leaves_the_lease(world):
    dhcp_event(world, "bound", ip="10.1.2.5", mask="24", lease="3600")
    path = world.run / "dhcp" / "eth0"
    path.write_text(path.read_text().replace(f"client={os.getpid()}", "client=1"))
    assert dhcp_event(world, "deconfig").returncode == 0 and path.exists()
    path.write_text(path.read_text().replace("client=1", f"client={os.getpid()}"))
    assert dhcp_event(world, "deconfig").returncode == 0 and not path.exists()


def test_a_bad_lease_is_refused(world):
    assert dhcp_event(world, "bound", ip="10.1.2.5.6", mask="24").returncode == 1
    assert dhcp_event(world, "bound", ip="10.1.2.5", mask="99").returncode == 1
    assert not (world.run / "dhcp" / "eth0").exists()
