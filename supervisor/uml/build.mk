# relevod on a real kernel, in seconds: under User Mode Linux, with a fake Xen. Multipath on its device-mapper
# and SCSI layer with scsi_debug's target; mirrors between two such machines; bonds, VLANs and filters, which
# the build machine may not have.
UML := supervisor/uml
LINT_PY += $(wildcard $(UML)/*.py $(UML)/*/*.py)
DEPS_TEST += dmsetup iproute2 python3-pytest

RELEVOD_UML := $(B)/host/relevod-uml
$(RELEVOD_UML): $(PLAIN_DIR)/tests/fake_xen.o $(PLAIN_DIR)/tests/fake_death.o $(PLAIN_DIR)/supervisor.a
	$(call step,LINK) $(HOST_CC) $(HOST_CFLAGS) -o $@ $^ -Wl,--as-needed $(SUPERVISOR_LIBS)
$(B)/uml/linux: $(PORT_FILES) kernel-config/uml.config
	+$(PORTBUILD) build linux-uml
	@mkdir -p $(@D)
	ln -sfn $$($(PORTBUILD) path linux-uml)/boot/linux-uml $@
# What a mirror needs of the image, where the image has it.
UML_USR := $(B)/uml/usr
$(UML_USR)/sbin/relevod: $(RELEVOD_UML) $(PORT_FILES)
	+$(PORTBUILD) build drbd-utils musl
	@mkdir -p $(UML_USR)/sbin $(UML_USR)/lib/relevo
	cp $$($(PORTBUILD) path drbd-utils)/usr/sbin/drbd* $(UML_USR)/sbin
	cp $$($(PORTBUILD) path musl)/usr/lib/libc.so $(UML_USR)/lib/ld-musl-x86_64.so.1
	ln -sfn ../../sbin/relevod $(UML_USR)/lib/relevo/drbd-helper
	cp $< $@

UML_PYTEST := $(PYTHON) -B -m pytest -q -p no:cacheprovider --tb=short --durations=5
.PHONY: check-multipath check-mirror check-network
check-multipath: $(RELEVOD_UML) $(B)/uml/linux ## multipath on a real kernel, without Xen: User Mode Linux
	$(UML)/boot.py --linux $(B)/uml/linux --out $(B)/results/$@ env RELEVOD_FAKE=$(CURDIR)/$(RELEVOD_UML) \
		$(UML_PYTEST) --junit-xml=$(CURDIR)/$(B)/results/$@/uml.xml $(UML)/multipath
check-mirror: $(UML_USR)/sbin/relevod $(B)/uml/linux ## mirrors between two real kernels, without Xen
	$(UML_PYTEST) --junit-xml=$(B)/results/$@/uml.xml $(UML)/mirror

check-network: $(FAKE_RELEVOD)-plain $(B)/uml/linux ## bonds, VLANs and guests' filters on a real kernel: User Mode Linux
	$(UML)/boot.py --linux $(B)/uml/linux --out $(B)/results/$@ env RELEVOD_FAKE=$(CURDIR)/$(FAKE_RELEVOD)-plain \
		$(UML_PYTEST) --junit-xml=$(CURDIR)/$(B)/results/$@/uml.xml supervisor/tests/test_bonds.py supervisor/tests/test_vif.py

# Debian's multipathd, for comparison: nothing is installed.
RIVAL := $(B)/uml/debian
RIVAL_PACKAGES := multipath-tools libaio1 libjson-c5 liburcu8
$(RIVAL)/sbin/multipathd:
	@mkdir -p $(addprefix $(RIVAL)/,packages dev proc sys run etc lib64 lib/x86_64-linux-gnu)
	cd $(RIVAL)/packages && apt-get download $(RIVAL_PACKAGES)
	for package in $(RIVAL)/packages/*.deb; do dpkg-deb -x $$package $(RIVAL) || exit 1; done
	@touch $@

# The gaps on a real kernel; what relevod itself costs with many LUNs on files.
BENCH_MULTIPATH := $(CURDIR)/$(B)/bench-multipath.json
BENCHES += bench-multipath
.PHONY: bench-multipath
bench-multipath: $(RELEVOD_UML) $(FAKE_RELEVOD)-plain $(B)/uml/linux $(RIVAL)/sbin/multipathd ## the figures of multipath, into build/bench-multipath.json
	$(UML)/boot.py --linux $(B)/uml/linux --out $(B)/uml/bench env RELEVOD_FAKE=$(CURDIR)/$(RELEVOD_UML) \
		$(PYTHON) -B $(UML)/multipath/bench.py --out $(CURDIR)/$(B)/uml/bench/figures.json
	cp $(B)/uml/bench/figures.json $(BENCH_MULTIPATH)
	RELEVOD_FAKE=$(CURDIR)/$(FAKE_RELEVOD)-plain $(PYTHON) -B $(UML)/multipath/bench_many.py --out $(BENCH_MULTIPATH)

BENCHES += bench-network
.PHONY: bench-network
bench-network: $(FAKE_RELEVOD)-plain $(B)/uml/linux ## what a guest's filter costs a frame, into build/bench-network.json
	$(UML)/boot.py --linux $(B)/uml/linux --out $(B)/uml/bench-network env RELEVOD_FAKE=$(CURDIR)/$(FAKE_RELEVOD)-plain \
		$(PYTHON) -B $(UML)/bench_filter.py --out $(CURDIR)/$(B)/uml/bench-network/figures.json
	cp $(B)/uml/bench-network/figures.json $(B)/bench-network.json

# Mirrors: what they cost a guest, and relevod with many.
BENCHES += bench-mirror
.PHONY: bench-mirror
bench-mirror: $(UML_USR)/sbin/relevod $(B)/uml/linux ## the figures of mirrors, into build/bench-mirror.json
	$(PYTHON) -B $(UML)/mirror/bench.py --out $(CURDIR)/$(B)/bench-mirror.json
