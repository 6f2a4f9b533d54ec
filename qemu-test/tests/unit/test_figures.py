"""What the programs of make bench share."""
import importlib.util
from pathlib import Path

from relevolab import figures

TREE = Path(__file__).resolve().parents[3]


def test_a_figure_is_the_median_with_its_range():
    taken = figures.Figures()
    for value in (5, 1, 3):
        taken.add("gap", value, "ms", interval=2)
    taken.add("boot", 1.23456, "s")
    assert taken.as_json() == {
        "gap": {"value": 3, "unit": "ms", "configured": {"interval": 2}, "n": 3, "min": 1, "max": 5},
        "boot": {"value": 1.235, "unit": "s", "configured": {}, "n": 1, "min": 1.235, "max": 1.235}}
    assert "gap" in figures.table(taken.as_json())


def test_one_program_that_fails_costs_the_others_nothing(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("bench", TREE / "qemu-test/bench.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    monkeypatch.setattr(bench, "HERE", tmp_path)
    monkeypatch.setattr(bench, "BUILD", tmp_path)
    monkeypatch.setattr("sys.argv", ["bench.py"])
    (tmp_path / "bench_bad.py").write_text("raise SystemExit(1)\n")
    (tmp_path / "bench-bad.json").write_text('{"old": {"value": 1, "unit": "s"}}')
    (tmp_path / "bench_good.py").write_text(
        "import json, pathlib\n"
        "path = pathlib.Path(__file__).with_name('bench-good.json')\n"
        "path.write_text(json.dumps({'new': {'value': 2, 'unit': 's'}}))\n")
    assert bench.main() == 1
    assert (tmp_path / "bench.json").read_text().count('"value"') == 1
    assert '"new"' in (tmp_path / "bench.json").read_text()
