# The lab: blades under QEMU, its guests, the tests and figures that need them.
LAB := qemu-test
LINT_C += $(wildcard $(LAB)/guest/*.[ch])
LINT_PY += $(LAB)/lab $(wildcard $(LAB)/*.py $(LAB)/relevolab/*.py $(LAB)/tests/*.py $(LAB)/tests/*/*.py)
DEPS_TEST += qemu-system-x86 python3-pytest iproute2 iputils-ping e2fsprogs util-linux cpio

AGENT_SRC := $(wildcard $(LAB)/guest/*.c)
AGENT_H := $(wildcard $(LAB)/guest/*.h)
PYTEST := $(PYTHON) -B -m pytest -p no:cacheprovider -q --tb=short

# The agent twice: for guests, and under the sanitizers for its own tests on the build machine.
$(B)/guest/agent: $(AGENT_SRC) $(AGENT_H) $(SYSROOT)/cc
	@mkdir -p $(@D)
	$(TARGET_CC) $(TARGET_CFLAGS) -D_GNU_SOURCE -static-pie -s -o $@ $(AGENT_SRC) $(TARGET_LDFLAGS) -pthread
$(B)/host/agent: $(AGENT_SRC) $(AGENT_H)
	@mkdir -p $(@D)
	$(HOST_CC) $(SAN_CFLAGS) -D_GNU_SOURCE -o $@ $(AGENT_SRC) -pthread

# What every guest is made of: tree, initrd.img, vmlinuz.
$(B)/guest/initrd.img: $(B)/guest/agent $(LAB)/relevolab/guest.py $(PORT_FILES)
	+$(PORTBUILD) build busybox musl linux-guest
	PYTHONPATH=$(LAB) $(PYTHON) -m relevolab.guest $(B)/guest
.PHONY: guest
guest: $(B)/guest/initrd.img

.PHONY: check-lab
check-lab: $(B)/host/agent
	$(PYTEST) --junit-xml=$(B)/results/check-lab/lab.xml $(LAB)/tests/unit

.PHONY: check-qemu check-all demo bench
check-qemu: ## the real image under real Xen in QEMU
	@true
