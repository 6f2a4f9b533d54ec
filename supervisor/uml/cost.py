"""What relevod costs: the processes of a World's."""
import os
import re
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def of_process(pid, name):
    """A file in its /proc; empty: it has ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def processes(world):
    """relevod and all that it has started."""
    found = [world.process.pid]
    for pid in found:
        found += [int(child) for child in of_process(pid, f"task/{pid}/children").split()]
    return found


def cpu_seconds(world):
    """Of its processes, and of those that have ended."""
    stats = [of_process(pid, "stat") for pid in processes(world)]
    return sum(int(n) for stat in stats if stat for n in stat.rsplit(")", 1)[1].split()[11:15]) / TICKS


def memory_kib(world):
    found = [re.search(r"^Pss: +(\d+)", of_process(pid, "smaps_rollup"), re.M) for pid in processes(world)]
    return sum(int(pss[1]) for pss in found if pss)
