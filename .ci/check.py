#!/usr/bin/python3
"""Runs make targets as test stages; sums their JUnit results; says why tests failed, and where the time went.

A stage may leave JUnit files in build/results/STAGE/*.xml; one that leaves none counts as one test. What it
said is in build/log/STAGE.log. The last line is "N passed, N failed" for the whole run."""
import shutil
import subprocess
import sys
import time
from pathlib import Path

from digest import digest
from results import read_stage

RESULTS = Path("build/results")
LOGS = Path("build/log")


def run_make(target, log):
    """Its exit status. Its output goes into `log`, and from there to ours: what a test may leave running has
    no pipe in its hands that would have to be waited for."""
    with open(log, "wb") as out, open(log, "rb") as said:
        make = subprocess.Popen(["make", "--no-print-directory", target],
                                stdout=out, stderr=subprocess.STDOUT)
        ended = False
        while not ended:
            ended = make.poll() is not None
            shutil.copyfileobj(said, sys.stdout.buffer)
            sys.stdout.flush()
            time.sleep(0 if ended else 0.2)
    return make.returncode


def run_stage(name):
    """(name, seconds, passed, skipped, failures)"""
    folder, log = RESULTS / name, LOGS / f"{name}.log"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    print(f"== {name}", flush=True)
    begin = time.monotonic()
    status = run_make(name, log)
    passed, skipped, failures = read_stage(name, folder, status,
                                           log.read_text(errors="replace").splitlines())
    for failure in failures:
        print(f"FAILED {failure.name}")
    return name, time.monotonic() - begin, passed, skipped, failures


def main():
    rows = [run_stage(name) for name in sys.argv[1:]]
    failures = [failure for row in rows for failure in row[4]]
    if failures:
        print(f"\n== what failed (all that was said: {LOGS}/STAGE.log)\n\n{digest(failures)}")
    print(f"\n{'stage':<16}{'seconds':>9}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for name, seconds, passed, skipped, failed in rows:
        print(f"{name:<16}{seconds:>9.0f}{passed:>8}{len(failed):>8}{skipped:>9}")
    passed, skipped = sum(row[2] for row in rows), sum(row[3] for row in rows)
    print(f"\n{passed} passed, {len(failures)} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
