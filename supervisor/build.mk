# relevod, its unit tests (cmocka, under the sanitizers) and the simulator.
LINT_C += $(wildcard supervisor/*.c supervisor/*/*.[ch])
DEPS_TEST += libcmocka-dev

# A test program is supervisor/tests/test_X.c; TEST_SRC_X names what it tests.
TEST_SRC_kv := supervisor/base/kv.c
TEST_SRC_restart := supervisor/core/restart.c
UNIT_TESTS := $(basename $(notdir $(wildcard supervisor/tests/test_*.c)))
UNIT_BIN := $(B)/host/tests

define UNIT_RULE
$(UNIT_BIN)/$(1): supervisor/tests/$(1).c $(TEST_SRC_$(1:test_%=%))
	@mkdir -p $$(@D)
	$(HOST_CC) $(CPPFLAGS_ALL) $(SAN_CFLAGS) -o $$@ $$(filter %.c,$$^) -lcmocka $(TEST_LIBS_$(1:test_%=%))
endef
$(foreach t,$(UNIT_TESTS),$(eval $(call UNIT_RULE,$(t))))

.PHONY: check-unit
check-unit: $(UNIT_TESTS:%=$(UNIT_BIN)/%) ## unit tests, under ASan and UBSan
	@rm -rf $(B)/results/check-unit && mkdir -p $(B)/results/check-unit
	@failed=0; for t in $^; do \
		CMOCKA_MESSAGE_OUTPUT=XML CMOCKA_XML_FILE=$(B)/results/check-unit/$$(basename $$t).xml \
			$$t || { echo "FAILED $$t"; failed=1; }; done; exit $$failed

include supervisor/sim/build.mk
-include $(wildcard $(UNIT_BIN)/*.d)
