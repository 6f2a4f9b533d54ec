# What a blade boots (build/image), and a site's bundle. See README.md.
# grub-common: grub-mkimage, for the port grub-xen.
DEPS_BUILD += squashfs-tools git grub-common
DEPS_TEST += cpio python3-pytest
LINT_PY += $(wildcard image/*.py image/tests/*.py)
BUILD_TESTS += image/tests

IMAGE := $(B)/image
IMAGE_INIT := $(B)/target/init/init

.PHONY: image
image: $(IMAGE)/initrd.img ## what a blade boots: xen.gz, vmlinuz, initrd.img, sizes.json
