# The root image: third-party parts (ports/, see README.md) + our own files (files/) + our programs.
#
# A folder that builds a program for the image says so in its own build.mk:
#   ROOTFS_PROGRAMS += build/target/relevod:/usr/sbin/relevod
#   ROOTFS_LINKS    += /usr/bin/relevo:../sbin/relevod
DEPS_BUILD += gcc make patch dpkg-dev xz-utils bzip2 file pkg-config
DEPS_TEST += python3-pytest
LINT_PY += rootfs/portbuild.py $(wildcard rootfs/portbuilder/*.py rootfs/tests/*.py)

PORTBUILD := rootfs/portbuild.py
PORT_FILES := $(wildcard rootfs/portbuilder/*.py rootfs/ports/*.toml rootfs/ports/*/*)
ROOTFS := $(B)/rootfs
ROOTFS_PROGRAMS ?=
ROOTFS_LINKS ?=
# What our own programs compile against.
SYSROOT_PORTS := musl linux-headers libnl3

.PHONY: ports
ports: | deps-build ## build the third-party parts, as far as they are not in the cache
	+$(PORTBUILD) build

# The sysroot is replaced only when one of its parts changed; its compiler's time stamp tells.
$(B)/stamp/sysroot: $(PORT_FILES) rootfs/build.mk | deps-build
	+$(PORTBUILD) sysroot $(SYSROOT) $(SYSROOT_PORTS)
	@mkdir -p $(@D) && touch $@
$(SYSROOT)/cc: $(B)/stamp/sysroot ;
.PHONY: sysroot
sysroot: $(SYSROOT)/cc ## headers, libraries and compiler for the image's programs
