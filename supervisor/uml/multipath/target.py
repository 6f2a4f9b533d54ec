"""scsi_debug with a patch of port linux-uml: one LUN, seen through as many hosts as wanted."""
from pathlib import Path

from world import until

DRIVER = Path("/sys/bus/pseudo/drivers/scsi_debug")
PARAMETERS = Path("/sys/module/scsi_debug/parameters")
HOSTS_MAX = 8
WORKS, LOSES, FAILS = 0, 1, 2  # what a host does with its commands
OPTIMIZED, NON_OPTIMIZED, STANDBY = 0, 1, 2  # access states


class Target:
    def __init__(self):
        self.mode, self.access = [WORKS] * HOSTS_MAX, [-1] * HOSTS_MAX

    def add_hosts(self, count):
        self.access[:2] = [OPTIMIZED, OPTIMIZED]
        self._write()
        (DRIVER / "add_host").write_text(str(count))
        until(lambda: all(self.path(h) for h in range(self.hosts())), "the disks appear")

    @staticmethod
    def hosts():
        return int((DRIVER / "add_host").read_text())

    def remove_hosts(self):
        if self.hosts() > 0:
            (DRIVER / "add_host").write_text(str(-self.hosts()))
        until(lambda: not any(self.path(h) for h in range(HOSTS_MAX)), "the disks go")

    def _write(self):
        (PARAMETERS / "host_mode").write_text(",".join(map(str, self.mode)))
        (PARAMETERS / "host_access").write_text(",".join(map(str, self.access)))

    def set_mode(self, mode, *hosts):
        for host in hosts:
            self.mode[host] = mode
        self._write()

    def set_access(self, *states):
        self.access[:len(states)] = states
        self._write()

    def reset(self):
        self.__init__()
        self._write()
        (DRIVER / "virtual_gb").write_text("0")

    @staticmethod
    def path(host):
        """Name of the disk that the host shows; None: it shows none (any more)."""
        disks = list(Path(f"/sys/bus/scsi/devices/{host}:0:0:0/block").glob("sd*"))
        return disks[0].name if disks else None

    @staticmethod
    def attribute(disk, name):
        return Path(f"/sys/block/{disk}/device/{name}").read_text().strip()

    def delete(self, host):
        """The path's device is taken away."""
        Path(f"/sys/block/{self.path(host)}/device/delete").write_text("1")
        until(lambda: self.path(host) is None, "it has gone")

    @staticmethod
    def scan(host):
        Path(f"/sys/class/scsi_host/host{host}/scan").write_text("- - -")
