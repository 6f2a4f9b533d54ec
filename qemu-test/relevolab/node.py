"""One blade: a QEMU machine that boots Xen, the dom0 kernel and the initrd by multiboot."""
import calendar
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .channel import Channel, ChannelError
from .clock import now, wait_for
from .console import read_log
from .network import tap_name
from .qmp import Qmp, QmpError
from .space import started_at

CMDLINE_MAX = 1023  # Xen cuts a PV dom0's command line there, silently
# SMAP breaks a PV dom0 under QEMU 7.2's TCG, which qemu64 does not have; PVH guests want npt.
CPU = "qemu64,+svm,+npt"
# Its clocks count instructions, one a nanosecond, whatever else the build machine does; idle time is skipped.
# For a processor only.
COUNTED = ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off"]
QUICK = ["-accel", "tcg,thread=multi"]


SAN_CONTROLLERS = 2


DISK_SLOT = 16  # of the PCI bus: disks begin there, eight to a slot, up to 128


def disk_device(number):
    """What the blade calls its disk, from 0: /dev/vda to vdz, vdaa and so on."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return f"/dev/vd{letters[number // 26 - 1] if number >= 26 else ''}{letters[number % 26]}"


def lun_wwid(number):
    """The name of the blade's LUN, from 0; the same through both controllers."""
    return f"naa.5000c5000000{number:04x}"


def lun_path(number, controller):
    """A path to a LUN, as QEMU's -device and QMP's device_add describe it."""
    return {"driver": "scsi-hd", "id": f"lun{number}-path{controller}", "bus": f"san{controller}.0",
            "lun": number, "drive": f"lun{number}-view{controller}", "share-rw": True,
            "serial": f"LUN{number}", "wwn": int(lun_wwid(number).removeprefix("naa."), 16)}


@dataclass
class Plan:
    """What a blade is made of. Sizes in MiB."""
    name: str
    memory: int = 768
    cpus: int = 2
    dom0_cpus: int = 1   # the guests get the other one; and an emulated CPU is slow to wake another
    dom0_mem: int = 128
    counted: bool = False  # time is instructions, see COUNTED
    random: bool = True    # the processor and the machine have a random generator
    words: list = field(default_factory=list)      # more words for the dom0 kernel's command line
    xen_words: list = field(default_factory=list)
    hostname: bool = True                          # pass hostname=NAME
    nics: list = field(default_factory=lambda: ["front"])  # the switch of each
    disks: list = field(default_factory=list)      # image files, /dev/vda first
    shared: list = field(default_factory=list)     # more disks, which other blades have, too
    luns: list = field(default_factory=list)       # image files that two SCSI controllers show, each
    devices: list = field(default_factory=list)    # more of the machine's, as QEMU's -device has them
    image: str = ""                                # directory with xen.gz, vmlinuz, initrd.img
    site: str = ""                                 # a site bundle (cpio) to append to the initrd

    def command_line(self):
        words = ["console=hvc0", "shell=ttyS1"]
        if self.hostname:
            words.append(f"hostname={self.name}")
        line = " ".join(words + self.words)
        if len(line) > CMDLINE_MAX:
            raise ValueError(f"{self.name}: command line of {len(line)} bytes, Xen passes {CMDLINE_MAX}")
        return line


class Node:
    """`folder` holds its consoles, sockets and state; `number` makes its addresses."""

    def __init__(self, space, network, story, folder, number, plan):
        self.space, self.network, self.story = space, network, story
        self.folder, self.number, self.plan = Path(folder), number, plan
        self.name = plan.name
        self.channel = Channel(self.folder / "shell.sock")
        self.folder.mkdir(parents=True, exist_ok=True)

    # --- power

    def mac(self, index):
        return f"52:54:00:09:{self.number:02x}:{index:02x}"

    def plug_in(self):
        """Lays the cables; once in a node's life."""
        for index, switch in enumerate(self.plan.nics):
            self.network.add_tap(tap_name(self.name, index), switch)

    def _boot_files(self):
        """(xen, kernel, initrd): Xen unpacked, as QEMU's multiboot loader wants it; the site behind
        the initrd."""
        image = Path(self.plan.image)
        xen, initrd = self.folder / "xen", self.folder / "initrd.img"
        with open(xen, "wb") as out:
            subprocess.run(["gzip", "-dc", str(image / "xen.gz")], stdout=out, check=True)
        with open(initrd, "wb") as out:
            for part in [image / "initrd.img", *([Path(self.plan.site)] if self.plan.site else [])]:
                data = part.read_bytes()
                out.write(data + b"\0" * (-len(data) % 4))
        return xen, image / "vmlinuz", initrd

    def _command(self):
        plan = self.plan
        xen, kernel, initrd = self._boot_files()
        line = plan.command_line().replace(",", ",,")  # a comma ends a module in QEMU's list
        command = [
            "qemu-system-x86_64", *(COUNTED if plan.counted else QUICK),
            "-cpu", CPU + (",+rdrand" if plan.random else ""),
            "-name", self.name, "-nodefaults", "-display", "none",
            "-m", str(plan.memory), "-smp", str(plan.cpus), "-S",
            "-kernel", xen, "-initrd", f"{kernel} {line},{initrd}", "-append",
            " ".join(["console=com1", "com1=115200,8n1", f"dom0_mem={plan.dom0_mem}M,max:{plan.dom0_mem}M",
                      f"dom0_max_vcpus={plan.dom0_cpus}", *plan.xen_words]),
            "-qmp", "unix:qmp.sock,server=on,wait=off",
            "-chardev", "socket,id=com1,path=console.sock,server=on,wait=off", "-serial", "chardev:com1",
            "-chardev", "socket,id=com2,path=shell.sock,server=on,wait=off", "-serial", "chardev:com2",
            *(["-device", "virtio-rng-pci"] if plan.random else [])]
        for index in range(len(plan.nics)):
            command += ["-netdev", f"tap,id=net{index},ifname={tap_name(self.name, index)},script=no,"
                        "downscript=no", "-device",
                        f"virtio-net-pci,id=nic{index},netdev=net{index},mac={self.mac(index)}"]
        for index, disk in enumerate([*plan.disks, *plan.shared]):
            locking = ",file.locking=off" if disk in plan.shared else ""
            command += ["-drive", f"file={disk},format=raw,if=none,id=disk{index}{locking}", "-device",
                        f"virtio-blk-pci,drive=disk{index},serial={Path(disk).stem[:20]},"
                        f"addr={DISK_SLOT + index // 8:x}.{index % 8},multifunction=on"]
        for controller in range(SAN_CONTROLLERS if plan.luns else 0):
            command += ["-device", f"virtio-scsi-pci,id=san{controller}"]
        for number, image in enumerate(plan.luns):
            for controller in range(SAN_CONTROLLERS):
                view = f"node-name=lun{number}-view{controller},driver=raw"
                command += ["-blockdev", f"{view},file.driver=file,file.filename={image},file.locking=off",
                            "-device", json.dumps(lun_path(number, controller))]
        for device in plan.devices:
            command += ["-device", device]
        return list(map(str, command))

    def power_on(self):
        """Starts the machine; returns the time at which its processors began to run."""
        for name in ("qmp.sock", "console.sock", "shell.sock", "console-user.sock"):
            (self.folder / name).unlink(missing_ok=True)
        with open(self.folder / "qemu.log", "ab") as log:
            _, pid = self.space.spawn(self._command(), cwd=self.folder, stdin=subprocess.DEVNULL,
                                      stdout=log, stderr=log)
            (self.folder / "qemu.pid").write_text(json.dumps([pid, started_at(pid)]))
            wait_for(lambda: (self.folder / "qmp.sock").exists() or not self.is_on(),
                     f"QEMU to start; see {log.name}", 30)
            if not self.is_on():
                raise RuntimeError(f"QEMU ended at once; see {log.name}")
            library = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
            self.space.spawn([sys.executable, "-m", "relevolab.console"], cwd=self.folder, env=library,
                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            wait_for((self.folder / "console-user.sock").exists, "the console's keeper to start", 30)
        with Qmp(self.folder / "qmp.sock") as qmp:
            self.story.note("lab", f"{self.name}: power on")
            qmp.execute("cont")
        return now()

    def _qemu(self):
        """The machine's process id, or None when it is off."""
        try:
            pid, start = json.loads((self.folder / "qemu.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if start is not None and started_at(pid) == start else None

    def is_on(self):
        return self._qemu() is not None

    def kill(self):
        """Pulls the plug."""
        pid = self._qemu()
        if pid:
            self.story.note("lab", f"{self.name}: power cut")
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not self.is_on(), f"{self.name} to be dead", 30)
        self.channel.close()

    def wait_off(self, seconds=120):
        wait_for(lambda: not self.is_on(), f"{self.name} to power off", seconds)
        self.channel.close()

    def qmp(self, command, **arguments):
        with Qmp(self.folder / "qmp.sock") as qmp:
            return qmp.execute(command, **arguments)

    def freeze(self):
        """The whole host stands still, clocks and all."""
        self.story.note("lab", f"{self.name}: frozen")
        self.qmp("stop")

    def thaw(self):
        self.story.note("lab", f"{self.name}: thawed")
        self.qmp("cont")

    def reset(self):
        self.story.note("lab", f"{self.name}: reset button")
        self.qmp("system_reset")

    def state(self):
        """off, running, paused, or what else QEMU calls it."""
        if not self.is_on():
            return "off"
        try:
            return self.qmp("query-status")["status"]
        except (OSError, QmpError) as error:
            return f"unknown ({error})"

    # --- cables

    def cut(self, index):
        self.story.note("lab", f"{self.name}: cable {index} cut")
        self.qmp("set_link", name=f"nic{index}", up=False)

    def heal(self, index):
        """The cable is whole, and the switch's port forwards."""
        self.story.note("lab", f"{self.name}: cable {index} healed")
        self.qmp("set_link", name=f"nic{index}", up=True)
        self.network.unsilence(tap_name(self.name, index))

    def silence(self, index):
        self.story.note("lab", f"{self.name}: switch port of cable {index} silent")
        self.network.silence(tap_name(self.name, index))

    # --- paths to LUNs

    def pull_path(self, number, controller):
        """The LUN is no longer seen through that controller."""
        self.story.note("lab", f"{self.name}: LUN {number} pulled from controller {controller}")
        self.qmp("device_del", id=f"lun{number}-path{controller}")

    def put_path(self, number, controller):
        self.story.note("lab", f"{self.name}: LUN {number} back on controller {controller}")
        self.qmp("device_add", **lun_path(number, controller))

    # --- what is seen of it

    def console_lines(self):
        """[(time, line)] since the lab began."""
        return read_log(self.folder / "console.log")

    def log_lines(self):
        """[(time, line)] of the node's log, to the second; none if it cannot be asked."""
        try:
            text = self.output("tail -n 500 /run/log/messages", 20)
        except (ChannelError, OSError):
            return []
        lines = []
        for line in text.splitlines():
            with contextlib.suppress(ValueError):
                stamp = time.strptime(f"{time.gmtime().tm_year} {line[:15]}", "%Y %b %d %H:%M:%S")
                lines.append((float(calendar.timegm(stamp)), line[16:]))
        return lines

    def find_line(self, pattern, since=0.0):
        """(time, line) of the first console line from `since` on that matches, or None."""
        wanted = re.compile(pattern)
        return next((entry for entry in self.console_lines()
                     if entry[0] >= since and wanted.search(entry[1])), None)

    def wait_line(self, pattern, since=0.0, seconds=120):
        return wait_for(lambda: self.find_line(pattern, since),
                        f"{self.name}'s console to say /{pattern}/", seconds)

    def wait_reset(self, since, seconds=300):
        """Until the host has been reset since then, and its shell answers again."""
        self.wait_line("Xen version", since, seconds)
        self.wait_shell(seconds)

    # --- commands

    def run(self, command, seconds=60):
        """Runs a shell command on the blade."""
        return self.channel.run(command, seconds)

    def output(self, command, seconds=60):
        """The output of a command that must succeed."""
        result = self.run(command, seconds)
        if result.status:
            raise ChannelError(f"{self.name}: {result}")
        return result.output

    def order(self, command):
        """Gives a command that may end the shell it is given to."""
        try:
            self.run(command, 10)
        except ChannelError:
            self.channel.close()

    def wait_shell(self, seconds=180):
        """Until commands can be run."""
        self.run("true", seconds)

    def service_pid(self, name):
        """The process id of one of init's services, or None."""
        found = self.run(f"for p in $(pidof {name}); do grep -q '^PPid:.1$' /proc/$p/status && echo $p; done"
                         ).output.split()
        return int(found[0]) if found else None

    def relevod_processes(self):
        """{role: process id} of those that relevod keeps; its own is under "relevod"."""
        said = self.run("for p in $(pidof relevod); do echo $p $(tr '\\0' ' ' </proc/$p/cmdline); done")
        found = [line.split() for line in said.output.splitlines()]
        return {words[words.index("--role") + 1] if "--role" in words else "relevod": int(words[0])
                for words in found if len(words) > 1}

    def relevo(self, *words, seconds=60):
        return self.output("relevo " + " ".join(words), seconds)

    def status(self):
        return json.loads(self.relevo("status", "--json"))

    # --- kept between invocations of the lab command

    def save(self):
        return {"number": self.number, "plan": asdict(self.plan)}
