#!/usr/bin/python3
"""Runs fuzzers for a bounded time each, and writes a JUnit file. A crash leaves the input in the
work folder, and its name in the output."""
import argparse
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

SEEDS = Path(__file__).parent / "seeds"
LAST_LINES = 120  # a sanitizer ends with forty of its memory, after it has said why


def run(program, seconds, work):
    """(ok, last lines of output)"""
    name = program.name.removeprefix("fuzz_")
    corpus = work / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = [SEEDS / name] if (SEEDS / name).is_dir() else []
    command = [program.resolve(), f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=1024",
               "-max_len=16384", "-print_final_stats=0", f"-artifact_prefix={work}/{name}-", corpus, *seeds]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False, timeout=seconds + 120)
    return done.returncode == 0, "\n".join(done.stdout.splitlines()[-LAST_LINES:])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--junit", type=Path, required=True)
    parser.add_argument("fuzzer", nargs="+", type=Path)
    arguments = parser.parse_args()
    suite = ET.Element("testsuite", name="fuzz")
    failed = 0
    for program in arguments.fuzzer:
        ok, output = run(program, arguments.seconds, arguments.work)
        case = ET.SubElement(suite, "testcase", classname="fuzz", name=program.name)
        if not ok:
            failed += 1
            ET.SubElement(case, "failure", message="crashed, leaked or hung").text = output
            print(output)
        print(f"{program.name}: {'ok' if ok else 'FAILED'}", flush=True)
    arguments.junit.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(arguments.junit)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
