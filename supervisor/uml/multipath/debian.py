"""Debian's multipathd in relevod's place. There is no udevd: what its database would say of the disks is
written down. The packages are unpacked in build/uml/debian."""
import os
import subprocess
from pathlib import Path

from blade import DISK, WWID, mapped_paths, Mapped
from init import libc, mount
from target import WORKS
from world import until

ROOT = Path("build/uml/debian").resolve()
UDEV = Path("/run/udev/data")
BIND = 4096  # MS_BIND
NAME = WWID.replace("naa.", "3")
CONFIGURATION = """
defaults {{
    polling_interval {interval}
    max_polling_interval {longest}
    path_checker tur
    path_grouping_policy multibus
    path_selector "service-time 0"
    failback immediate
    no_path_retry {retries}
    user_friendly_names no
    find_multipaths no
}}
blacklist {{
    wwid ".*"
}}
blacklist_exceptions {{
    wwid "{wwid}"
}}
multipaths {{
    multipath {{
        wwid "{wwid}"
        alias web
    }}
}}
"""


def bind(source, target):
    if libc.mount(str(source).encode(), str(target).encode(), b"none", BIND, None) != 0:
        raise OSError(f"{target}: cannot be mounted")


def prepare():
    """What it needs beside its packages, once for each boot."""
    for folder in "dev", "proc", "sys", "run":
        bind(f"/{folder}", ROOT / folder)
    bind("/lib/x86_64-linux-gnu", ROOT / "lib/x86_64-linux-gnu")
    bind("/lib64", ROOT / "lib64")
    mount("tmpfs", "etc", str(ROOT / "etc"))
    (ROOT / "etc/multipath").mkdir()
    UDEV.mkdir(parents=True)


class Debian(Mapped):
    disk = DISK

    def __init__(self, folder, target):
        self.target = target
        self.notes = folder / "writes"
        self.process = None

    def begin(self, interval, timeout, eh_timeout, no_path_retry):
        self.target.add_hosts(2)
        for host in range(2):
            device = Path(f"/sys/block/{self.target.path(host)}/device")
            (device / "timeout").write_text(str(timeout))
            (device / "eh_timeout").write_text(str(eh_timeout))
            (device / f"scsi_disk/{host}:0:0:0/max_retries").write_text("0")
            number = (device.parent / "dev").read_text().strip()
            (UDEV / f"b{number}").write_text(f"I:1\nE:ID_SERIAL={NAME}\nE:ID_WWN=0x{NAME[1:]}\n")
        (ROOT / "etc/multipath.conf").write_text(CONFIGURATION.format(
            wwid=NAME, interval=interval, longest=4 * interval,
            retries=no_path_retry // interval))
        libraries = "/lib:/usr/lib/x86_64-linux-gnu"
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(["chroot", ROOT, "/sbin/multipathd", "-d", "-s", "-v2"],
                                        env=dict(os.environ, LD_LIBRARY_PATH=libraries))
        until(lambda: len(mapped_paths()) == 2, "both paths are taken")
        subprocess.run(["dmsetup", "mknodes", "web"], check=True)  # as udevd would have

    def close(self):
        self.target.set_mode(WORKS, 0, 1)
        self.stop_writing()
        self.process.terminate()
        self.process.wait()
        subprocess.run(["dmsetup", "remove", "--noudevsync", "--retry", "web"], check=True)
        self.target.remove_hosts()
        self.target.reset()
