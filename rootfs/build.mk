# The root image: third-party parts (ports/, see README.md) + our own files (files/) + our programs.
#
# A folder that builds a program for the image says so in its own build.mk:
#   ROOTFS_PROGRAMS += build/target/relevod:/usr/sbin/relevod
#   ROOTFS_LINKS    += /usr/bin/relevo:../sbin/relevod
# acpica-tools, bison, flex: libxenlight; perl: openssl.
DEPS_BUILD += gcc libc6-dev make patch dpkg-dev xz-utils bzip2 file pkg-config perl bison flex acpica-tools
DEPS_TEST += python3-pytest util-linux
LINT_PY += rootfs/portbuild.py $(wildcard rootfs/portbuilder/*.py rootfs/tests/*.py)

BUILD_TESTS += rootfs/tests

PORTBUILD := rootfs/portbuild.py
PORT_FILES := $(wildcard rootfs/portbuilder/*.py rootfs/ports/*.toml rootfs/ports/*/*)

.PHONY: ports
ports: | deps-build ## build the third-party parts, as far as they are not in the cache
	$(PORTBUILD) build

# What our own programs compile against. The sysroot is replaced only when one of its parts changed, which
# the time stamp of its compiler tells those who depend on it.
SYSROOT_PORTS := musl linux-headers libnl3 libqb lvm2 yajl xen-tools corosync

$(B)/stamp/sysroot: $(PORT_FILES) rootfs/build.mk | deps-build
	$(PORTBUILD) sysroot $(SYSROOT) $(SYSROOT_PORTS)
	@mkdir -p $(@D) && touch $@
$(SYSROOT)/cc: $(B)/stamp/sysroot ;
.PHONY: sysroot
sysroot: $(SYSROOT)/cc ## headers, libraries and compiler for the image's programs

# Folders of the root that git cannot keep: mount points, and what links need.
ROOTFS := $(B)/rootfs
ROOTFS_DIRS := dev proc sys run tmp var site mnt root etc/xen/scripts usr/bin usr/sbin usr/lib usr/share
ROOTFS_PROGRAMS :=
ROOTFS_LINKS :=
program_file = $(word 1,$(subst :, ,$(1)))
program_dest = $(word 2,$(subst :, ,$(1)))

# Expanded a second time because the folders named after this one add to the lists.
.SECONDEXPANSION:
$(B)/stamp/rootfs: $(PORT_FILES) $(shell find rootfs/files ! -type l) rootfs/build.mk \
		$$(foreach p,$$(ROOTFS_PROGRAMS),$$(call program_file,$$p)) | deps-build
	@rm -rf $(ROOTFS)
	@mkdir -p $(addprefix $(ROOTFS)/,$(ROOTFS_DIRS)) $(@D)
	@chmod 700 $(ROOTFS)/root
	@cp -a rootfs/files/. $(ROOTFS)/
	$(PORTBUILD) image $(ROOTFS)
	@$(foreach p,$(ROOTFS_PROGRAMS),install -D -s -m 755 $(call program_file,$p) $(ROOTFS)$(call program_dest,$p);)
	@$(foreach l,$(ROOTFS_LINKS),mkdir -p $(ROOTFS)$(dir $(call program_file,$l)); \
		ln -sfn $(call program_dest,$l) $(ROOTFS)$(call program_file,$l);)
	$(PORTBUILD) check-elf $(ROOTFS)
	@touch $@
.PHONY: rootfs
rootfs: $(B)/stamp/rootfs ## the root image's files, laid out in build/rootfs
