"""core/SAFETY.md says what guards each rule. It is held to the code, the deliberate faults, the
scenarios and the unit tests that there are: the argument may not outlive any of them."""
import re
from pathlib import Path

SUPERVISOR = Path(__file__).resolve().parents[1]
CORE = SUPERVISOR / "core"
SCENARIOS = SUPERVISOR / "sim/scenarios"
SAFETY = (CORE / "SAFETY.md").read_text()


def number(rule):
    return int(rule[1:])


def rows():
    """rule -> (the faults of its row, each with its star or without; the words of its last cell)"""
    found = {}
    for rule, faults, tests in re.findall(r"^\| (R\d+) \| (.*?) \|(.*)\|$", SAFETY, re.M):
        assert rule not in found, f"{rule} has two rows"
        found[rule] = re.findall(r"[A-Z_]+\*?", faults), re.findall(r"\w+", tests)
    return found


ROWS = rows()


def deliberate_faults():
    """name -> rule"""
    return dict(re.findall(r'X\(M_(\w+),\s*"(R\d+)"', (SUPERVISOR / "sim/mutants.h").read_text()))


def unit_tests():
    """(file, test) of all unit tests of core/"""
    for path in sorted((SUPERVISOR / "tests").glob("test_core_*.c")):
        for test in re.findall(r"^static void (\w+)\(void \*\*state\)", path.read_text(), re.M):
            yield path.stem.removeprefix("test_core_"), test


def test_every_rule_has_a_row_and_every_row_a_rule():
    stated = re.findall(r"^- \*\*(R\d+)\*\*", SAFETY, re.M)
    assert sorted(stated, key=number) == sorted(ROWS, key=number)
    assert sorted(map(number, stated)) == list(range(1, len(stated) + 1))


def test_every_rule_is_named_where_the_code_enforces_it():
    comments = " ".join(comment for path in CORE.glob("*.[ch]")
                        for comment in re.findall(r"/\*.*?\*/", path.read_text(), re.S))
    named = set(re.findall(r"\bR\d+\b", comments))
    assert sorted(named, key=number) == sorted(ROWS, key=number)


def test_the_deliberate_faults_are_those_of_the_table_each_with_its_rule():
    listed = {fault.rstrip("*"): rule for rule, (faults, _) in ROWS.items() for fault in faults}
    assert listed == deliberate_faults()


def test_every_deliberate_fault_is_in_the_code():
    code = " ".join(path.read_text() for path in CORE.glob("*.[ch]"))
    assert [f for f in deliberate_faults() if f"mutant(M_{f})" not in code] == []


def test_a_star_is_a_scenario_of_that_name():
    for faults, _ in ROWS.values():
        for fault in faults:
            name = fault.rstrip("*").lower().replace("_", "-")
            assert (SCENARIOS / f"{name}.scenario").is_file() == fault.endswith("*"), fault


def test_the_unit_tests_named_for_a_rule_are_those_of_its_row():
    numbered = {(rule, file) for file, test in unit_tests()
                for rule in re.findall(r"r(\d+)_", re.match(r"(?:r\d+_)*", test).group())}
    files = {file for file, _ in unit_tests()}
    listed = {(rule[1:], word) for rule, (_, words) in ROWS.items() for word in words
              if word in files}
    assert listed == numbered


def test_what_else_the_table_and_the_text_name_is_there():
    tests = {test for _, test in unit_tests()}
    files = {file for file, _ in unit_tests()}
    for rule, (_, words) in ROWS.items():
        assert [w for w in words if w not in tests | files | {"also"}] == [], rule
    for scenario in re.findall(r"([\w-]+\.scenario)", SAFETY):
        assert (SCENARIOS / scenario).is_file(), scenario
