"""What a stage's JUnit files and its output say: how many tests passed, and why others did not.

pytest's files have the lines of a failure that begin with "E", what the test printed, and as a property a
lab test's story; cmocka's the failed assertion; a fuzzer's the end of its output."""
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

# What a stage says of a program that it ran as a test and that failed: its results are in PROGRAM.xml,
# unless it died before it could write them.
PROGRAM_FAILED = re.compile(r"^FAILED (\w+)$")
HEADING = re.compile(r"-+ Captured \w+ -+$")  # pytest's, of what was printed
BEFORE = 120  # lines of output that may belong to a program that died


@dataclass
class Failure:
    stage: str
    name: str
    reason: list                               # lines
    story: list = field(default_factory=list)  # lines: what happened meanwhile, what was printed


def children(case, *tags):
    return [child for child in case if child.tag in tags]


def story_of(case):
    told = [found.get("value") for found in case.iter("property") if found.get("name") == "story"]
    told = told or [child.text or "" for child in children(case, "system-out", "system-err")]
    lines = [line for line in "\n".join(told).splitlines() if not HEADING.match(line)]
    return lines if any(line.strip() for line in lines) else []


def read_case(case, stage, part, output):
    """A Failure; None if the test did not fail."""
    why = children(case, "failure", "error")
    if not why:
        return None
    name = " ".join(filter(None, (case.get("classname"), case.get("name"))))
    message, text = why[0].get("message") or "", (why[0].text or "").splitlines()
    # pytest's message is the first of its text, but for where it happened.
    reason = text if any(line.startswith("E ") for line in text) else [*message.splitlines(), *text]
    if message.startswith("failed on "):
        reason = [message.split(" with ", 1)[0], *reason]
    if not any(line.strip() for line in reason):
        reason = [line for line in output if case.get("name") in line]
    return Failure(stage, f"{part}: {name}", reason, story_of(case))


def read_stage(stage, folder, status, output):
    """(passed, skipped, failures) of a stage that ended with that exit status after these lines."""
    passed, skipped, failures = 0, 0, []
    for path in sorted(folder.glob("*.xml")):
        try:
            cases = list(ET.parse(path).getroot().iter("testcase"))
        except ET.ParseError as why:
            failures.append(Failure(stage, path.stem, [f"{path} cannot be read: {why}"], output))
            continue
        for case in cases:
            failure = read_case(case, stage, path.stem, output)
            if failure:
                failures.append(failure)
            elif children(case, "skipped"):
                skipped += 1
            else:
                passed += 1
    for at, line in enumerate(output):
        program = PROGRAM_FAILED.match(line)
        if program and not (folder / f"{program[1]}.xml").exists():
            failures.append(Failure(stage, program[1], ["it died before it had written its results"],
                                    output[max(0, at - BEFORE):at]))
    if status and not failures:
        failures.append(Failure(stage, "outside any test", [f"exit status {status}"], output))
    if not status and not failures and passed + skipped == 0:
        passed = 1
    return passed, skipped, failures
