# init: process 1, static on musl, and its tests.
LINT_C += $(wildcard init/*.[ch] init/tests/*.c init/tests/unit/*.[ch])
LINT_PY += $(wildcard init/tests/*.py)
LINT_CPPFLAGS += -Iinit
DEPS_TEST += python3-pytest libcmocka-dev util-linux strace squashfs-tools e2fsprogs

INIT_DIR := $(B)/target/init
INIT := $(INIT_DIR)/init
INIT_CC = $(TARGET_CC) $(CPPFLAGS_ALL) -Iinit $(TARGET_CFLAGS) -ffunction-sections -fdata-sections \
	-fno-asynchronous-unwind-tables
# One segment less than the default: code and constants share their pages, and 8 KiB go.
INIT_LDFLAGS = -static-pie $(TARGET_LDFLAGS) -Wl,--gc-sections,-z,noseparate-code
INIT_OBJECTS := $(patsubst init/%.c,$(INIT_DIR)/%.o,$(wildcard init/*.c)) $(INIT_DIR)/base/kv.o $(INIT_DIR)/base/backoff.o

ROOTFS_PROGRAMS += $(INIT):/sbin/init

$(INIT_DIR)/%.o: init/%.c $(TARGET_CC)
	@mkdir -p $(@D)
	$(call step,CC) $(INIT_CC) -c -o $@ $<
$(INIT_DIR)/base/%.o: supervisor/base/%.c $(TARGET_CC)
	@mkdir -p $(@D)
	$(call step,CC) $(INIT_CC) -c -o $@ $<
# With symbols: for addr2line, when the console shows where init crashed.
$(INIT_DIR)/init.full: $(INIT_OBJECTS)
	$(call step,LINK) $(INIT_CC) $(INIT_LDFLAGS) -o $@ $^
$(INIT): $(INIT_DIR)/init.full
	$(call step,STRIP) strip -o $@ $<

.PHONY: init
init: $(INIT) ## process 1

# What the tests link with a table of services of their own: all of init but services.c.
$(INIT_DIR)/core.a: $(filter-out $(INIT_DIR)/services.o,$(INIT_OBJECTS))
	@rm -f $@
	$(call step,AR) ar rcs $@ $^
$(INIT_DIR)/tests/helper: init/tests/helper.c $(TARGET_CC)
	@mkdir -p $(@D)
	$(call step,LINK) $(INIT_CC) $(INIT_LDFLAGS) -o $@ $<

# Unit tests on the host, under the sanitizers: init/tests/unit/test_X.c with what it tests.
INIT_UNIT := $(B)/host/init
INIT_UNIT_fmt := init/fmt.c
INIT_UNIT_params := init/params.c init/fmt.c supervisor/base/kv.c init/tests/unit/fake_say.c
INIT_UNIT_service := supervisor/base/backoff.c init/fmt.c init/tests/unit/fake_say.c \
	init/tests/unit/fake_sys.c
INIT_UNIT_services := init/services.c
INIT_UNIT_rng := init/rng.c init/fmt.c init/tests/unit/fake_say.c
INIT_UNIT_TESTS := $(basename $(notdir $(wildcard init/tests/unit/test_*.c)))

define INIT_UNIT_RULE
$(INIT_UNIT)/$(1): init/tests/unit/$(1).c $(INIT_UNIT_$(1:test_%=%))
	@mkdir -p $$(@D)
	$$(call step,LINK) $(HOST_CC) $(CPPFLAGS_ALL) -Iinit $(SAN_CFLAGS) -o $$@ $$(filter %.c,$$^) -lcmocka
endef
$(foreach t,$(INIT_UNIT_TESTS),$(eval $(call INIT_UNIT_RULE,$(t))))

.PHONY: check-init
check-init: $(INIT) $(INIT_DIR)/core.a $(INIT_DIR)/tests/helper $(INIT_UNIT_TESTS:%=$(INIT_UNIT)/%) ## init's tests: as PID 1 of a PID namespace
	@rm -rf $(B)/results/check-init && mkdir -p $(B)/results/check-init
	@failed=0; for t in $(INIT_UNIT_TESTS); do \
		CMOCKA_MESSAGE_OUTPUT=XML CMOCKA_XML_FILE=$(B)/results/check-init/$$t.xml \
			$(INIT_UNIT)/$$t || { echo "FAILED $$t"; failed=1; }; done; \
	INIT_CC="$(INIT_CC)" INIT_LDFLAGS="$(INIT_LDFLAGS)" INIT_DIR=$(INIT_DIR) $(PYTHON) -m pytest -q \
		-p no:cacheprovider --junit-xml=$(B)/results/check-init/init.xml init/tests || failed=1; \
	exit $$failed

-include $(wildcard $(INIT_DIR)/*.d $(INIT_DIR)/tests/*.d $(INIT_UNIT)/*.d)
