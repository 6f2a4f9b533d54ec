#!/usr/bin/python3
"""make bench: runs every bench_*.py beside it and puts their figures together in build/bench.json.

Each takes its own figures in its own lab and says what they mean (--help). One that fails is told and
costs the others nothing. Figures that other programs have left in build/bench-*.json are taken in. A name
once given keeps its meaning; each figure is the median of n, `configured` says under what conditions."""
import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from relevolab.figures import BUILD, table  # noqa: E402

PATIENCE_S = 1800  # for one program: a bound for a stuck one


def run(program, words):
    """Its exit status, or why it has none."""
    began = time.monotonic()
    (BUILD / f"bench-{program.stem.removeprefix('bench_')}.json").unlink(missing_ok=True)
    try:
        status = subprocess.run([sys.executable, "-B", program, *words], check=False,
                                timeout=PATIENCE_S).returncode
    except subprocess.TimeoutExpired:
        status = "stuck"
    print(f"bench: {program.name}: {time.monotonic() - began:.0f} s, status {status}", flush=True)
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help="names of programs: blade for bench_blade.py")
    parser.add_argument("--runs", help="samples of each figure, instead of what each program takes")
    options = parser.parse_args()
    programs = [HERE / f"bench_{name}.py" for name in options.only] or sorted(HERE.glob("bench_*.py"))
    words = ["--runs", options.runs] if options.runs else []
    failed = [program.name for program in programs if run(program, words) != 0]
    figures = {}
    for path in sorted(BUILD.glob("bench-*.json")):
        figures.update(json.loads(path.read_text()))
    (BUILD / "bench.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(table(figures))
    print(f"written to {BUILD / 'bench.json'}" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
