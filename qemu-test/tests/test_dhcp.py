"""A blade's address from a DHCP server."""
import json

from relevolab import watch
from relevolab.clock import wait_for
from relevolab.dhcp import Server


def told(node):
    pieces = json.loads(node.relevo("network", "--json"))["network"]
    return next((piece for piece in pieces if (piece["kind"], piece["name"]) == ("ip", "eth1")), {})


def wait_address(node, address):
    wait_for(lambda: told(node).get("good") and address in told(node)["text"],
             lambda: f"eth1 to have {address}: {told(node)}", 120, every=0.5)


def test_a_lease_is_taken_and_outlives_relevod(lab, blade):
    lab.add_switch("office")
    number = lab.switches.index("office")
    own, given = f"10.9.{number}.1", f"10.9.{number}.50"
    server = Server(lab.space, "office", own, given)
    try:
        node = blade("dhcp", nics=["front", "office"], conf=["ip=eth1:dhcp"])
        node.wait_shell()
        wait_for(lambda: node.run("relevo network").status == 0, "relevod to answer", 120)
        wait_address(node, f"{given}/24")
        assert server.requests[0] == "dhcp"  # its hostname
        watch.wait_ping(lab, given)
        wait_for(lambda: f"default via {own} dev eth1" in node.output("ip route"), "the way out", 60)
        wait_for(lambda: f"nameserver {own}" in node.output("cat /etc/resolv.conf"), "the name server", 60)
        node.output("kill -9 $(pidof relevod)")
        assert f"inet {given}/24" in node.output("ip addr show dev eth1")
        wait_for(lambda: node.run("relevo network").status == 0, "the next relevod to answer", 60)
        wait_address(node, f"{given}/24")
        watch.wait_ping(lab, given)
    finally:
        server.close()
