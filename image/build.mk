# What a blade boots (build/image), and a site's bundle. See README.md.
# grub-common: grub-mkimage, for the port grub-xen.
DEPS_BUILD += squashfs-tools git grub-common
DEPS_TEST += cpio python3-pytest
LINT_PY += $(wildcard image/*.py image/tests/*.py)
BUILD_TESTS += image/tests

IMAGE := $(B)/image
IMAGE_INIT := $(B)/target/init/init

# Drivers' firmware comes with the site.
ROOTFS_LINKS += /usr/lib/firmware:/site/firmware

$(IMAGE)/initrd.img: $(B)/stamp/rootfs $(IMAGE_INIT) $(wildcard image/*.py) image/build.mk \
		$(wildcard kernel-config/*.config) kernel-config/check.py kernel-config/build-kernel
	+$(PORTBUILD) build linux xen-hypervisor
	@image/mkimage.py image --rootfs $(ROOTFS) --init $(IMAGE_INIT) --out $(IMAGE) \
		--kernel "$$($(PORTBUILD) path linux)/boot/vmlinuz" \
		--xen "$$($(PORTBUILD) path xen-hypervisor)/boot/xen.gz"
.PHONY: image
image: $(IMAGE)/initrd.img ## what a blade boots: xen.gz, vmlinuz, initrd.img, sizes.json

# From the same parts; with another RELEVO_CACHE, from parts built anew.
SAME := $(B)/same/another/folder
.PHONY: check-same
check-same: $(IMAGE)/initrd.img ## build the image once more, in another folder: the same bits
	@rm -rf $(B)/same && mkdir -p $(SAME)
	@git ls-files -z | xargs -0 cp -a --parents -t $(SAME)
	@$(MAKE) --no-print-directory -C $(SAME) image
	@for f in xen.gz vmlinuz initrd.img sizes.json; do cmp $(IMAGE)/$$f $(SAME)/$(IMAGE)/$$f; done
	@rm -rf $(B)/same

.PHONY: site
site: ## pack a site's bundle: make site SITE=dir [OUT=file], appended to initrd.img
	@[ -n "$(SITE)" ] || { echo "relevo: make site needs SITE=directory" >&2; exit 1; }
	@image/mkimage.py site "$(SITE)" "$(or $(OUT),$(IMAGE)/site.cpio)"
