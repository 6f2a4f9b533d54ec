"""Logging in to a blade by SSH: with the operator's key, and with nothing else."""
import subprocess

import pytest

from relevolab import ssh, topology
from relevolab.clock import wait_for


@pytest.fixture(name="log_in")
def make_log_in(lab, shared):
    def log_in(*words, **how):
        return lab.space.run(*ssh.command(lab.folder, topology.blade_address(shared.number), *words, **how),
                             check=False, timeout=60)

    wait_for(lambda: log_in("true").returncode == 0, lambda: f"SSH to answer: {log_in('true')}", 60, every=1)
    return log_in


def test_the_key_opens(shared, log_in):
    done = log_in("relevo", "status")
    assert done.returncode == 0 and done.stdout.startswith(f"{shared.name}: ")
    assert log_in("exit 7").returncode == 7


def test_nothing_else_does(lab, log_in):
    other = lab.folder / "other"
    if not other.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    password = ["PubkeyAuthentication=no", "PreferredAuthentications=password"]
    for how in ({"key": "other", "options": ["BatchMode=yes"]}, {"options": ["BatchMode=yes", *password]}):
        done = log_in("true", **how)
        assert done.returncode == 255 and "Permission denied (publickey)" in done.stderr, done


def test_the_console_tells_the_host_key(lab, shared, log_in):
    _, line = shared.wait_line(r"SSH: host key .*SHA256:", seconds=30)
    shown = lab.space.run("sh", "-c", f"ssh-keyscan -t ed25519 {topology.blade_address(shared.number)} "
                          "2>/dev/null | ssh-keygen -lf -").stdout.split()[1]
    assert shown in line
