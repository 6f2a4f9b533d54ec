"""The host's gcc turned into a compiler for musl, and the flags that everything is built with.

This is the one place where code generation, hardening and reproducibility are decided: the specs file
and the wrapper carry them, so that no port's build system can lose them by accident."""
import os
import subprocess

TARGET = "x86_64-linux-musl"
# A fixed moment for whatever wants to write a date: 2024-01-01T00:00:00Z.
SOURCE_DATE_EPOCH = 1704067200

# Hardening. PIE is the host gcc's default, which specs keep; musl has no FORTIFY_SOURCE.
HARDEN = "-fstack-protector-strong -fstack-clash-protection"
LINK_HARDEN = "-z relro -z now -z noexecstack"
# Size: a RAM disk is dear. The linker drops sections that nothing refers to.
CFLAGS = "-Os -pipe -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables"
LDFLAGS = "-Wl,--gc-sections -Wl,--as-needed"

# {lib} and {inc} are the sysroot's. After musl's own tools/musl-gcc.specs.sh, with static PIE added.
SPECS = """\
%rename cpp_options old_cpp_options

*cpp_options:
-nostdinc -isystem {inc} -isystem include%s %(old_cpp_options)

*cc1:
%(cc1_cpu) -nostdinc -isystem {inc} -isystem include%s

*link_libgcc:
-L{lib} -L .%s

*libgcc:
libgcc.a%s %:if-exists(libgcc_eh.a%s)

*lib:
-lc

*startfile:
%{{shared:;static-pie:{lib}/rcrt1.o;static|no-pie:{lib}/crt1.o;:{lib}/Scrt1.o}} {lib}/crti.o \
%{{static|no-pie:crtbegin.o%s;:crtbeginS.o%s}}

*endfile:
%{{static|no-pie:crtend.o%s;:crtendS.o%s}} {lib}/crtn.o

*link:
-nostdlib --hash-style=gnu --build-id=none {harden} %{{shared:-shared}} %{{static:-static}} \
%{{static-pie:-static -pie --no-dynamic-linker -z text}} \
%{{!shared:%{{!static:%{{!static-pie:-dynamic-linker /lib/ld-musl-x86_64.so.1}}}}}} \
%{{rdynamic:-export-dynamic}}

*esp_link:


*esp_options:


*esp_cpp_options:


"""

WRAPPER = """\
#!/bin/sh
exec gcc -specs={sysroot}/musl.specs {harden} {maps} "$@"
"""

BINUTILS = ("ar", "as", "ld", "nm", "objcopy", "objdump", "ranlib", "readelf", "size", "strings", "strip")


# What every build sees of the environment, and what those for musl see besides (with the paths of one
# build, from environment()); nothing of the caller's.
ENVIRONMENT = {
    "LC_ALL": "C", "TZ": "UTC", "HOST_CC": "gcc", "SOURCE_DATE_EPOCH": str(SOURCE_DATE_EPOCH),
    "KBUILD_BUILD_TIMESTAMP": f"@{SOURCE_DATE_EPOCH}", "KBUILD_BUILD_USER": "relevo",
    "KBUILD_BUILD_HOST": "relevo",
}
MUSL_ENVIRONMENT = {
    "HOST": TARGET, "CC": f"{TARGET}-gcc", "CFLAGS": CFLAGS, "LDFLAGS": LDFLAGS,
    # configure must not try to run what it compiles: it could, where musl happens to be installed
    "build_alias": "x86_64-linux-gnu", "host_alias": TARGET,
    # what it would find out by running something
    "ac_cv_func_malloc_0_nonnull": "yes", "ac_cv_func_realloc_0_nonnull": "yes",
} | {name.upper(): f"{TARGET}-{name}" for name in ("ar", "ld", "nm", "objcopy", "ranlib", "strip")}
# The port musl itself is built by the host's compiler, with the flags that specs and wrapper will carry.
LIBC_ENVIRONMENT = {"CFLAGS": f"{CFLAGS} {HARDEN}", "LDFLAGS": f"-Wl,{','.join(LINK_HARDEN.split())}"}


def host_salt():
    """Whatever here shapes every port."""
    gcc = subprocess.run(["gcc", "-dumpfullversion", "-dumpmachine"], capture_output=True, text=True,
                         check=True).stdout.split()
    return [ENVIRONMENT, *gcc]


def musl_salt():
    """Whatever here shapes what is compiled for musl."""
    return [MUSL_ENVIRONMENT, LIBC_ENVIRONMENT, HARDEN, LINK_HARDEN, SPECS, WRAPPER]


def write_compiler(folder, hide=(), at=None):
    """Writes FOLDER/cc. hide: (path, name) pairs, paths that must not show in what is compiled.
    at: where the sysroot will be, if it is not folder."""
    sysroot = at or folder
    inc, lib = sysroot / "usr/include", sysroot / "usr/lib"
    # Libraries' own libraries: the linker would look for them among the build machine's. (It checks them
    # only: this shapes no output.)
    link = f"{LINK_HARDEN} -rpath-link {lib}"
    (folder / "musl.specs").write_text(SPECS.format(inc=inc, lib=lib, harden=link))
    maps = " ".join(f"-ffile-prefix-map={path}={name}" for path, name in hide)
    cc = folder / "cc"
    cc.write_text(WRAPPER.format(sysroot=sysroot, harden=HARDEN, maps=maps))
    cc.chmod(0o755)


def write_tools(folder, sysroot):
    """A folder for PATH with the target's tools under the names that configure scripts look for."""
    folder.mkdir()
    for name in ("gcc", "cc"):
        os.symlink(sysroot / "cc", folder / f"{TARGET}-{name}")
    for name in BINUTILS:
        os.symlink(f"/usr/bin/{name}", folder / f"{TARGET}-{name}")


def environment(port, work, sysroot, tools, destdir, tree):
    """The whole environment of one build."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    env = ENVIRONMENT | {"PATH": path, "HOME": str(work), "TMPDIR": str(work / "tmp"),
                         "DESTDIR": str(destdir), "TREE": str(tree)}
    if port.name == "musl":
        env |= LIBC_ENVIRONMENT
    elif port.on_musl:
        env |= MUSL_ENVIRONMENT | {
            "PATH": f"{tools}:{path}", "SYSROOT": str(sysroot),
            "PKG_CONFIG_LIBDIR": f"{sysroot}/usr/lib/pkgconfig", "PKG_CONFIG_SYSROOT_DIR": str(sysroot)}
    return env
