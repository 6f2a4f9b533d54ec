"""On bad ground the build says so in one line, at once: preflight and deps in .ci, and what begins with them.

Each machine is played by a mount namespace (and a network namespace without a network)."""
import os
import re
import subprocess
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
CI = TREE / ".ci"
PREFLIGHT = CI / "preflight"
NOBODY = 65534
# Of a clock that was set back.
CLOCK = re.compile(r"make: [Ww]arning: .*(modification time .* in the future|Clock skew detected)")
DEADLINE = 120  # seconds on a busy machine; a build would take longer
# As on the command line, and not as one of the make that runs these tests.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def run(setup, *command, cwd, **environment):
    """Runs a command after the shell lines of `setup` in a mount namespace of its own."""
    shell = ["unshare", "--mount", "bash", "-euc", setup + '\n"$@"', "bash"]
    return subprocess.run([*shell, *map(str, command)], cwd=cwd,
                          env=ENVIRONMENT | environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=DEADLINE, check=False)


def preflight(folder, setup="mount -t tmpfs -o size=32g none .; cd .", command=(PREFLIGHT,)):
    """On a machine with an empty disk of that size, which holds the tree and the cache."""
    return run(f"cd {folder}\n{setup}", *command, cwd="/", RELEVO_CACHE=f"{folder}/cache")


def said(done):
    assert done.returncode == 1
    assert done.stdout == ""
    line, = done.stderr.splitlines()
    return line


def other_system(folder, text):
    (folder / "os-release").write_text(text)
    return f"mount --bind {folder}/os-release /etc/os-release"


def test_good_ground_is_passed_in_silence(tmp_path):
    done = preflight(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_not_root():
    with open(PREFLIGHT, encoding="ascii") as script:  # which nobody could read, where the tree is root's
        done = subprocess.run(["bash"], stdin=script, cwd="/", user=NOBODY, group=NOBODY, extra_groups=[],
                              capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert said(done).startswith("relevo: must run as root: it installs packages and sets up test networks")


@pytest.mark.parametrize("text, what", [
    ('ID=ubuntu\nVERSION_ID="22.04"\nPRETTY_NAME="Ubuntu 22.04 LTS"\n', "Ubuntu 22.04 LTS"),
    ('ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11"\n', "Debian GNU/Linux 11"),
    ("", "unknown")])
def test_not_debian_12(tmp_path, text, what):
    done = preflight(tmp_path, other_system(tmp_path, text))
    assert said(done) == f"relevo: needs Debian 12, this is {what}"


def test_another_machine(tmp_path):
    done = preflight(tmp_path, command=("setarch", "i686", PREFLIGHT))
    assert said(done) == "relevo: needs an x86_64 machine, this is i686"


def test_a_disk_too_full_for_tree_and_cache_together(tmp_path):
    done = preflight(tmp_path, "mount -t tmpfs -o size=3500m none .; cd .")
    assert said(done) == f"relevo: {tmp_path}/cache has 3500 MiB free, the build needs 4000"


@pytest.mark.parametrize("small", ["cache", "build"])
def test_either_disk_too_full(tmp_path, small):
    setup = (f"mount -t tmpfs -o size=32g none .; cd .; mkdir {small}\n"
             f"mount -t tmpfs -o size=100m none {small}")
    what = f"{tmp_path}/cache" if small == "cache" else "build"
    assert said(preflight(tmp_path, setup)) == f"relevo: {what} has 100 MiB free, the build needs 3000"


def test_a_disk_that_cannot_be_written_to(tmp_path):
    done = preflight(tmp_path, "mount -t tmpfs -o ro none .; cd .")
    assert said(done) == (f"relevo: cannot create {tmp_path}/cache or {tmp_path}/build: is the disk full or "
                          "read-only?")


@pytest.mark.parametrize("target", ["demo", "check", "check-all", "bench", "image", "deps"])
def test_every_way_in_begins_with_it(tmp_path, target):
    done = run(other_system(tmp_path, "ID=plan9\n"), "make", target, cwd=TREE)
    assert done.returncode == 2
    first, *rest = [line for line in done.stderr.splitlines() if not CLOCK.match(line)]
    assert first == "relevo: needs Debian 12, this is unknown"
    assert len(rest) == 1 and rest[0].startswith("make: *** ")  # make's own word on it
    assert done.stdout == ""


def deps(folder, sources, package):
    """.ci/deps on a machine without a network, whose apt knows these sources and has a state of its own."""
    (folder / "sources.list").write_text(sources)
    (folder / "lists/partial").mkdir(parents=True)
    (folder / "apt.conf").write_text(f'Dir::Etc::sourcelist "{folder}/sources.list";\n'
                                     f'Dir::Etc::sourceparts "-";\nDir::State::Lists "{folder}/lists";\n'
                                     'APT::Sandbox::User "root";\n')
    return run("", "unshare", "--net", CI / "deps", package, cwd=folder, APT_CONFIG=f"{folder}/apt.conf")


def test_packages_that_are_there_need_no_network(tmp_path):
    done = deps(tmp_path, "deb http://deb.debian.org/debian bookworm main\n", "bash")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("sources, complaint", [
    ("deb http://deb.debian.org/debian bookworm main\n", "apt-get update failed: is there a network?"),
    ("", "cannot install: relevo-no-such-package.")])
def test_packages_that_cannot_be_had(tmp_path, sources, complaint):
    done = deps(tmp_path, sources, "relevo-no-such-package")
    assert done.returncode == 1
    assert done.stdout == "relevo: installing 1 Debian packages (log: build/log/packages.log)\n"
    assert done.stderr == f"relevo: {complaint} See build/log/packages.log\n"
    assert "E: " in (tmp_path / "build/log/packages.log").read_text()
