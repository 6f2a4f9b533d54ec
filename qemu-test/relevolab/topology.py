"""The lab's ordinary blade: one NIC into a bridge, a disk for each guest, a site bundle that says so.

Addresses on the front switch: 10.9.0.1 the lab, .11 and up guests, .101 and up blades."""
from . import site
from .node import Plan


def blade_address(number):
    return f"10.9.0.{100 + number}"


def network_words(number):
    """The parameters of a blade whose first NIC serves its guests' bridge."""
    return ["bridge=xenbr0:eth0", f"ip={blade_address(number)}:::255.255.255.0::xenbr0:none"]


def give_disks(folder, guests, first=0):
    """Makes the guests' disks and tells each which of the blade's it is; returns the images."""
    folder.mkdir(parents=True, exist_ok=True)
    images = []
    for guest in guests:
        if guest.disk:
            guest.device = f"/dev/vd{'abcdefghijklmnopqrstuvwxyz'[first + len(images)]}"
            images.append(str(guest.make_disk(folder / f"{guest.name}.img")))
    return images


def add_blade(lab, name, guests, conf=(), files=None, **plan):
    """A blade with its guests' disks and its site bundle, cabled and off."""
    number = len(lab.nodes) + 1
    folder = lab.folder / name
    images = give_disks(folder, guests)
    bundle = site.make(folder, [*network_words(number), *conf], guests, files)
    return lab.add_node(Plan(name, disks=images, site=str(bundle), **plan))


def chassis_words(number):
    """A blade in a chassis: four NICs on two midplanes, two bonds. bond0, watched by ARP, serves the
    guests' bridge; bond1 carries a VLAN for another."""
    return ["bond=bond0:eth0,eth1:mode=active-backup,arp_interval=250,arp_validate=all,"
            "arp_ip_target=10.9.0.1,primary=eth0",
            "bond=bond1:eth2,eth3:mode=active-backup,miimon=100", "vlan=bond1.20:bond1",
            "bridge=xenbr0:bond0", "bridge=xenbr1:bond1.20",
            f"ip={blade_address(number)}:::255.255.255.0::xenbr0:none"]


def add_chassis_blade(lab, name, guests, **plan):
    """A blade between the switches `front` and `midplane1`, which a trunk joins."""
    if "midplane1" not in lab.switches:
        lab.network.add_switch("midplane1", len(lab.switches))
        lab.network.add_trunk("front", "midplane1")
        lab.switches.append("midplane1")
    folder = lab.folder / name
    images = give_disks(folder, guests)
    bundle = site.make(folder, chassis_words(len(lab.nodes) + 1), guests)
    return lab.add_node(Plan(name, disks=images, site=str(bundle),
                             nics=["front", "midplane1", "front", "midplane1"], **plan))
