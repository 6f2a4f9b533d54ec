#!/usr/bin/python3
"""Runs make targets as test stages; sums their JUnit results; says where the time went.

A stage may leave JUnit files in build/results/STAGE/*.xml; one that leaves none counts as one test.
The last line is "N passed, N failed" for the whole run."""
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

RESULTS = Path("build/results")


def tally(folder):
    """(passed, failed, skipped) over the JUnit files of one stage."""
    passed = failed = skipped = 0
    for path in sorted(folder.glob("*.xml")):
        for case in ET.parse(path).getroot().iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
                print(f"FAILED {path.stem}: {case.get('classname') or ''} {case.get('name')}")
            elif case.find("skipped") is not None:
                skipped += 1
            else:
                passed += 1
    return passed, failed, skipped


def run_stage(name):
    folder = RESULTS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"== {name}", flush=True)
    begin = time.monotonic()
    status = subprocess.run(["make", "--no-print-directory", name], check=False).returncode
    passed, failed, skipped = tally(folder)
    if status != 0 and failed == 0:  # it broke outside any test case
        failed = 1
    elif status == 0 and passed + failed + skipped == 0:
        passed = 1
    return name, time.monotonic() - begin, passed, failed, skipped


def main():
    rows = [run_stage(name) for name in sys.argv[1:]]
    print(f"\n{'stage':<16}{'seconds':>9}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for name, seconds, *counts in rows:
        print(f"{name:<16}{seconds:>9.0f}{counts[0]:>8}{counts[1]:>8}{counts[2]:>9}")
    passed, failed, skipped = (sum(row[i] for row in rows) for i in (2, 3, 4))
    print(f"\n{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
