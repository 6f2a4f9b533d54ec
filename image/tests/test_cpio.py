"""cpio.py against cpio(1)."""
import pytest
from cpio import Cpio


def test_every_kind_of_entry(listing):
    archive = Cpio()
    archive.directory("dev")
    archive.character_device("dev/console", 5, 1)
    archive.file("init", b"program", 0o755)
    archive.symlink("lib", "usr/lib")
    found = listing(archive.getvalue())
    assert list(found) == ["dev", "dev/console", "init", "lib"]
    modes = [entry["mode"] for entry in found.values()]
    assert modes == ["drwxr-xr-x", "crw-------", "-rwxr-xr-x", "lrwxrwxrwx"]
    assert found["dev/console"]["size"].split(",")[0] == "5"
    assert found["dev/console"]["size"].split()[-1] == "1"
    assert found["lib"]["target"] == "usr/lib"
    assert {(entry["owner"], entry["group"]) for entry in found.values()} == {("0", "0")}
    assert {entry["time"] for entry in found.values()} == {"Jan  1  1970"}


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 511, 512, 513])
def test_contents_of_any_length(extract, size):
    archive = Cpio()
    content = bytes(index % 251 for index in range(size))
    archive.file("odd", content)
    archive.file("next", b"still in place")
    folder = extract(archive.getvalue())
    assert (folder / "odd").read_bytes() == content
    assert (folder / "next").read_bytes() == b"still in place"


def test_ends_at_a_block_so_that_another_can_follow():
    archive = Cpio()
    archive.file("x", b"123")
    assert len(archive.getvalue()) % 512 == 0


def test_names_beyond_ascii(extract):
    archive = Cpio()
    archive.file("g\u00e4ste", b"")
    assert [path.name for path in extract(archive.getvalue()).iterdir()] == ["g\u00e4ste"]
