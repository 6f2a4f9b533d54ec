# relevod: the program for the image, its unit tests (cmocka, under the sanitizers), its tests on a
# Xen that is a folder, the fuzzers of its parsers, and the simulator.
LINT_C += $(wildcard supervisor/*.[ch] supervisor/*/*.[ch])
LINT_PY += $(wildcard supervisor/tests/*.py)
LINT_CPPFLAGS += -I/usr/include/libnl3
DEPS_TEST += libcmocka-dev libxen-dev libnl-3-dev libnl-route-3-dev libnl-genl-3-dev libyajl-dev libqb-dev libdevmapper-dev libcpg-dev libquorum-dev \
	pkg-config python3-pytest iproute2 procps util-linux corosync openipmi ipmitool

SUPERVISOR_SRC := $(wildcard supervisor/*.c $(addprefix supervisor/,base/*.c cluster/*.c config/*.c core/*.c \
	guest/*.c network/*.c storage/*.c control/*.c))
SUPERVISOR_LIBS := -lxlutil -lxenlight -lxentoollog -lxenstore -lnl-route-3 -lnl-genl-3 -lnl-3 -lyajl -lqb -ldevmapper -lcpg -lquorum -lxencall -lxenforeignmemory
SUPERVISOR_CPPFLAGS = $(CPPFLAGS_ALL) -I$(1)/include/libnl3

# For the image.
RELEVOD := $(B)/target/relevod
RELEVOD_DIR := $(B)/target/supervisor
RELEVOD_OBJ := $(SUPERVISOR_SRC:supervisor/%.c=$(RELEVOD_DIR)/%.o)

ROOTFS_PROGRAMS += $(RELEVOD):/usr/sbin/relevod
ROOTFS_LINKS += /usr/bin/relevo:../sbin/relevod /etc/xen/scripts/block:/usr/sbin/relevod \
	/etc/xen/scripts/vif-bridge:/usr/sbin/relevod \
	/etc/xen/scripts/vif-unfiltered:/usr/sbin/relevod /usr/lib/relevo/dhcp-event:/usr/sbin/relevod \
	/usr/lib/relevo/drbd-helper:/usr/sbin/relevod \
	/root/.ssh:/run/relevo/ssh

$(RELEVOD_DIR)/%.o: supervisor/%.c $(TARGET_CC)
	@mkdir -p $(@D)
	$(call step,CC) $(TARGET_CC) $(call SUPERVISOR_CPPFLAGS,$(SYSROOT)/usr) $(TARGET_CFLAGS) -c -o $@ $<
# Nearly static: a role is executed for every step on a guest and every disk and interface of it, and
# finding its way through sixteen libraries took longer than its work. libxenstore stays shared: built
# as an archive it has no reader thread, and loses replies between the events of a watch. libxenguest is
# taken whole: its image loaders register themselves. With symbols; the image takes the stripped one.
RELEVOD_ARCHIVES := -lxlutil -lxenlight -lxentoollog -lnl-route-3 -lnl-genl-3 -lnl-3 -lyajl -lcpg -lquorum \
	-lcorosync_common -lqb -ldevmapper -lxenctrl -lxencall -lxendevicemodel -lxenevtchn -lxenforeignmemory \
	-lxengnttab -lxenhypfs -luuid -lz -lzstd -llzma
$(RELEVOD).full: $(RELEVOD_OBJ)
	$(call step,LINK) $(TARGET_CC) -pie $(TARGET_LDFLAGS) -Wl,--gc-sections -o $@ $^ -Wl,-Bstatic \
		-Wl,--whole-archive -lxenguest -Wl,--no-whole-archive,--start-group \
		$(RELEVOD_ARCHIVES) -Wl,--end-group,-Bdynamic -lxenstore -lxentoolcore
$(RELEVOD): $(RELEVOD).full
	$(call step,STRIP) strip -o $@ $<

.PHONY: relevod
relevod: $(RELEVOD) ## the supervisor, for the image

# On the host, under the sanitizers: everything as a library, so that a test links what it uses.
HOST_DIR := $(B)/host/supervisor
HOST_LIB := $(HOST_DIR)/supervisor.a
HOST_OBJ := $(SUPERVISOR_SRC:supervisor/%.c=$(HOST_DIR)/%.o)

$(HOST_DIR)/%.o: supervisor/%.c
	@mkdir -p $(@D)
	$(call step,CC) $(HOST_CC) $(call SUPERVISOR_CPPFLAGS,/usr) $(SAN_CFLAGS) -c -o $@ $<
$(HOST_LIB): $(filter-out %/main.o,$(HOST_OBJ))
	@rm -f $@
	$(call step,AR) ar rcs $@ $^
# An archive serves only what stands before it.
OBJECTS_THEN_ARCHIVES = $(filter-out %.a,$^) $(filter %.a,$^)
HOST_LINK = $(HOST_CC) $(SAN_CFLAGS) -o $@ $(OBJECTS_THEN_ARCHIVES) -Wl,--as-needed $(SUPERVISOR_LIBS)

# relevod on a Xen that is a folder: fake_xen.o comes before the library's xen_libxl.o, fake_san.o
# before its mapper_dm.o and check_device.o, fake_watchdog.o before its watchdog_xen.o, fake_hardware.o
# before its hardware_device.o; fake_death.o before the C library.
FAKES := fake_xen.o fake_san.o fake_watchdog.o fake_hardware.o fake_death.o
FAKE_RELEVOD := $(B)/host/relevod-fake
$(FAKE_RELEVOD): $(HOST_DIR)/main.o $(FAKES:%=$(HOST_DIR)/tests/%) $(HOST_LIB)
	$(call step,LINK) $(HOST_LINK)

# The same without sanitizers, whose own memory would be taken for growth.
PLAIN_DIR := $(B)/host/plain
$(PLAIN_DIR)/%.o: supervisor/%.c
	@mkdir -p $(@D)
	$(call step,CC) $(HOST_CC) $(call SUPERVISOR_CPPFLAGS,/usr) $(HOST_CFLAGS) -c -o $@ $<
$(PLAIN_DIR)/supervisor.a: $(SUPERVISOR_SRC:supervisor/%.c=$(PLAIN_DIR)/%.o)
	@rm -f $@
	$(call step,AR) ar rcs $@ $^
$(FAKE_RELEVOD)-plain: $(FAKES:%=$(PLAIN_DIR)/tests/%) $(PLAIN_DIR)/supervisor.a
	$(call step,LINK) $(HOST_CC) $(HOST_CFLAGS) -o $@ $^ -Wl,--as-needed $(SUPERVISOR_LIBS)

# relevo check, for site folders on the build machine.
$(B)/host/relevo: $(PLAIN_DIR)/supervisor.a
	$(call step,LINK) $(HOST_CC) $(HOST_CFLAGS) -o $@ $^ -Wl,--as-needed $(SUPERVISOR_LIBS)
.PHONY: check-site
check-site: $(B)/host/relevo ## check a site's folder: make check-site SITE=dir
	@[ -n "$(SITE)" ] || { echo "relevo: make check-site needs SITE=directory" >&2; exit 1; }
	@$< check "$(SITE)"

# A unit test is supervisor/tests/test_X.c.
UNIT_TESTS := $(basename $(notdir $(wildcard supervisor/tests/test_*.c)))
UNIT_BIN := $(B)/host/tests
# Not to be removed as a step on the way, and compiled again the next time.
.SECONDARY: $(UNIT_TESTS:%=$(HOST_DIR)/tests/%.o)
$(UNIT_BIN)/%: $(HOST_DIR)/tests/%.o $(HOST_LIB)
	@mkdir -p $(@D)
	$(call step,LINK) $(HOST_LINK) -lcmocka
# Whole nodes of core/, by hand.
$(addprefix $(UNIT_BIN)/test_core_,node rounds takeover mirror placement): $(HOST_DIR)/tests/core_lab.o

# A LUN and its map, by hand.
$(addprefix $(UNIT_BIN)/test_multipath_,paths groups plan): $(HOST_DIR)/tests/multipath_lab.o

# What words and a site's files become.
$(addprefix $(UNIT_BIN)/,test_site test_net_site test_multipath_site test_drbd_site test_cluster_site): \
	$(HOST_DIR)/tests/site_lab.o

# A fuzzer is supervisor/tests/fuzz_X.c; its seeds are in supervisor/tests/seeds/X.
FUZZERS := $(basename $(notdir $(wildcard supervisor/tests/fuzz_*.c)))
FUZZ_DIR := $(B)/host/fuzz
.SECONDARY: $(FUZZERS:%=$(FUZZ_DIR)/tests/%.o)
FUZZ_CC := clang -g -O1 -std=c17 -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined
FUZZ_SECONDS ?= 5
FUZZ_OBJ := $(SUPERVISOR_SRC:supervisor/%.c=$(FUZZ_DIR)/%.o)
$(FUZZ_DIR)/%.o: supervisor/%.c
	@mkdir -p $(@D)
	$(call step,CC) $(FUZZ_CC) $(call SUPERVISOR_CPPFLAGS,/usr) -c -o $@ $<
$(FUZZ_DIR)/supervisor.a: $(filter-out %/main.o,$(FUZZ_OBJ))
	@rm -f $@
	$(call step,AR) ar rcs $@ $^
$(FUZZERS:%=$(B)/host/%): $(B)/host/%: $(FUZZ_DIR)/tests/%.o $(FUZZ_DIR)/supervisor.a
	$(call step,LINK) $(FUZZ_CC) -fsanitize=fuzzer -o $@ $(OBJECTS_THEN_ARCHIVES) -Wl,--as-needed $(SUPERVISOR_LIBS)

.PHONY: fuzz
fuzz: $(FUZZERS:%=$(B)/host/%) ## fuzz the parsers (FUZZ_SECONDS each)
	@supervisor/tests/fuzz.py --seconds $(FUZZ_SECONDS) --work $(FUZZ_DIR) \
		--junit $(B)/results/check-unit/fuzz.xml $^

.PHONY: check-unit
check-unit: $(UNIT_TESTS:%=$(UNIT_BIN)/%) $(FUZZERS:%=$(B)/host/%) $(FAKE_RELEVOD) $(FAKE_RELEVOD)-plain ## unit tests under ASan and UBSan, fuzzers, relevod without Xen
	@rm -rf $(B)/results/check-unit && mkdir -p $(B)/results/check-unit
	@failed=0; for t in $(UNIT_TESTS); do \
		CMOCKA_MESSAGE_OUTPUT=XML CMOCKA_XML_FILE=$(B)/results/check-unit/$$t.xml \
			$(UNIT_BIN)/$$t || { echo "FAILED $$t"; failed=1; }; done; \
	$(MAKE) --no-print-directory fuzz || failed=1; \
	RELEVOD_FAKE=$(CURDIR)/$(FAKE_RELEVOD) $(PYTHON) -m pytest -q -p no:cacheprovider \
		--basetemp=$(B)/host/pytest \
		--junit-xml=$(B)/results/check-unit/relevod.xml supervisor/tests || failed=1; \
	exit $$failed

BENCHES += bench-cluster
.PHONY: bench-cluster
bench-cluster: $(FAKE_RELEVOD)-plain ## how long 16 nodes take for a change of the ledger, into build/bench-cluster.json
	supervisor/tests/bench_cluster.py $< $(B)/bench-cluster.json

include supervisor/sim/build.mk supervisor/uml/build.mk
-include $(shell find $(RELEVOD_DIR) $(HOST_DIR) $(PLAIN_DIR) $(FUZZ_DIR) -name '*.d' 2>/dev/null)
