"""relevod -k: what the SSH server reads, as far as no dropbearkey is needed."""
import subprocess

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"


def lay_out(world):
    """What it logs; the file of those who may log in."""
    done = subprocess.run([world.program, "-k", "-c", world.cmdline, "-s", world.site], env=world.environment,
                          capture_output=True, text=True, timeout=60, check=False)
    return done.stderr, world.run / "ssh/authorized_keys"


def test_keys_come_from_the_parameters_and_the_bundle(world):
    world.cmdline.write_text(f'hostname=n1 sshkey="{KEY} one" sshkey="{KEY} two" sshkey="{KEY} one"\n')
    (world.site / "authorized_keys").write_text(f'command="date" {KEY} three')
    _, file = lay_out(world)
    assert file.read_text() == f'command="date" {KEY} three\n{KEY} one\n{KEY} two\n'
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700


def test_half_a_key_lets_nobody_in(world):
    world.cmdline.write_text(f"hostname=n1 sshkey={KEY}\n")  # without quotes: it ends at the blank
    said, file = lay_out(world)
    assert "nobody can log in" in said and file.read_text() == ""
    checked = subprocess.run([world.program, "-n", "-c", world.cmdline, "-s", world.site],
                             capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 1
    assert "sshkey=ssh-ed25519: expected a public key in double quotes" in checked.stdout
