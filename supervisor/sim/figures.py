#!/usr/bin/python3
"""The figures of core/ and its simulator, in the flat shape of build/bench.json: those that the
simulator measures itself, the size of core/, and what `make mutants` has left, if it was run."""
import argparse
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

CORE = Path("supervisor/core")


def functions(path):
    """(name, lines) of each function of a file that clang-format has laid out."""
    lines = path.read_text().splitlines()
    for brace in (i for i, line in enumerate(lines) if line == "{"):
        head = brace - 1
        while not re.match(r"\w", lines[head]):  # the rest of a signature is indented
            head -= 1
        end = lines.index("}", brace)
        yield re.search(r"(\w+)\(", lines[head]).group(1), end - head + 1


def source_figures():
    files = sorted(CORE.glob("*.[ch]"))
    sizes = [(lines, name) for path in files for name, lines in functions(path)]
    lines, name = max(sizes)
    return {
        "core_lines": {"value": sum(len(p.read_text().splitlines()) for p in files),
                       "unit": "lines", "configured": {"files": len(files)}},
        "core_function_lines.largest": {"value": lines, "unit": "lines",
                                        "configured": {"function": name}},
        "core_function_lines.median": {"value": statistics.median(n for n, _ in sizes),
                                       "unit": "lines", "n": len(sizes)},
    }


def mutant_figures(path):
    if not path.is_file():
        print(f"{path} is not there: make mutants has not been run", file=sys.stderr)
        return {}
    mutants = json.loads(path.read_text())
    seeds = [m["seeds"] for m in mutants if m["caught"] and m["seeds"] is not None]
    figures = {"mutants_caught": {"value": sum(m["caught"] for m in mutants), "unit": "1",
                                  "configured": {"mutants": len(mutants)}}}
    if seeds:
        figures["mutant_seeds.median"] = {"value": statistics.median(seeds), "unit": "seeds",
                                          "n": len(seeds), "min": min(seeds), "max": max(seeds)}
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", required=True, help="the simulator")
    parser.add_argument("--mutants", type=Path, required=True, help="what make mutants has left")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    told = subprocess.run([arguments.sim, "--bench"], stdout=subprocess.PIPE, check=True).stdout
    figures = json.loads(told) | source_figures() | mutant_figures(arguments.mutants)
    rows = [f"  {json.dumps(name)}: {json.dumps(figures[name])}" for name in figures]
    arguments.out.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    for name, figure in figures.items():
        more = figure.get("configured", {}).get("function", "")
        print(f"{name:<28}{figure['value']:>12g} {figure['unit']} {more}")


if __name__ == "__main__":
    main()
