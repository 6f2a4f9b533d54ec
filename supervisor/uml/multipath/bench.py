#!/usr/bin/python3
"""make bench-multipath: relevod, and Debian's multipathd beside it, on a real device-mapper and SCSI layer;
writes build/bench-multipath.json, which make bench takes in. Runs under boot.py.

  mpath_gap_ms.error|hang        longest pause in a guest's writes (one every 5 ms) when its active path
                                 fails its commands, or loses them: then the kernel's own patience,
                                 `timeout` (and what its recovery takes), comes first
  mpath_gap_ms.*.multipathd      the same target, times and writes with multipathd, in turn with relevod

The path dies at a moment drawn anew for each round, the same for both: a check that is under way then delays
the kernel's recovery, which waits for all commands. With the kernel's ALUA handler, as here, recovery takes
another 2 s; without it a lost command costs its patience alone (`hwhandler=none`)."""
import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent), str(HERE.parents[1] / "tests")]
import debian  # noqa: E402
from blade import Blade  # noqa: E402
from figures import figure  # noqa: E402
from target import FAILS, LOSES, WORKS, Target  # noqa: E402

SETTINGS = {"interval": 1, "timeout": 2, "eh_timeout": 1, "no_path_retry": 600}  # seconds
LONGEST_INTERVAL_S = 4 * SETTINGS["interval"]  # between checks of a healthy path


def gap(kind, mode, delay):
    """Longest pause in ms while the path that carries does not."""
    with tempfile.TemporaryDirectory() as folder:
        node = kind(Path(folder), Target())
        node.begin(**SETTINGS)
        node.write()
        time.sleep(delay)
        node.target.set_mode(mode, 0)
        node.until_failed(1)
        node.wait_writes(20)
        pause = node.longest_pause() * 1000
        assert node.errors() == []
        node.target.set_mode(WORKS, 0)
        node.until_failed(0)
        node.close()
        return pause


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    debian.prepare()
    gaps = {}
    draw = random.Random(1)
    for _ in range(options.rounds):
        delay = draw.uniform(0, LONGEST_INTERVAL_S)
        for name, mode in ("error", FAILS), ("hang", LOSES):
            for kind, of in (Blade, ""), (debian.Debian, ".multipathd"):
                gaps.setdefault(f"mpath_gap_ms.{name}{of}", []).append(gap(kind, mode, delay))
    about = {**{f"{name}_s": value for name, value in SETTINGS.items()}, "max_retries": 0}
    figures = {name: figure(values, "ms", **about) for name, values in sorted(gaps.items())}
    options.out.write_text(json.dumps(figures, indent=1) + "\n")
    for name, f in figures.items():
        print(f"{name:<28}{f['value']:>12} {f['unit']:<5} n={f['n']} {f['min']} to {f['max']}")


if __name__ == "__main__":
    main()
