"""check.py: what is counted, what is said of failures, and that it fits where it must."""
import subprocess
import sys
from pathlib import Path

import pytest

CI = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CI))
import digest  # noqa: E402
from results import Failure, read_stage  # noqa: E402

BOOT = [f"{at / 100:9.3f}  blade1  (XEN) Found {at} information structures" for at in range(100)]
CASE = '<testsuite><testcase classname="{name}" name="test_it">{inside}</testcase></testsuite>'


def junit(folder, name, inside):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.xml").write_text(CASE.format(name=name, inside=inside))


def only(found):
    assert len(found[2]) == 1
    return found[2][0]


def test_pytest_s_failure_and_its_story(tmp_path):
    junit(tmp_path, "qemu", '<properties><property name="story" value="one&#10;two"/></properties>'
          '<failure message="assert 1 == 2">x.py:7: in test_it\n    x()\nE   assert 1 == 2</failure>')
    failure = only(read_stage("check-qemu", tmp_path, 1, []))
    assert failure.name == "qemu: qemu test_it"
    assert failure.story == ["one", "two"]
    assert digest.reason(failure.reason, 1000) == ["x.py:7: in test_it", "    x()", "E   assert 1 == 2"]


def test_what_a_failed_test_printed_is_its_story(tmp_path):
    case = "<failure>E   assert 0</failure><system-out>--- Captured Out ---\n{}</system-out>" \
           "<system-err>--- Captured Err ---\n{}</system-err>"
    junit(tmp_path, "unit", case.format("said", "cried"))
    assert only(read_stage("check-unit", tmp_path, 1, [])).story == ["said", "cried"]
    junit(tmp_path, "unit", case.format("", ""))
    assert only(read_stage("check-unit", tmp_path, 1, [])).story == []


def test_cmocka_s_failure(tmp_path):
    junit(tmp_path, "test_kv", '<failure><![CDATA["one" != "two"\ntest_kv.c:9: error: Failure!]]></failure>')
    failure = only(read_stage("check-unit", tmp_path, 1, ["FAILED test_kv"]))
    assert digest.reason(failure.reason, 1000) == ['"one" != "two"', "test_kv.c:9: error: Failure!"]


def test_a_program_that_died_before_it_could_say_why(tmp_path):
    junit(tmp_path, "test_kv", "<failure>no</failure>")
    output = ["==7==ERROR: AddressSanitizer: heap-use-after-free", "READ of size 1", "    #0 in get /kv.c:10",
              "Shadow bytes around the buggy address:", "FAILED test_wire", "FAILED test_kv"]
    passed, skipped, failures = read_stage("check-unit", tmp_path, 2, output)
    assert (passed, skipped) == (0, 0)
    assert [failure.name for failure in failures] == ["test_kv: test_kv test_it", "test_wire"]
    assert "    #0 in get /kv.c:10" in digest.telling(failures[1].story, 1000)


def test_a_failure_without_a_word_has_those_of_the_stage(tmp_path):
    junit(tmp_path, "scenarios", "<failure/>")
    failure = only(read_stage("check-sim", tmp_path, 1, ["other: ok", "test_it: two instances at 3 s"]))
    assert failure.reason == ["test_it: two instances at 3 s"]


def test_results_that_cannot_be_read_are_a_failure(tmp_path):
    (tmp_path / "half.xml").write_text("<testsuite><testcase name=")
    assert "cannot be read" in only(read_stage("check-sim", tmp_path, 1, [])).reason[0]


def test_a_stage_that_fails_outside_any_test(tmp_path):
    output = ["x.py:1:1: F401 unused", "make: *** [x.mk:3: lint] Error 1"]
    failure = only(read_stage("lint", tmp_path, 2, output))
    assert digest.tell(failure, 1000) == ("lint: outside any test\n    exit status 2\n"
                                          "  what happened (of 2 lines):\n    x.py:1:1: F401 unused\n")
    assert read_stage("lint", tmp_path, 0, []) == (1, 0, [])


def test_skipped_ones(tmp_path):
    junit(tmp_path, "unit", "<skipped/>")
    assert read_stage("check-unit", tmp_path, 0, []) == (0, 1, [])


def test_only_make_s_words_are_better_than_none():
    words = ["make: *** No rule to make target 'x'.  Stop."]
    assert digest.telling(words, 1000) == words
    words = ["make: *** [Makefile:3: x] Error 1"]
    assert digest.telling(words, 1000) == words


def test_the_end_of_a_story_trouble_and_the_lab_s_actions():
    crash = "    0.500  blade1  (XEN) d7v0 Triple fault - invoking HVM shutdown action 1"
    cut = "    0.600  lab     blade1: cable 0 cut"
    kernel = "    2.100  blade1  [    1.000000] clocksource: tsc"
    end = [f"{10 + at:9.3f}  blade1  relevod: guest web: step {at}" for at in range(30)]
    told = digest.telling([*BOOT, kernel, crash, cut, *end], 4000)
    assert told[-25:] == end[-25:]
    assert crash in told and cut in told
    assert kernel not in told and not set(BOOT) & set(told)


def test_where_it_hangs_in_its_boot():
    assert digest.telling(BOOT, 4000) == BOOT[-5:]


@pytest.mark.parametrize("line, bad", [
    ("  1.0  blade1  [    8.1] init: relevod: killed by signal 9 (Killed); starting it again", True),
    ("  1.0  blade1  relevod: guest web: crash; given up after 9 failures; relevo start web tries", True),
    ("  1.0  blade1  relevod: node blade1: 9 guests configured, 6 errors", True),
    ("  1.0  blade1  relevod: node blade1: 5 guests configured, 0 errors", False),
    ("  1.0  blade1  (XEN) Std. Loglevel: Errors and warnings", False),
    ("  1.0  test    test_relevod_killed", False)])
def test_what_is_trouble(line, bad):
    assert bool(digest.trouble([line])) == bad


def test_trouble_of_one_kind_is_told_once():
    lines = [f"{at}.0  blade1  init: relevod: killed by signal 9; in {at} s" for at in range(99)]
    assert digest.trouble(lines) == [98]


def test_the_reason_stands_before_a_long_way_to_it():
    way = [text for at in range(100) for text in (f"lab/x.py:{at}: in f{at}", f"    f{at + 1}()")]
    told = digest.reason([*way, "E   LabTimeout: waited for web", "E   " + "x" * 5000], 1000)
    assert told[:2] == way[:2]
    assert told[-2] == "E   LabTimeout: waited for web" and len(told[-1]) == digest.WIDTH


@pytest.mark.parametrize("count", [1, 2, 4, 5, 300])
def test_bounds(count):
    reason = ["E   " + "z" * 900] * 40
    many = [Failure("check-qemu", f"qemu: tests.test_x test_{at}[{'y' * 300}]", reason, BOOT * 9)
            for at in range(count)]
    text = digest.digest(many)
    assert len(text) <= digest.SIZE
    assert text.count("\ncheck-qemu: ") + 1 == min(count, digest.IN_FULL)
    assert text.count("E   zzz") >= min(count, digest.IN_FULL) and text.count("(XEN)") >= 5
    assert ("and failed:" in text) == (count > digest.IN_FULL)


def test_nothing_failed():
    assert digest.digest([]) == ""


STAGES = """
good: ; @echo all is well
broken: ; @echo '  LINK  x'; echo 'x.c:3:7: error: no such thing' >&2; exit 3
cases:
\t@rm -rf build/results/cases && mkdir -p build/results/cases && cp cases.xml build/results/cases
\t@sleep 1000 & echo $$! >left
\t@exit 1
"""


def test_a_run(tmp_path):
    (tmp_path / "Makefile").write_text(STAGES)
    (tmp_path / "cases.xml").write_text(CASE.format(name="tests", inside="<failure>E   it rains</failure>"))
    run = [sys.executable, "-B", CI / "check.py", "good", "broken", "cases"]
    done = subprocess.run(run, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    subprocess.run(["kill", (tmp_path / "left").read_text().strip()], check=True)  # what a test left running
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[-1] == "1 passed, 2 failed"
    begin = next(at for at, line in enumerate(lines) if line.startswith("== what failed"))
    assert lines.index("all is well") < lines.index("x.c:3:7: error: no such thing") < begin
    told = lines[begin:]
    assert told.index("broken: outside any test") < told.index("    x.c:3:7: error: no such thing")
    assert told.index("cases: cases: tests test_it") < told.index("    E   it rains")
    assert "error: no such thing" in (tmp_path / "build/log/broken.log").read_text()
    well = subprocess.run([sys.executable, "-B", CI / "check.py", "good"], cwd=tmp_path,
                          stdout=subprocess.PIPE, text=True, check=True)
    assert well.stdout.endswith("\n1 passed, 0 failed\n") and "what failed" not in well.stdout
