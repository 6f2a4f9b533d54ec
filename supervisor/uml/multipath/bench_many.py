#!/usr/bin/python3
"""make bench-multipath: relevod with many LUNs, on a SAN of files: what it costs itself, without the
kernel's share. Takes its figures to those of bench.py.

  mpath_assemble_s        relevod's start to the last of 256 LUNs x 4 paths assembled and found good
  mpath_assemble_cpu_s    processor time that took
  mpath_memory_kib        of relevod's processes then: what each has for itself, and its share
  mpath_check_ms_per_s    processor time each second for 1,000 healthy paths"""
import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent), str(HERE.parents[1] / "tests")]
from cost import cpu_seconds, memory_kib  # noqa: E402
from figures import figure  # noqa: E402
from san import San  # noqa: E402
from world import World, until  # noqa: E402

LUNS, PATHS = 256, 4
SETTLED = 60  # seconds after which every path has been healthy for so long that it is checked every 20 s


def assembled(world):
    done = world.command("multipath", "--json")
    maps = json.loads(done.stdout)["multipath"] if done.returncode == 0 else []
    return len(maps) == LUNS and all(m["state"] == "good" and m["paths"] == PATHS for m in maps)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", type=int, default=60, help="of steady checks")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # its processes end meanwhile
        world = World(Path(folder))
        san = San(world)
        for n in range(LUNS * PATHS):
            san.disk(f"sd{n}", f"{65 + n // 16}:{16 * (n % 16)}", wwid=f"naa.5{n // PATHS:015x}",
                     hctl=f"{n % PATHS}:0:0:{n // PATHS}")
        words = [f"multipath=lun{i}:naa.5{i:015x}" for i in range(LUNS)]
        world.site.joinpath("site.conf").write_text("\n".join(words) + "\n")
        begin = time.monotonic()
        world.start()
        until(lambda: assembled(world), "all LUNs are assembled")
        took, cpu, memory = time.monotonic() - begin, cpu_seconds(world), memory_kib(world)
        time.sleep(SETTLED)
        before, since = cpu_seconds(world), time.monotonic()
        time.sleep(options.seconds)
        steady = (cpu_seconds(world) - before) / (time.monotonic() - since)
        world.close()
    about = {"luns": LUNS, "paths": LUNS * PATHS, "san": "files"}
    figures = json.loads(options.out.read_text()) if options.out.exists() else {}
    figures.update({"mpath_assemble_s": figure([took], "s", **about),
                    "mpath_assemble_cpu_s": figure([cpu], "s", **about),
                    "mpath_memory_kib": figure([memory], "KiB", **about),
                    "mpath_check_ms_per_s": figure([steady * 1000 * 1000 / (LUNS * PATHS)], "ms/s",
                                                   interval_s=5, longest_interval_s=20, **about)})
    options.out.write_text(json.dumps(figures, indent=1) + "\n")
    for name, f in figures.items():
        print(f"{name:<28}{f['value']:>12} {f['unit']:<5} n={f['n']} {f['min']} to {f['max']}")


if __name__ == "__main__":
    main()
