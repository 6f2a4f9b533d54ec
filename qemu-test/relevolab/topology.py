"""The lab's blades: a disk for each guest, a site bundle that says so, and one of two networks.

Addresses on the front switch: 10.9.0.1 the lab, .11 and up guests, .101 and up blades."""
from . import site, ssh
from .disk import copy
from .node import Plan, disk_device, lun_wwid

ARP_INTERVAL_MS = 500  # of the chassis' first bond; a shorter one takes stalls of the emulation for failures


# Words of the kernel's for a dom0 of 64 MiB, as README.md has them. The usual bounce buffers for DMA, 16 MiB,
# are too much of so little; and 1 MiB is reserve enough for DRBD where there is no mirror.
SMALL_DOM0 = ["swiotlb=2048", "drbd.minor_count=1"]


def blade_address(number):
    return f"10.9.0.{100 + number}"


def network_words(number):
    """The parameters of a blade whose first NIC serves its guests' bridge."""
    return ["bridge=xenbr0:eth0", f"ip={blade_address(number)}:::255.255.255.0::xenbr0:none"]


def chassis_words(number):
    """A blade in a chassis: four NICs on two midplanes, two bonds with a VLAN each. bond0 (development) is
    watched by ARP, from an address on its VLAN; bond1 (production) by carrier."""
    return ["bond=bond0:eth0,eth1:mode=active-backup,"
            f"arp_interval={ARP_INTERVAL_MS},arp_validate=all,"
            "arp_ip_target=10.9.0.1,primary=eth0",
            "bond=bond1:eth2,eth3:mode=active-backup,miimon=100,primary=eth2",
            "vlan=bond0.10:bond0", "vlan=bond1.20:bond1", "bridge=xenbr0:bond0.10", "bridge=xenbr1:bond1.20",
            f"ip={blade_address(number)}:::255.255.255.0::xenbr0:none"]


def give_disks(folder, guests, first=0):
    """Makes the guests' disks and tells each which of the blade's it is; returns the images."""
    folder.mkdir(parents=True, exist_ok=True)
    images = []
    for guest in guests:
        if guest.disk:
            guest.device = disk_device(first + len(images))
            images.append(str(guest.make_disk(folder / f"{guest.name}.img")))
    return images


def give_luns(folder, guests, options):
    """Makes disks for guests that are LUNs named after them; returns the images and the words."""
    folder.mkdir(parents=True, exist_ok=True)
    images, words = [], []
    for guest in guests:
        guest.device = f"/dev/mapper/{guest.name}"
        words.append(f"multipath={guest.name}:{lun_wwid(len(images))}{options}")
        images.append(str(guest.make_disk(folder / f"{guest.name}.img")))
    return images, words


MIRROR_PORT = 7788
MIRROR_CABLE = 1  # the blade's NIC on the switch between the mirrors


def mirror_words(number):
    """A blade with a second NIC for its mirrors, on the switch `mirror`."""
    return [*network_words(number), f"ip=10.9.1.{100 + number}:::255.255.255.0::eth1:none"]


def mirror_images(folder, guest, names):
    """The guest's disk as a mirror: an image for each of these blades, with room for DRBD's metadata. They
    hold the same; but that is for `relevo drbd seed` to say."""
    folder.mkdir(parents=True, exist_ok=True)
    guest.device = f"/dev/drbd/{guest.name}"
    image = guest.make_disk(folder / f"{guest.name}.img")
    with open(image, "r+b") as disk:
        disk.truncate(image.stat().st_size + (1 << 20))
    return [str(copy(image, folder / f"{guest.name}-{name}.img")) for name in names]


def add_mirror_pair(lab, names, guest, options=""):
    """Two blades that mirror the guest's disk, off; its home is the first."""
    folder = lab.folder / "-".join(names)
    first = len(lab.nodes) + 1
    lab.add_switch("mirror")
    sides = ",".join(f"{name}@10.9.1.{100 + first + i}:{MIRROR_PORT}" for i, name in enumerate(names))
    key = f'sshkey="{ssh.make_key(lab.folder)}"'
    nodes = []
    for i, (name, disk) in enumerate(zip(names, mirror_images(folder, guest, names))):
        words = [*mirror_words(first + i), f"drbd={guest.name}:0:/dev/vda:{sides}{options}", key]
        bundle = site.make(folder / name, words, [guest])
        nodes.append(lab.add_node(Plan(name, site=str(bundle), disks=[disk], nics=["front", "mirror"])))
    return nodes


def add_blade(lab, name, guests, conf=(), files=None, network=network_words, san=None, **plan):
    """A blade with its guests' disks and its site bundle, cabled and off. With `san`, options of
    multipath= such as ":interval=1" or "", its guests' disks are LUNs."""
    number = len(lab.nodes) + 1
    folder = lab.folder / name
    if san is None:
        plan["disks"], words = give_disks(folder, guests), []
    else:
        plan["luns"], words = give_luns(folder, guests, san)
    key = f'sshkey="{ssh.make_key(lab.folder)}"'
    bundle = site.make(folder, [*network(number), *words, key, *conf], guests, files)
    return lab.add_node(Plan(name, site=str(bundle), **plan))


def add_chassis(lab):
    """Two midplane switches, each with an external cable to the world, where VLAN 10 is the switch `front`
    and VLAN 20 the switch `production`."""
    for switch in ("world", "midplane0", "midplane1", "production"):
        lab.add_switch(switch)
    for midplane in ("midplane0", "midplane1"):
        lab.network.add_trunk(midplane, "world")
    lab.network.add_access("world", "front", 10)
    lab.network.add_access("world", "production", 20)


def add_chassis_blade(lab, name, guests, **plan):
    """A blade in the chassis: eth0 and eth2 on one midplane, eth1 and eth3 on the other."""
    return add_blade(lab, name, guests, network=chassis_words,
                     nics=["midplane0", "midplane1", "midplane0", "midplane1"], **plan)
