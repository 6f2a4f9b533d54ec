"""What the programs of make bench share: samples, and a program of its own lab that takes them.

Each program writes build/bench-NAME.json; qemu-test/bench.py puts them together. What was measured is
kept when something later fails."""
import argparse
import json
import statistics
import sys
import traceback

from .guest import TREE
from .lab import Lab

BUILD = TREE / "build"


class Figures:
    """name -> samples, with unit and conditions."""

    def __init__(self):
        self.samples, self.about = {}, {}

    def add(self, name, value, unit, digits=None, **configured):
        """One sample; the figure is their median, rounded to so many digits (seconds: 3, else none)."""
        digits = (3 if unit == "s" else 0) if digits is None else digits
        self.samples.setdefault(name, []).append(value)
        self.about[name] = (unit, digits, configured)

    def as_json(self):
        out = {}
        for name, values in self.samples.items():
            unit, digits, configured = self.about[name]
            out[name] = {"value": _round(statistics.median(values), digits), "unit": unit,
                         "configured": configured, "n": len(values),
                         "min": _round(min(values), digits), "max": _round(max(values), digits)}
        return out


def _round(value, digits):
    return round(value, digits) if digits else round(value)


def _short(value):
    return f"{value:>12.6g}" if isinstance(value, float) else f"{value:>12}"


def table(figures):
    """Each figure in a line, with the conditions under which it was taken beside it."""
    lines = [f"{'figure':<34}{'value':>12} {'unit':<8}{'n':>4}{'min':>12}{'max':>12}  configured"]
    for name, figure in sorted(figures.items()):
        configured = " ".join(f"{key}={value}" for key, value in figure.get("configured", {}).items())
        lines.append(f"{name:<34}{_short(figure['value'])} {figure['unit']:<8}{figure.get('n', 1):>4}"
                     f"{_short(figure.get('min', ''))}{_short(figure.get('max', ''))}  {configured}".rstrip())
    return "\n".join(lines)


def program(name, about, *measures, **options):
    """A whole program: calls each measure(figures, lab, runs) in a lab of its own, whatever becomes of the
    others, and writes what they have added. The exit status: 1 if one of them failed. options: more numbers
    that measures take, by name, and what they are if the command line says nothing."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, usual in {"runs": 3, **options}.items():
        parser.add_argument(f"--{option}", type=int, default=usual)
    given = vars(parser.parse_args())
    samples = given.pop("runs")
    figures, failed = Figures(), 0
    for measure in measures:
        what = measure.__name__.removeprefix("measure_").replace("_", " ")
        print(f"bench: {name}: {what}", flush=True)
        lab = Lab.create(f"bench-{name}")
        try:
            lab.listen()
            measure(figures, lab, samples, **given)
        except Exception:  # pylint: disable=broad-except  what else it may be, the others go on
            traceback.print_exc()
            failed = 1
        finally:
            (lab.folder / "story.txt").write_text(lab.tell())
            lab.close()
        (BUILD / f"bench-{name}.json").write_text(json.dumps(figures.as_json(), indent=1) + "\n")
    print(table(figures.as_json()))
    sys.exit(failed)
