"""Port files: what is refused, and in which words; what a key depends on."""
import re
from pathlib import Path

import pytest
from portbuilder import ports
from portbuilder.errors import PortError

ROOTFS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("text, expected", [
    ("why = 'x'\nbuild = 'true'\ncolour = 'red'", "unknown key 'colour'"),
    ("why = 'x'", "'build' is missing"),
    ("build = 'true'", "'why' is missing"),
    ("why = 'x'\nbuild = 'true'\nneeds = 'musl'", "'needs' must be of type list, is 'musl'"),
    ("why = 'x'\nbuild = 'true'\nsource = 'zlib'\nversion = '1'", "'sha256' is missing"),
    ("why = 'x'\nbuild = 'true'\nsource = 'zlib'\n[sha256]\nf = 'x'", "'version' is missing"),
    ("why = 'x'\nbuild = 'true'\nsource = 'a'\ndeb = 'b'", "'source' and 'deb' exclude each other"),
    ("why = x", "not TOML"),
    ("why = 'x'\nbuild = 'true'\nneeds = ['ghost']", "needs 'ghost', but there is no"),
    ("why = 'x'\nbuild = 'true'\ninputs = ['no/such/file']", "'no/such/file' names no file in the tree"),
])
def test_a_faulty_port_file_is_refused_in_words(workshop, text, expected):
    (workshop.ports / "bad.toml").write_text(text)
    with pytest.raises(PortError, match=expected) as error:
        workshop.load()
    assert "bad" in str(error.value)


def test_a_circle_of_needs_is_named(workshop):
    workshop.port("a", "true", needs=["b"])
    workshop.port("b", "true", needs=["c"])
    workshop.port("c", "true", needs=["a"])
    with pytest.raises(PortError, match="in a circle: . -> . -> . -> ."):
        workshop.load()


def test_needs_come_first(workshop):
    workshop.port("a", "true", needs=["b"])
    workshop.port("b", "true", needs=["c"])
    workshop.port("c", "true")
    assert list(workshop.load()) == ["c", "b", "a"]


def keys(workshop):
    return {name: port.key for name, port in workshop.load().items()}


def test_a_key_changes_with_recipe_inputs_and_needs_only(workshop):
    config = workshop.tree / "config"
    config.write_text("one")
    workshop.port("base", "true")
    workshop.port("user", "true", needs=["base"])
    workshop.port("other", "true", inputs=["config"])
    first = keys(workshop)
    workshop.port("base", "true # changed", )
    second = keys(workshop)
    assert {name for name in first if first[name] != second[name]} == {"base", "user"}
    config.write_text("two")
    third = keys(workshop)
    assert {name for name in first if second[name] != third[name]} == {"other"}


def test_what_goes_into_the_image_is_no_reason_to_rebuild(workshop):
    workshop.port("base", "true")
    first = keys(workshop)
    workshop.port("base", "true", image=["usr/bin/*"], missing="nothing")
    assert keys(workshop) == first


def real_ports():
    return ports.load(ROOTFS / "ports", ROOTFS.parent, [], [])


def test_the_trees_own_ports_can_be_read():
    assert {"musl", "busybox", "xen-tools"} <= set(real_ports())


def test_a_source_without_debians_patches_says_so():
    silent = [port.name for port in real_ports().values()
              if port.source and not port.missing and not any(p.startswith("debian") for p in port.patches)]
    assert silent == []


def test_hashes_look_like_hashes_and_files_belong_to_the_pinned_version():
    for port in real_ports().values():
        for name, digest in port.sha256.items():
            assert re.fullmatch("[0-9a-f]{64}", digest), f"{port.name}: {name}"
            upstream = port.version.split(":")[-1].rsplit("-", 1)[0]
            assert upstream in name, f"{port.name}: {name} is not of version {port.version}"
