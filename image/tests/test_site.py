"""mkimage.py site: what a bundle holds, what it is called, and what is no site."""
import os
import subprocess

import mkimage
import pytest


@pytest.fixture(name="site")
def fixture_site(tmp_path):
    folder = tmp_path / "site"
    (folder / "guests").mkdir(parents=True)
    (folder / "site.conf").write_text("bridge=xenbr0:eth0\n")
    (folder / "guests/web1.cfg").write_text('memory = 128\n')
    (folder / "host_key").write_text("secret")
    (folder / "host_key").chmod(0o600)
    return folder


def pack(folder):
    """(exit status, archive or None)."""
    out = folder.parent / "out/site.cpio"
    status = mkimage.main(["site", str(folder), str(out)])
    return status, out.read_bytes() if status == 0 else None


def git(folder, *words):
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=m",
                    "-C", str(folder), *words], check=True, capture_output=True)


def test_contents(site, listing, extract):
    status, archive = pack(site)
    assert status == 0
    found = listing(archive)
    assert list(found) == ["site", "site/guests", "site/guests/web1.cfg", "site/host_key", "site/site.conf",
                           "site/VERSION"]
    assert found["site/host_key"]["mode"] == "-rw-------"
    folder = extract(archive)
    for name in ("site.conf", "guests/web1.cfg", "host_key"):
        assert (folder / "site" / name).read_bytes() == (site / name).read_bytes()


def test_appended_to_an_initrd(site, listing):
    first = mkimage.Cpio()
    first.file("init", b"program")
    _, archive = pack(site)
    whole = first.getvalue() + archive
    assert list(listing(whole)) == ["init"]  # cpio(1) stops at the first trailer; the kernel goes on
    assert "site/site.conf" in listing(whole[len(first.getvalue()):])


def test_version_is_what_git_says(site, extract):
    git(site, "init", "-q")
    git(site, "add", ".")
    git(site, "commit", "-q", "-m", "first")
    git(site, "tag", "spring")
    (site / "site.conf").write_text("bridge=xenbr1:eth0\n")
    _, archive = pack(site)
    folder = extract(archive)
    assert (folder / "site/VERSION").read_text() == "spring-dirty\n"
    assert not (folder / "site/.git").exists()


def test_version_without_git_follows_the_contents(site, tmp_path):
    def version():
        _, archive = pack(site)
        return archive.split(b"site/VERSION\0")[1].lstrip(b"\0").split(b"\n")[0]
    first = version()
    assert first.startswith(b"sha256-")
    os.utime(site / "site.conf", (1, 1))
    assert version() == first
    (site / "guests/web1.cfg").write_text("memory = 256\n")
    assert version() != first


def test_same_directory_same_bytes(site):
    assert pack(site) == pack(site)


def test_either_file_makes_a_site(site):
    (site / "site.conf").unlink()
    assert pack(site)[0] == 0


def test_link_to_a_file_is_followed(site, tmp_path, extract):
    (tmp_path / "shared.cfg").write_text("memory = 64\n")
    (site / "guests/web2.cfg").symlink_to(tmp_path / "shared.cfg")
    _, archive = pack(site)
    assert (extract(archive) / "site/guests/web2.cfg").read_text() == "memory = 64\n"


def no_site(folder):
    (folder / "site.conf").unlink()
    (folder / "guests/web1.cfg").unlink()
    (folder / "guests").rmdir()
    return f"{folder}: neither site.conf nor guests/ is in it, expected a site's directory"


def no_directory(folder):
    folder.rename(folder.parent / "other")
    return f"{folder}: no such directory, expected a site's"


def version_taken(folder):
    (folder / "VERSION").write_text("1\n")
    return f"{folder}/VERSION: this name is taken, the bundle's version goes there"


def fifo(folder):
    os.mkfifo(folder / "pipe")
    return f"{folder}/pipe: expected a file, a link to a file, or a directory"


def link_to_directory(folder):
    (folder / "more").symlink_to("guests")
    return f"{folder}/more: expected a file, a link to a file, or a directory"


def dangling_link(folder):
    (folder / "guests/gone.cfg").symlink_to("nowhere.cfg")
    return f"{folder}/guests/gone.cfg: expected a file, a link to a file, or a directory"


@pytest.mark.parametrize("spoil", [no_site, no_directory, version_taken, fifo, link_to_directory,
                                   dangling_link])
def test_refused_in_one_line(site, capsys, spoil):
    message = spoil(site)
    assert pack(site)[0] == 1
    assert capsys.readouterr().err == f"relevo: {message}\n"
