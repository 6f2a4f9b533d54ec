# The lab: blades under QEMU, its guests, the tests and figures that need them.
LAB := qemu-test
LINT_C += $(wildcard $(LAB)/guest/*.[ch]) $(LAB)/dom0/hog.c
LINT_PY += $(LAB)/lab $(wildcard $(LAB)/*.py $(LAB)/relevolab/*.py $(LAB)/tests/*.py $(LAB)/tests/*/*.py)
DEPS_LAB := qemu-system-x86 iproute2 iputils-ping e2fsprogs util-linux openssh-client
DEPS_TEST += $(DEPS_LAB) python3-pytest cpio openipmi ipmitool

AGENT_SRC := $(wildcard $(LAB)/guest/*.c)
AGENT_H := $(wildcard $(LAB)/guest/*.h)
PYTEST := $(PYTHON) -B -m pytest -p no:cacheprovider -v --tb=short --durations=15

# The agent twice: for guests, and under the sanitizers for its own tests on the build machine.
$(B)/guest/agent: $(AGENT_SRC) $(AGENT_H) $(SYSROOT)/cc
	@mkdir -p $(@D)
	$(call step,LINK) $(TARGET_CC) $(TARGET_CFLAGS) -D_GNU_SOURCE -static-pie -s -o $@ $(AGENT_SRC) $(TARGET_LDFLAGS) -pthread
$(B)/host/agent: $(AGENT_SRC) $(AGENT_H)
	@mkdir -p $(@D)
	$(call step,LINK) $(HOST_CC) $(SAN_CFLAGS) -D_GNU_SOURCE -o $@ $(AGENT_SRC) -pthread

# What a test brings to a blade, to make its dom0 hang.
$(B)/guest/hog: $(LAB)/dom0/hog.c $(SYSROOT)/cc
	@mkdir -p $(@D)
	$(call step,LINK) $(TARGET_CC) $(TARGET_CFLAGS) -D_GNU_SOURCE -s -o $@ $< $(TARGET_LDFLAGS)

# What every guest is made of: tree, initrd.img, vmlinuz.
$(B)/guest/initrd.img: $(B)/guest/agent $(LAB)/relevolab/guest.py $(PORT_FILES)
	+$(PORTBUILD) build busybox musl linux-guest
	PYTHONPATH=$(LAB) $(PYTHON) -m relevolab.guest $(B)/guest
.PHONY: guest
guest: $(B)/guest/initrd.img

.PHONY: check-lab check-qemu check-qemu-all check-all
check-lab: $(B)/host/agent ## the lab's own tests, without a blade
	$(PYTEST) --junit-xml=$(B)/results/check-lab/lab.xml $(LAB)/tests/unit
LAB_NEEDS := $(IMAGE)/initrd.img $(B)/guest/initrd.img $(B)/guest/hog $(B)/host/agent
check-qemu: $(LAB_NEEDS) ## the real image under real Xen in QEMU
	$(PYTEST) --junit-xml=$(B)/results/$@/qemu.xml $(LAB)/tests
check-qemu-all: $(LAB_NEEDS)
	$(PYTEST) --all --junit-xml=$(B)/results/$@/qemu.xml $(LAB)/tests
check-all: deps ## every test there is, at full length
	@$(PYTHON) .ci/check.py $(CHECK_STAGES) check-same check-qemu-all

.PHONY: demo bench soak
demo: deps-build ## build everything, boot three nodes, crash a guest, pull a blade's power, see its guest go on
	@.ci/deps $(DEPS_LAB)
	@$(PYTHON) $(LAB)/demo.py
SOAK ?=
soak: deps ## random faults on a cluster under real Xen, until stopped
	@$(MAKE) --no-print-directory $(LAB_NEEDS)
	@$(PYTHON) $(LAB)/soak.py $(SOAK)
# BENCHES: targets of other parts that leave build/bench-NAME.json. None that fails costs the others anything.
bench: deps ## measure; writes build/bench.json
	@$(MAKE) --no-print-directory $(LAB_NEEDS)
	@rm -f $(B)/bench-*.json
	@failed=0; for b in $(BENCHES); do $(MAKE) --no-print-directory $$b || failed=1; done; \
	$(PYTHON) $(LAB)/bench.py || failed=1; exit $$failed
