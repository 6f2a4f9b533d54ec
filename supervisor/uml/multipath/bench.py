#!/usr/bin/python3
"""make bench-multipath: relevod on a real device-mapper and SCSI layer under User Mode Linux; writes
build/bench-multipath.json, which make bench takes in. Runs under boot.py.

  mpath_gap_ms.error|hang        longest pause in a guest's writes (one every 5 ms) when its active path
                                 fails its commands, or loses them: then the kernel's own patience,
                                 `timeout` (and what its recovery takes), comes first"""
import argparse
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent), str(HERE.parents[1] / "tests")]
from blade import Blade  # noqa: E402
from figures import figure  # noqa: E402
from target import FAILS, LOSES, WORKS, Target  # noqa: E402
from world import until  # noqa: E402

TIMEOUT = 2  # seconds that the kernel waits for a command of the gap tests


def gap(mode):
    """Longest pause in ms while the path that carries does not."""
    with tempfile.TemporaryDirectory() as folder:
        blade = Blade(Path(folder), Target())
        blade.begin(timeout=TIMEOUT, eh_timeout=1, hwhandler="none", no_path_retry=600)
        blade.write()
        carrying = until(blade.carrying, "a group carries")[0]
        host = next(h for h in range(2) if blade.target.path(h) == carrying)
        blade.target.set_mode(mode, host)
        blade.until_state("degraded")
        blade.wait_writes(20)
        pause = blade.longest_pause() * 1000
        assert blade.errors() == []
        blade.target.set_mode(WORKS, host)
        blade.close()
        return pause


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    about = {"timeout_s": TIMEOUT, "max_retries": 0, "interval_s": 1}
    figures = {f"mpath_gap_ms.{name}": figure([gap(mode) for _ in range(options.rounds)], "ms", **about)
               for name, mode in (("error", FAILS), ("hang", LOSES))}
    options.out.write_text(json.dumps(figures, indent=1) + "\n")
    for name, f in figures.items():
        print(f"{name:<28}{f['value']:>12} {f['unit']:<5} n={f['n']} {f['min']} to {f['max']}")


if __name__ == "__main__":
    main()
