"""What relevod costs: the processes of a World's."""
import os
import re
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def processes(world):
    """relevod and all that it has started."""
    found = [world.process.pid]
    for pid in found:
        children = Path(f"/proc/{pid}/task/{pid}/children")
        found += [int(child) for child in children.read_text().split()] if children.exists() else []
    return found


def cpu_seconds(world):
    """Of its processes, and of those that have ended."""
    total = 0
    for pid in processes(world):
        stat = Path(f"/proc/{pid}/stat")
        total += sum(int(n) for n in stat.read_text().rsplit(")", 1)[1].split()[11:15])
    return total / TICKS


def memory_kib(world):
    return sum(int(re.search(r"^Pss: +(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])
               for pid in processes(world))
