"""What a person sees of a long job: how far it is, what it cost, why it failed and where to read on."""
import json

import pytest

from relevolab.steps import StepFailed, Steps, clock


def test_clock():
    assert clock(0) == "0:00"
    assert clock(3725.9) == "62:05"


def test_a_step_is_numbered_and_its_cost_remembered(tmp_path, capsys):
    costs = tmp_path / "cost.json"
    with Steps(2, tmp_path / "log", costs).step("one", "doing one"):
        pass
    assert 0 <= json.loads(costs.read_text())["one"] < 60
    costs.write_text('{"one": 61}')
    with Steps(2, tmp_path / "log", costs).step("one", "doing one"):
        pass
    shown = capsys.readouterr().out.splitlines()
    assert shown == ["[part 1 of 2, elapsed 0:00] doing one",
                     "[part 1 of 2, elapsed 0:00, last time 1:01] doing one"]


def test_progress_is_shown_and_the_rest_logged(tmp_path, capsys):
    steps = Steps(1, tmp_path, tmp_path / "cost.json")
    steps.run("job", ["sh", "-c", "echo noise; echo 'ports: part 1 of 9: musl'"], tmp_path)
    assert capsys.readouterr().out == "    part 1 of 9: musl\n"
    assert (tmp_path / "job.log").read_text() == "noise\nports: part 1 of 9: musl\n"


@pytest.mark.parametrize("output, told", [
    ("relevo: the disk is full", "the disk is full"),
    ("foo.c:7: error: expected ';'\\nmake: *** [x] Error 1", "foo.c:7: error: expected ';'"),
    ("relevo: musl: build failed, log: x\\n    x.c:7: error: why\\nmake: *** [x] Error 1",
     "musl: build failed, log: x"),
    ("make: *** [x] Error 1", "make: *** [x] Error 1"),
    ("", "sh failed")])
def test_a_failure_names_its_cause_and_the_log(tmp_path, output, told):
    steps = Steps(1, tmp_path, tmp_path / "cost.json")
    with pytest.raises(StepFailed) as failed:
        steps.run("job", ["sh", "-c", 'printf "$0"; exit 3', output], tmp_path)
    assert str(failed.value) == f"{told} (all of it: {tmp_path}/job.log)"


@pytest.mark.parametrize("status", [0, 3])
def test_a_full_disk_under_the_log_stops_nobody(tmp_path, status):
    """The command says more than a pipe holds, and would wait for ever if nobody read on."""
    (tmp_path / "job.log").symlink_to("/dev/full")
    steps = Steps(1, tmp_path, tmp_path / "cost.json")
    job = ["sh", "-c", f"seq 100000; exit {status}"]
    if status == 0:
        steps.run("job", job, tmp_path)
        return
    with pytest.raises(StepFailed) as failed:
        steps.run("job", job, tmp_path)
    log = tmp_path / "job.log"
    assert str(failed.value) == f"cannot write {log}: No space left on device (all of it: {log})"


def test_forgotten_costs_do_no_harm(tmp_path):
    (tmp_path / "cost.json").write_text("not json")
    assert Steps(1, tmp_path, tmp_path / "cost.json").last == {}
