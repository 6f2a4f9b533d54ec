#!/usr/bin/python3
"""One blade: its image, its boot, its memory, its guests.

  image_bytes[.FILE]             what is loaded at boot: xen.gz, vmlinuz, initrd.img
  init_bytes                     PID 1, stripped
  boot_to_kernel_s               from power-on until the dom0 kernel runs
  boot_to_init_s                 ... to init's first line
  boot_to_toolstack_s            ... until xenstored, dom0's entries in it and xenconsoled are there
  boot_to_create_s               ... until the guest is created
  boot_to_guest_s                ... to the guest's first heartbeat
  dom0_used_kib                  MemTotal - MemAvailable in dom0 with one guest
  dom0_used64_kib                ... in the smallest dom0, of 64 MiB, with a guest that boots from its disk
  rss_kib.PROCESS                resident size: of init's services, and of what relevod keeps running
  rss256_kib.ROLE                ... of relevod, and of what it keeps running, with all the guests that a
                                 site can have in a cluster's ledger; none fits the blade
  guest_create_s.pv|pvh          the start of a guest with disk and NIC, as relevod reports it; its kernel is
                                 a file that dom0 unpacks
  guest_create_s.pv_disk         ... of one that boots from its disk, in the smallest dom0
  guest_crash_to_create_s        from the order to crash until the guest is created again
  guest_crash_to_heartbeat_s     ... until it is heard again
  guest_crash_to_*_s.pv_disk     ... of the guest that boots from its disk"""
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from relevolab import topology, watch  # noqa: E402
from relevolab.clock import now, wait_for  # noqa: E402
from relevolab.cluster import Cluster  # noqa: E402
from relevolab.figures import program  # noqa: E402
from relevolab.guest import Guest  # noqa: E402
from relevolab.lab import IMAGE  # noqa: E402

INIT = r"\[ *([0-9.]+)\] init: "  # the stamp: seconds since the dom0 kernel began
TOOLSTACK = r"init: xenconsoled: started"
CREATED = r"relevod: guest {}: runs as domain"
GUESTS_MAX = 256  # SITE_GUESTS_MAX in supervisor/config/site.h
SERVICES = ("xenstored", "xenconsoled", "syslogd", "klogd", "dropbear", "sh")


def measure_sizes(figures, _lab, _runs):
    sizes = json.loads((IMAGE / "sizes.json").read_text())
    figures.add("image_bytes", sizes["total"], "byte")
    for name, size in sizes["parts"].items():
        figures.add(f"image_bytes.{name}", size, "byte")
    figures.add("init_bytes", sizes["initrd"]["init"], "byte")


def measure_boot(figures, lab, node, guest):
    start = node.power_on()
    beat = watch.wait_alive(lab, guest, since=start, seconds=300)
    conditions = {"dom0_mem_mib": node.plan.dom0_mem, "accelerator": "tcg", "cpus": node.plan.cpus,
                  "dom0_cpus": node.plan.dom0_cpus}
    for name, pattern in (("init", INIT), ("toolstack", TOOLSTACK), ("create", CREATED.format(guest.name))):
        time, line = node.wait_line(pattern, since=start, seconds=30)
        if name == "init":
            figures.add("boot_to_kernel_s", time - start - float(re.search(INIT, line)[1]), "s", **conditions)
        figures.add(f"boot_to_{name}_s", time - start, "s", **conditions)
    figures.add("boot_to_guest_s", beat.time - start, "s", **conditions, guest=guest.type)


def resident_kib(node, pid):
    pages = node.output(f"cat /proc/{pid}/smaps_rollup")  # status is told of 64 at a time
    return int(re.search(r"Rss:\s*(\d+)", pages)[1])


def measure_used(figures, name, node):
    fields = dict(line.split(":") for line in node.output("cat /proc/meminfo").splitlines() if ":" in line)
    kib = {field: int(value.split()[0]) for field, value in fields.items()}
    figures.add(name, kib["MemTotal"] - kib["MemAvailable"], "KiB",
                dom0_mem_mib=node.plan.dom0_mem, guests=1)


def measure_memory(figures, node):
    measure_used(figures, "dom0_used_kib", node)
    processes = {"init": 1, **{name: node.service_pid(name) for name in SERVICES}, **node.relevod_processes()}
    for name, pid in processes.items():
        figures.add(f"rss_kib.{name}", resident_kib(node, pid), "KiB", guests=1)


def created_since(node, guest, since):
    """(time, seconds that creating it took) of the guest's first creation since then."""
    time, line = wait_for(lambda: node.find_line(CREATED.format(guest.name), since),
                          f"{guest.name} to be created", 120)
    return time, float(re.search(r"created in ([0-9.]+) s", line)[1])


def kind(guest):
    """pv, pvh or pv_disk."""
    return guest.type + ("_disk" if guest.boot == "disk" else "")


def measure_create(figures, lab, node, guest):
    old = watch.wait_alive(lab, guest)
    began = now()
    node.relevo("restart", guest.name)
    watch.wait_reborn(lab, guest, old)
    figures.add(f"guest_create_s.{kind(guest)}", created_since(node, guest, began)[1], "s",
                memory_mib=guest.memory, disks=1, nics=1)


def measure_crash(figures, lab, node, guest):
    old = watch.wait_alive(lab, guest)
    began = now()
    watch.tell(lab, guest, "crash")
    beat = watch.wait_reborn(lab, guest, old)
    created, _ = created_since(node, guest, began)
    which = f".{kind(guest)}" if guest.boot == "disk" else ""
    figures.add(f"guest_crash_to_create_s{which}", created - began, "s", guest=guest.type)
    figures.add(f"guest_crash_to_heartbeat_s{which}", beat.time - began, "s", guest=guest.type)
    node.relevo("start", guest.name)  # forgets the failure: each crash is a first one


def measure_pv(figures, lab, runs):
    guest = Guest("pv1", 11, "pv", keys=['home = "blade1"'])
    node = topology.add_blade(lab, "blade1", [guest])
    for run in range(runs):
        print(f"bench: boot {run + 1} of {runs}", flush=True)
        node.kill()
        measure_boot(figures, lab, node, guest)
        measure_memory(figures, node)
    print("bench: creating and crashing guests", flush=True)
    for _ in range(runs):
        measure_create(figures, lab, node, guest)
        measure_crash(figures, lab, node, guest)


def measure_pvh(figures, lab, runs):
    guest = Guest("pvh1", 12, "pvh", keys=['home = "blade2"'])
    node = topology.add_blade(lab, "blade2", [guest])
    watch.wait_alive(lab, guest, since=node.power_on())
    for _ in range(runs):
        measure_create(figures, lab, node, guest)


def measure_small_dom0(figures, lab, runs):
    guest = Guest("small1", 13, "pv", boot="disk", keys=['home = "blade3"'])
    node = topology.add_blade(lab, "blade3", [guest], words=topology.SMALL_DOM0, dom0_mem=64)
    for _ in range(runs):
        node.kill()
        watch.wait_alive(lab, guest, since=node.power_on())
        measure_used(figures, "dom0_used64_kib", node)
    for _ in range(runs):
        measure_create(figures, lab, node, guest)
        measure_crash(figures, lab, node, guest)


def measure_large_ledger(figures, lab, _runs):
    guests = [Guest(f"guest{n}", n, disk=False,
                    keys=['home = "blade1"', f'disk = ["phy:/dev/none{n},xvda,w"]'])
              for n in range(GUESTS_MAX)]
    cluster = Cluster(lab, guests, blades=1, room=1)
    cluster.power_on()
    node = cluster["blade1"]
    node.wait_shell(400)

    def knows_the_ledger():
        seen = cluster.document(node) or {}
        return seen.get("armed") and len(seen["guests"]) == GUESTS_MAX

    wait_for(knows_the_ledger, "the ledger to be known", 400, every=1)
    node.status()
    for name, pid in node.relevod_processes().items():
        figures.add(f"rss256_kib.{name}", resident_kib(node, pid), "KiB", guests=GUESTS_MAX)


if __name__ == "__main__":
    program("blade", __doc__, measure_sizes, measure_pv, measure_pvh, measure_small_dom0,
            measure_large_ledger)
