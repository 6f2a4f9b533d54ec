"""Building: what is built and what isn't, failures, interrupts, and two builds at a time."""
import signal
import subprocess
import time
from pathlib import Path

import pytest
from portbuilder.errors import PortError

DEADLINE = 60  # seconds that anything here may take on a loaded machine


def until(condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_second_build_builds_nothing(workshop):
    workshop.port("a", 'echo hello >"$DESTDIR/file"')
    first = workshop.build()
    assert workshop.built_now() == ["a"]
    assert (first.root(first.ports["a"]) / "file").read_text() == "hello\n"
    workshop.build()
    assert workshop.built_now() == []


def test_a_changed_recipe_rebuilds_only_its_dependents(workshop):
    workshop.port("base", "true")
    workshop.port("user", "true", needs=["base"])
    workshop.port("other", "true")
    workshop.build()
    workshop.port("base", "true # changed")
    workshop.build()
    assert workshop.built_now() == ["base", "user"]


def test_a_need_is_found_by_its_variable(workshop):
    workshop.port("the-base", 'echo 42 >"$DESTDIR/answer"')
    workshop.port("user", 'cp "$PORT_THE_BASE/answer" "$DESTDIR/copy"', needs=["the-base"])
    builder = workshop.build()
    assert (builder.root(builder.ports["user"]) / "copy").read_text() == "42\n"


def test_a_failure_names_port_status_and_log_and_keeps_the_rest(workshop):
    workshop.port("good", "true", version="1")
    workshop.port("bad", "echo the reason; exit 7", version="2.5", needs=["good"])  # that one is done by then
    workshop.port("never", "true", needs=["bad"])
    with pytest.raises(PortError) as error:
        workshop.build()
    log = workshop.folder / "log/bad.log"
    assert f"bad 2.5: build failed with exit status 7, log: {log}" in str(error.value)
    assert "the reason" in str(error.value) and "the reason" in log.read_text()
    assert "never" not in workshop.built_now()
    workshop.port("bad", "true", needs=["good"])
    workshop.build()
    assert "good" not in workshop.built_now()


def test_a_step_that_fails_in_the_middle_ends_the_build(workshop):
    workshop.port("a", "false\ntrue")
    with pytest.raises(PortError, match="exit status 1"):
        workshop.build()
    assert workshop.entries() == []


def state(pid):
    """As /proc has it; none when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_an_interrupted_build_leaves_no_entry_and_no_process(workshop):
    pid_file = workshop.folder / "pid"
    workshop.port("slow", f"echo $$ >{pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep {DEADLINE}")
    command, env = workshop.command("build", "slow")
    run = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    until(pid_file.exists)
    run.send_signal(signal.SIGTERM)
    assert run.wait(DEADLINE) == 128 + signal.SIGTERM
    pid = int(pid_file.read_text())
    until(lambda: state(pid) in ("", "Z"))
    assert workshop.entries() == []


def test_what_a_killed_build_left_is_cleared(workshop):
    workshop.port("a", '[ ! -e rubbish ]; touch rubbish "$DESTDIR/done"')
    port = workshop.load()["a"]
    (workshop.cache / "work" / port.key / "src").mkdir(parents=True)
    (workshop.cache / "work" / port.key / "src/rubbish").touch()
    builder = workshop.build()
    assert (builder.root(builder.ports["a"]) / "done").exists()
    assert not (workshop.cache / "work" / port.key).exists()


def test_two_builds_at_a_time_build_a_port_once(workshop):
    ledger, gate = workshop.folder / "ledger", workshop.folder / "gate"
    workshop.port("a", f"echo built >>{ledger}; until [ -e {gate} ]; do sleep 0.1; done")
    command, env = workshop.command("build", "a")
    first = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    until(ledger.exists)
    second = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    assert "1 to go" in second.stdout.readline()
    assert "is being built by another invocation" in second.stdout.readline()
    gate.touch()
    assert first.wait(DEADLINE) == 0 and second.wait(DEADLINE) == 0
    first.stdout.close()
    second.stdout.close()
    assert ledger.read_text() == "built\n"
    assert len(workshop.entries()) == 1


def test_all_makes_together_run_no_more_jobs_than_allowed(workshop):
    ledger = workshop.folder / "ledger"
    makefile = (f"all: 1 2 3 4\n1 2 3 4:\n\t@echo + >>{ledger}; sleep 0.2; echo - >>{ledger}\n")
    for name in ("a", "b", "c"):
        workshop.port(name, f"printf '{makefile.encode('unicode_escape').decode()}' >Makefile\nmake")
    workshop.build(jobs=2)
    running = highest = 0
    for line in ledger.read_text().split():
        running += 1 if line == "+" else -1
        highest = max(highest, running)
    assert ledger.read_text().count("+") == 12
    assert highest == 2


def test_the_callers_environment_stays_out(workshop, monkeypatch):
    monkeypatch.setenv("CFLAGS", "-DEVIL")
    workshop.port("a", 'env >"$DESTDIR/env"')
    builder = workshop.build()
    assert "EVIL" not in (builder.root(builder.ports["a"]) / "env").read_text()


def test_output_bears_one_time_stamp_and_programs_live_under_usr(workshop):
    workshop.port("a", 'mkdir -p "$DESTDIR/sbin" "$DESTDIR/usr/lib"; touch "$DESTDIR/sbin/x" '
                       '"$DESTDIR/usr/lib/x.la"')
    builder = workshop.build()
    root = builder.root(builder.ports["a"])
    assert sorted(str(p.relative_to(root)) for p in root.rglob("*")) == [
        "usr", "usr/lib", "usr/sbin", "usr/sbin/x"]
    assert len({p.stat().st_mtime for p in [root, *root.rglob("*")]}) == 1


def test_an_error_of_the_system_names_the_port(workshop):
    workshop.port("a", "true")
    builder = workshop.builder()
    (workshop.folder / "log").write_text("in the way of the log folder")
    with pytest.raises(PortError, match="^a: .*File exists"):
        builder.build(list(builder.ports.values()))


def test_folders_of_failed_builds_go_when_the_next_build_starts(workshop):
    workshop.port("bad", "exit 1")
    with pytest.raises(PortError):
        workshop.build()
    assert len(list((workshop.cache / "work").iterdir())) == 1
    workshop.port("bad", "true")
    workshop.build()
    assert list((workshop.cache / "work").iterdir()) == []
