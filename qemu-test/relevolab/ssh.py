"""Logging in to a blade as its operator does: with the lab's key, over the front switch."""
import subprocess


def make_key(folder):
    """The lab's key, in `folder`/id; returns its public half."""
    if not (folder / "id").exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", folder / "id"],
                       check=True)
    return (folder / "id.pub").read_text().strip()


def command(folder, address, *words, key="id", options=()):
    """The client's command line, to be run in the lab's space. Blades make new host keys at each boot:
    what a client remembers of them is worth nothing here."""
    return ["ssh", "-F", "none", "-i", folder / key, "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR",
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            *[word for option in options for word in ("-o", option)], f"root@{address}", *words]
