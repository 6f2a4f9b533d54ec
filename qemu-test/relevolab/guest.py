"""The lab's guest: a small Linux whose PID 1 is the agent (qemu-test/guest/agent.c).

Run as a program it makes, once, what all guests share: the file tree (agent, busybox, libc), the
same tree as an initial RAM disk, and the kernel beside them."""
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from .disk import make as make_image

TREE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "image"))
from cpio import Cpio  # noqa: E402  what the image is packed with packs its guests too

BUILT = TREE / "build/guest"
APPLETS = ("sh ls cat cp mv rm mkdir echo printf ps kill top free df mount umount dmesg hostname uname "
           "date sleep sync ip ping nc vi head tail grep sed awk dd od hexdump poweroff reboot halt").split()


@dataclass
class Guest:
    """What a guest is, and how the lab watches it. `host` is the last byte of its address."""
    name: str
    host: int
    type: str = "pv"
    boot: str = "kernel"    # "kernel": named in the guest file; "disk": through GRUB, from its own disk
    memory: int = 64        # MiB
    disk: bool = True       # it has one
    device: str = ""        # which of the blade's disks that is; topology.add_blade sets it
    bridge: str = "xenbr0"  # empty: no NIC
    net: int = 0            # the number of the switch behind it
    vif: str = ""           # more settings of its NIC: ",rate=1Mb/s"
    knobs: dict = field(default_factory=dict)  # agent.KEY=VALUE, see guest/knobs.h
    keys: list = field(default_factory=list)   # more lines for its guest file

    @property
    def address(self):
        return f"10.9.{self.net}.{self.host}"

    @property
    def mac(self):
        return f"00:16:3e:09:00:{self.host:02x}"

    def command_line(self):
        knobs = {"name": self.name, **self.knobs}
        if self.bridge:
            knobs["ip"] = f"{self.address}/24"
        if self.disk:
            knobs["disk"] = "/dev/xvda2"
        words = [f"agent.{key}={value}" for key, value in knobs.items()]
        return " ".join(["console=hvc0", "root=/dev/xvda1", "rw", *words])

    def config(self):
        """Its guest file, in xl.cfg(5) syntax."""
        lines = [f'name = "{self.name}"', f'type = "{self.type}"', f"memory = {self.memory}", "vcpus = 1"]
        if self.boot == "kernel":
            lines += ['kernel = "/site/boot/guest-vmlinuz"', 'ramdisk = "/site/boot/guest-initrd.img"',
                      f'extra = "{self.command_line()}"']
        if self.type == "pvh":
            # Whenever one of QEMU 7.2's processors restores its FPU, it also writes flags of the first one
            # (cpu_clear_ignne), and takes back what that has just noted about entering or leaving such a
            # guest: a triple fault, or worse. So none runs there; a native time stamp counter spares exits.
            lines += ['cpus = "1"', 'tsc_mode = "native"']
        if self.disk:
            lines.append(f'disk = ["phy:{self.device},xvda,w"]')
        if self.bridge:
            lines.append(f'vif = ["mac={self.mac},bridge={self.bridge},ip={self.address}{self.vif}"]')
        return "\n".join([*lines, *self.keys]) + "\n"

    def make_disk(self, path, built=BUILT):
        """Its disk: a root file system with kernel and grub.cfg if it boots from it, and the diary."""
        if self.boot != "disk":
            return make_image(path, root_mib=1)
        tree = Path(f"{path}.tree")
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(built / "tree", tree, symlinks=True)
        (tree / "boot/grub").mkdir(parents=True)
        shutil.copy(built / "vmlinuz", tree / "boot/vmlinuz")
        (tree / "boot/grub/grub.cfg").write_text(
            f'set timeout=0\nmenuentry "guest" {{\n  linux /boot/vmlinuz {self.command_line()}\n}}\n')
        make_image(path, tree)
        shutil.rmtree(tree)
        return path


def make_tree(tree, agent, busybox, libc):
    """The guest's files."""
    shutil.rmtree(tree, ignore_errors=True)
    for folder in ("bin", "sbin", "lib", "dev", "proc", "sys", "run", "tmp", "root"):
        (tree / folder).mkdir(parents=True)
    shutil.copy(agent, tree / "sbin/init")
    (tree / "init").symlink_to("sbin/init")  # where an initial RAM disk has it
    shutil.copy(busybox, tree / "bin/busybox")
    shutil.copy(libc, tree / "lib/libc.so")
    (tree / "lib/ld-musl-x86_64.so.1").symlink_to("libc.so")
    for applet in APPLETS:
        folder = "sbin" if applet in ("poweroff", "reboot", "halt") else "bin"
        (tree / folder / applet).symlink_to("/bin/busybox")


def pack(tree):
    """The tree as an initial RAM disk."""
    archive = Cpio()
    for path in sorted(tree.rglob("*")):
        name = str(path.relative_to(tree))
        if path.is_symlink():
            archive.symlink(name, os.readlink(path))
        elif path.is_dir():
            archive.directory(name)
        else:
            archive.file(name, path.read_bytes(), path.stat().st_mode & 0o777)
    archive.character_device("dev/console", 5, 1)
    return archive.getvalue()


def _port(name):
    """The folder of a built port."""
    done = subprocess.run([sys.executable, TREE / "rootfs/portbuild.py", "path", name],
                          capture_output=True, text=True, check=True, cwd=TREE)
    return Path(done.stdout.strip())


def _file(port, *patterns):
    folder = _port(port)
    for pattern in patterns:
        for path in sorted(folder.glob(pattern)):
            return path
    raise FileNotFoundError(f"port {port} has none of {', '.join(patterns)}")


def main():
    out = Path(sys.argv[1])
    make_tree(out / "tree", out / "agent", _file("busybox", "bin/busybox", "**/bin/busybox"),
              _file("musl", "lib/libc.so", "**/lib/libc.so"))
    shutil.copy(_file("linux-guest", "boot/vmlinuz*", "**/vmlinuz*", "**/bzImage"), out / "vmlinuz")
    (out / "initrd.img").write_bytes(pack(out / "tree"))


if __name__ == "__main__":
    sys.exit(main())
