"""What goes into the image: globs, conflicts, hardening."""
import subprocess

import pytest
from portbuilder import elf, lay
from portbuilder.errors import PortError

PROGRAM = "int main(void) { return 0; }"


def image(workshop):
    builder = workshop.build()
    target = workshop.folder / "image"
    target.mkdir()
    lay.image([(port, builder.root(port)) for port in builder.ports.values()], target)
    return sorted(str(p.relative_to(target)) for p in target.rglob("*") if not p.is_dir())


def test_globs_choose_and_skip(workshop):
    workshop.port("a", 'mkdir -p "$DESTDIR/usr/lib"; cd "$DESTDIR/usr/lib"; touch l.so.1 l.a x.so.1; '
                       'ln -s l.so.1 l.so.0', image=["usr/lib/*.so.*"], image_skip=["usr/lib/x*"])
    assert image(workshop) == ["usr/lib/l.so.0", "usr/lib/l.so.1"]


def test_a_glob_that_matches_nothing_is_an_error(workshop):
    workshop.port("a", "true", image=["usr/bin/*"])
    with pytest.raises(PortError, match=r"a: the image glob 'usr/bin/\*' matches nothing"):
        image(workshop)


def test_two_ports_with_the_same_file_are_an_error(workshop):
    for name in ("a", "b"):
        workshop.port(name, 'touch "$DESTDIR/file"', image=["file"])
    with pytest.raises(PortError, match="b: file is already in the image, from a"):
        image(workshop)


def program(folder, *flags):
    path = folder / "program"
    subprocess.run(["gcc", "-x", "c", "-", "-o", str(path), *flags], input=PROGRAM.encode(), check=True)
    return path


def test_what_we_compiled_is_stripped_and_what_debian_did_is_not(workshop):
    compile_it = f'mkdir -p "$DESTDIR"; echo "{PROGRAM}" | gcc -g -x c - -o "$DESTDIR/program"'
    workshop.port("ours", compile_it, image=["program"])
    builder = workshop.build()
    built, port = builder.root(builder.ports["ours"]), builder.ports["ours"]
    for folder, deb in (("ours", ""), ("debians", "grub-xen-bin")):
        port.deb = deb
        lay.image([(port, built)], workshop.folder / folder)
    original = (built / "program").stat().st_size
    assert (workshop.folder / "ours/program").stat().st_size < original
    assert (workshop.folder / "debians/program").read_bytes() == (built / "program").read_bytes()


@pytest.mark.parametrize("flags, fault", [
    (["-static-pie", "-Wl,-z,relro,-z,now"], None),
    (["-no-pie", "-static", "-Wl,-z,relro,-z,now"], "not position-independent"),
    (["-static-pie", "-Wl,-z,norelro,-z,now"], "no RELRO"),
    (["-static-pie", "-Wl,-z,relro,-z,lazy"], "not BIND_NOW"),
    (["-static-pie", "-Wl,-z,relro,-z,now,-z,execstack"], "executable stack"),
    (["-static-pie", "-Wl,-z,relro,-z,now,-rpath,/evil"], "search path /evil"),
    (["-Wl,-z,relro,-z,now"], "loader /lib64/ld-linux-x86-64.so.2, expected /lib/ld-musl-x86_64.so.1"),
    (["-Wl,-z,relro,-z,now"], "needs libc.so.6, which is not in the image"),
    (["-fno-stack-protector"], "no stack protector"),
])
def test_an_unfit_program_is_found(tmp_path, flags, fault):
    program(tmp_path, *flags)
    expected = f"/program: {fault}"
    assert (expected in elf.check(tmp_path)) if fault else elf.check(tmp_path) == []


def test_a_stack_protector_is_seen(tmp_path):
    program(tmp_path, "-fstack-protector-all")
    assert "/program: no stack protector" not in elf.check(tmp_path)


def test_a_library_is_checked_and_a_guests_loader_is_not(tmp_path):
    path = program(tmp_path, "-no-pie", "-static")
    path.chmod(0o644)
    assert elf.check(tmp_path) == []
    path.rename(tmp_path / "library.so.1")
    assert elf.check(tmp_path) != []
