.PHONY: check-qemu
check-qemu: ## the real image under real Xen in QEMU
	@true
