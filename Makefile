# Relevo. `make help` lists the targets; every folder's own rules are in its build.mk.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# A step says in a word what it makes; V=1 shows its command instead.
step = $(if $(V),,@printf '  %-5s %s\n' $1 $@;)

B := build
# Debian's own interpreter: the test packages are installed for it and for no other.
PYTHON := /usr/bin/python3

# One set of warnings for everything that is ours, on the host and for the image.
WARN := -std=c17 -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wconversion -Wno-sign-conversion -Wformat=2 -Wundef -Wvla -Wpointer-arith -Wcast-qual \
	-Wwrite-strings -Wimplicit-fallthrough -Wswitch-enum
HARDEN := -fPIE -fstack-protector-strong -fstack-clash-protection
CPPFLAGS_ALL := -D_GNU_SOURCE -Isupervisor -MMD -MP

# Host builds (tests, the simulator): fast ones, and ones under the sanitizers.
HOST_CC := gcc
HOST_CFLAGS := $(WARN) -O2 -g
SAN_CFLAGS := $(WARN) -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Builds for the image: gcc on the musl sysroot that rootfs/ makes.
SYSROOT := $(B)/sysroot
TARGET_CC := $(SYSROOT)/cc
TARGET_CFLAGS := $(WARN) $(HARDEN) -Os -g
TARGET_LDFLAGS := -Wl,-z,relro,-z,now,-z,noexecstack

# Each build.mk adds to these.
LINT_C :=
LINT_PY :=
LINT_SH :=
DEPS_BUILD := python3
DEPS_TEST :=
# Folders of tests that stage check-build runs.
BUILD_TESTS :=

include rootfs/build.mk kernel-config/build.mk init/build.mk supervisor/build.mk image/build.mk \
	qemu-test/build.mk .ci/build.mk

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(sort $(MAKEFILE_LIST)) \
		| LC_ALL=C sort

.PHONY: clean
clean: ## remove what was built in the tree (the cache of built parts stays)
	rm -rf $(B)
