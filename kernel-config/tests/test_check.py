"""check.py: every way in which a fragment can be wrong or an option can get lost."""
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(FOLDER))
import check  # noqa: E402

GOOD = "# Why.\nCONFIG_XEN=y\nCONFIG_NR_CPUS=64\n\n# Why not.\n# CONFIG_MODULES is not set\n"


@pytest.fixture(name="run")
def fixture_run(tmp_path, capsys):
    """run(config, **fragments) -> (exit status, lines said); config None: no .config to compare with."""
    def run(config, **fragments):
        arguments = []
        if config is not None:
            (tmp_path / ".config").write_text(config)
            arguments = ["--config", str(tmp_path / ".config")]
        for name, text in fragments.items():
            path = tmp_path / f"{name}.config"
            path.write_text(text)
            arguments.append(str(path))
        status = check.main(arguments)
        return status, capsys.readouterr().err.splitlines()
    return run


def test_all_there(run):
    assert run("CONFIG_XEN=y\nCONFIG_NR_CPUS=64\nCONFIG_MORE=y\n", good=GOOD) == (0, [])


@pytest.mark.parametrize("config, option, asked, got", [
    ("CONFIG_NR_CPUS=64\n", "good.config:2: CONFIG_XEN", "y", "not set"),
    ("# CONFIG_XEN is not set\nCONFIG_NR_CPUS=64\n", "good.config:2: CONFIG_XEN", "y", "not set"),
    ("CONFIG_XEN=m\nCONFIG_NR_CPUS=64\n", "good.config:2: CONFIG_XEN", "y", "m"),
    ("CONFIG_XEN=y\nCONFIG_NR_CPUS=8\n", "good.config:3: CONFIG_NR_CPUS", "64", "8"),
    ("CONFIG_XEN=y\nCONFIG_NR_CPUS=64\nCONFIG_MODULES=y\n", "good.config:6: CONFIG_MODULES", "not set", "y"),
    ("CONFIG_XEN_DOM0=y\nCONFIG_NR_CPUS=64\n", "good.config:2: CONFIG_XEN", "y", "not set"),
])
def test_lost_option_is_named_with_fragment_and_line(run, config, option, asked, got):
    status, said = run(config, good=GOOD)
    assert status == 1
    assert said == [f"kernel-config: {option}: asked for {asked}, the kernel's final .config has {got} "
                    f"(a dependency is missing, or this version has no such option)"]


@pytest.mark.parametrize("value", ['"some text"', "0x200000", "-1", "17"])
def test_values_are_compared_as_written(run, value):
    assert run(f"CONFIG_A={value}\n", f=f"# Why.\nCONFIG_A={value}\n") == (0, [])
    assert run('CONFIG_A="other"\n', f=f"# Why.\nCONFIG_A={value}\n")[0] == 1


def test_n_is_the_same_as_not_set(run):
    assert run("", f="# Why.\nCONFIG_A=n\n") == (0, [])
    assert run("CONFIG_A=y\n", f="# Why.\nCONFIG_A=n\n")[0] == 1


@pytest.mark.parametrize("line", ["CONFIG_A", "CONFIG_A = y", "CONFIG_A=yes", "A=y", "#CONFIG_A is not set",
                                  "# CONFIG_A is not set.", " CONFIG_A=y"])
def test_line_that_kconfig_would_pass_over(run, line):
    assert run(None, f=f"# Why.\n{line}\n") == (1, [
        f"kernel-config: f.config:2: '{line}': expected a comment, CONFIG_X=value or "
        f"'# CONFIG_X is not set'"])


def test_group_without_a_reason(run):
    assert run(None, f="# Why.\nCONFIG_A=y\n\nCONFIG_B=y\nCONFIG_C=y\n") == (1, [
        "kernel-config: f.config:4: CONFIG_B: no comment above its group says why it is there"])


def test_module(run):
    assert run(None, f="# Why.\nCONFIG_A=m\n") == (1, [
        "kernel-config: f.config:2: CONFIG_A=m: there are no modules, expected y"])


def test_asked_for_twice(run):
    assert run(None, a="# Why.\nCONFIG_A=y\n", b="# Why.\nCONFIG_A=y\n") == (1, [
        "kernel-config: b.config:2: CONFIG_A was asked for in a.config:2 already"])


def test_every_fault_is_reported(run):
    status, said = run("", f="CONFIG_A=y\nCONFIG_B=y\nnonsense\n")
    assert status == 1
    assert len(said) == 4  # no reason, nonsense, A lost, B lost


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.config")), ids=lambda path: path.name)
def test_fragments_of_this_tree(path):
    requests, faults = check.read_fragment(path)
    assert faults == []
    assert requests
