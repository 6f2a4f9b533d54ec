"""Downloads, hashes, vanished versions, Debian's patches; apt is played by a folder of files."""
import hashlib
import io
import subprocess
import tarfile

import pytest
from portbuilder import fetch, pins
from portbuilder.errors import PortError


class Mirror:
    """Stands in for fetch.Apt: pool holds the files, index what apt knows of (version -> names)."""

    def __init__(self, pool, index):
        self.pool, self.index, self.downloads = pool, index, 0

    def versions(self, _port):
        return list(self.index)

    def uris(self, _port, version):
        return {name: (f"http://mirror/pool/{name}", "") for name in self.index.get(version, [])}

    def download(self, uri, path):
        self.downloads += 1
        file = self.pool / uri.rsplit("/", 1)[1].replace("%2b", "+").replace("%7e", "~")
        if not file.exists():
            return f"E: Failed to fetch {uri} 404 Not Found"
        path.write_bytes(file.read_bytes())
        return ""


def tarball(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def pool(tmp_path):
    folder = tmp_path / "pool"
    folder.mkdir()
    return folder


def build(workshop, mirror):
    builder = workshop.builder()
    builder.apt = mirror
    builder.build(list(builder.ports.values()))
    return builder


def test_a_source_is_unpacked_without_its_top_folder(workshop, pool):
    digest = tarball(pool / "a_1.orig.tar.gz", {"a-1/file": "text\n"})
    workshop.port("a", 'cp file "$DESTDIR"', source="a", version="1-1", sha256={"a_1.orig.tar.gz": digest})
    builder = build(workshop, Mirror(pool, {"1-1": ["a_1.orig.tar.gz"]}))
    assert (builder.root(builder.ports["a"]) / "file").read_text() == "text\n"


def test_a_file_is_downloaded_once(workshop, pool):
    digest = tarball(pool / "a_1.orig.tar.gz", {"a-1/file": "text\n"})
    mirror = Mirror(pool, {"1-1": ["a_1.orig.tar.gz"]})
    for steps in ("true", "true # changed"):
        workshop.port("a", steps, source="a", version="1-1", sha256={"a_1.orig.tar.gz": digest})
        build(workshop, mirror)
    assert mirror.downloads == 1


def test_a_wrong_hash_names_port_file_expected_and_found(workshop, pool):
    found = tarball(pool / "a_1.orig.tar.gz", {"a-1/file": "text\n"})
    workshop.port("a", "true", source="a", version="1-1", sha256={"a_1.orig.tar.gz": "0" * 64})
    with pytest.raises(PortError) as error:
        build(workshop, Mirror(pool, {"1-1": ["a_1.orig.tar.gz"]}))
    assert str(error.value) == f"a: a_1.orig.tar.gz: expected SHA-256 {'0' * 64}, found {found}"
    assert workshop.entries() == []
    assert [p for p in (workshop.cache / "downloads").iterdir() if not p.name.endswith(".lock")] == []


def test_a_version_that_left_the_index_is_found_beside_its_successor(workshop, pool):
    digest = tarball(pool / "a_1+x~1.orig.tar.gz", {"a-1/file": "text\n"})
    workshop.port("a", "true", source="a", version="1+x~1-1", sha256={"a_1+x~1.orig.tar.gz": digest})
    build(workshop, Mirror(pool, {"2-1": ["a_2.orig.tar.gz"]}))
    assert workshop.built_now() == ["a"]


def test_a_failed_download_says_what_the_mirror_said(workshop, pool):
    workshop.port("a", "true", source="a", version="1-1", sha256={"a_1.orig.tar.gz": "0" * 64})
    with pytest.raises(PortError, match="a: cannot download a_1.orig.tar.gz of a 1-1: .*404"):
        build(workshop, Mirror(pool, {"1-1": ["a_1.orig.tar.gz"]}))


def test_a_version_that_is_gone_names_the_pin_and_what_there_is(workshop, pool):
    workshop.port("a", "true", deb="a", version="1-1", sha256={"a_1-1_amd64.deb": "0" * 64})
    with pytest.raises(PortError, match=r"a: the pinned a 1-1 \(a_1-1_amd64.deb\).* apt offers 2-1"):
        build(workshop, Mirror(pool, {"2-1": ["a_2-1_amd64.deb"]}))


def test_without_a_network_each_port_says_so_and_it_is_tried_once(workshop, tmp_path, monkeypatch):
    class Unreachable(fetch.Apt):
        tried = 0

        def _run(self, tool, *arguments):
            self.tried += 1
            return subprocess.CompletedProcess([tool, *arguments], 100, "", "E: no route\nE: more\n")

    monkeypatch.setattr(fetch, "_derived_lists", lambda _codename: "")
    apt = Unreachable(tmp_path / "apt")
    for name in ("a", "b"):
        workshop.port(name, "true", source=name, version="1-1", sha256={f"{name}_1.orig.tar.gz": "0" * 64})
    for port in workshop.load().values():
        with pytest.raises(PortError) as error:
            fetch.fetch(apt, workshop.cache, port, f"{port.name}_1.orig.tar.gz")
        assert str(error.value) == (f"{port.name}: apt-get update failed, is there a network? "
                                    "It says: E: no route")
    assert apt.tried == 1


PATCH = "--- a/file\n+++ b/file\n@@ -1 +1 @@\n-{}\n+{}\n"


@pytest.mark.parametrize("patches, expected", [
    (["debian"], "three\n"), (["debian:first.patch"], "two\n"), ([], "one\n")])
def test_debians_series_is_applied_as_asked(workshop, pool, patches, expected):
    digests = {
        "a_1.orig.tar.gz": tarball(pool / "a_1.orig.tar.gz", {"a-1/file": "one\n"}),
        "a_1-1.debian.tar.gz": tarball(pool / "a_1-1.debian.tar.gz", {
            "debian/patches/series": "# in order\nfirst.patch\nsecond.patch -p1\n",
            "debian/patches/first.patch": PATCH.format("one", "two"),
            "debian/patches/second.patch": PATCH.format("two", "three")}),
    }
    workshop.port("a", 'cp file "$DESTDIR"', source="a", version="1-1", patches=patches, sha256=digests)
    builder = build(workshop, Mirror(pool, {"1-1": list(digests)}))
    assert (builder.root(builder.ports["a"]) / "file").read_text() == expected


def test_a_patch_that_is_not_in_the_series_is_refused(workshop, pool):
    digests = {
        "a_1.orig.tar.gz": tarball(pool / "a_1.orig.tar.gz", {"a-1/file": "one\n"}),
        "a_1-1.debian.tar.gz": tarball(pool / "a_1-1.debian.tar.gz", {"debian/patches/series": "x.patch\n"}),
    }
    workshop.port("a", "true", source="a", version="1-1", patches=["debian:y.patch"], sha256=digests)
    with pytest.raises(PortError, match="a: patches says 'debian:y.patch', which is not in Debian's series"):
        build(workshop, Mirror(pool, {"1-1": list(digests)}))


def test_a_patch_that_does_not_fit_fails_the_build(workshop, pool):
    digest = tarball(pool / "a_1.orig.tar.gz", {"a-1/file": "one\n"})
    (workshop.tree / "ours.patch").write_text(PATCH.format("other", "two"))
    workshop.port("a", "true", source="a", version="1-1", patches=["ours.patch"],
                  sha256={"a_1.orig.tar.gz": digest})
    with pytest.raises(PortError, match="a 1-1: patch failed"):
        build(workshop, Mirror(pool, {"1-1": ["a_1.orig.tar.gz"]}))


def test_lists_are_derived_from_both_forms_and_from_debians_entries_only(tmp_path, monkeypatch):
    folder = tmp_path / "sources.list.d"
    folder.mkdir()
    (folder / "debian.sources").write_text(
        "Types: deb\n# a remark\nURIs: http://one/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main\n\n"
        "Types: deb\nURIs: http://vendor\nSuites: stable\nComponents: main\n")
    (tmp_path / "sources.list").write_text(
        "deb [signed-by=/k.gpg] http://two/debian bookworm-security main contrib\n"
        "deb http://vendor vendor-bookworm main\n")
    monkeypatch.setattr(fetch, "APT_DIR", tmp_path)
    text = fetch._derived_lists("bookworm")
    assert text.split("\n\n") == [
        "Types: deb deb-src\nURIs: http://one/debian\nSuites: bookworm bookworm-updates\nComponents: main",
        "Types: deb deb-src\nURIs: http://two/debian\nSuites: bookworm-security\nComponents: main contrib\n"
        "Signed-By: /k.gpg\n"]


def test_moving_a_pin_rewrites_version_and_hashes_and_shows_it(workshop, pool):
    old = {"a_1.orig.tar.gz": "0" * 64, "a_1-1.debian.tar.xz": "1" * 64}
    workshop.port("a", "true", source="a", version="1-1", sha256=old)
    digests = {name: tarball(pool / name, {"x/file": name})
               for name in ("a_2.orig.tar.xz", "a_2-1.debian.tar.xz")}
    mirror = Mirror(pool, {"2-1": ["a_2-1.dsc", *digests]})
    mirror.uris = lambda _port, _version: {n: (f"http://mirror/pool/{n}", d) for n, d in digests.items()}
    change = pins.move(mirror, workshop.cache, workshop.load()["a"], workshop.ports / "a.toml", "2-1")
    port = workshop.load()["a"]
    assert (port.version, port.sha256) == ("2-1", digests)
    assert '+version = "2-1"' in change


def test_moving_a_pin_to_a_version_without_such_files_changes_nothing(workshop, pool):
    workshop.port("a", "true", deb="a", version="1-1", sha256={"a_1-1_amd64.deb": "0" * 64})
    before = (workshop.ports / "a.toml").read_text()
    with pytest.raises(PortError, match="a: a 9 has no file of the kind deb; apt offers 1-1"):
        pins.move(Mirror(pool, {"1-1": []}), workshop.cache, workshop.load()["a"],
                  workshop.ports / "a.toml", "9")
    assert (workshop.ports / "a.toml").read_text() == before
