"""What tests of the network role need in their namespace: iproute2's view, and cables."""
import json
import subprocess


def ip(*words):
    done = subprocess.run(["ip", "-j", *words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout) if done.stdout.strip() else []


def add_cable(name):
    ip("link", "add", name, "type", "veth", "peer", "name", f"{name}-far")
    ip("link", "set", f"{name}-far", "up")


def link(name):
    return next((i for i in ip("-d", "link", "show") if i["ifname"] == name), None)


def addresses(name):
    return [f"{a['local']}/{a['prefixlen']}" for i in ip("addr", "show") if i.get("ifname") == name
            for a in i["addr_info"] if a.get("scope") == "global"]


def pieces(world):
    status = world.status()
    return {p["name"]: p for p in status["network"]} if status else {}


def configure(world, words):
    world.cmdline.write_text(f"hostname=n1 {words}\n")
    return world.start()


def lease(world, text):
    """What a DHCP client has got for eth0."""
    folder = world.run / "dhcp"
    (folder / "new").write_text(text)
    (folder / "new").rename(folder / "eth0")
