# The simulator: the real core/ in a simulated world. Built three times: as it is, with deliberate
# faults that can be switched on, and under the sanitizers.
SIM_SRC := $(wildcard supervisor/core/*.c supervisor/sim/*.c) supervisor/base/kv.c \
	supervisor/base/backoff.c supervisor/base/crc32.c
SIM := $(B)/host/relevo-sim
# Operations and queue items are shared out: each file's switch has its own and a default.
SIM_CPPFLAGS = $(CPPFLAGS_ALL) $(if $(filter supervisor/sim/%,$<),-Wno-switch-enum)
LINT_PY += $(wildcard supervisor/sim/*.py)
SIM_JOBS ?= 2
# About a minute and a half of two cores; the time is a cap for slow machines.
SIM_SECONDS ?= 180
SIM_SEEDS ?= 1-36000
# All are noticed within these, or by a scenario; 40 s of one core.
MUTANT_SEEDS ?= 1-300
# One or more for each oracle, all noticed within 150 seeds.
SIM_SAMPLE := NO_MAJORITY,SELF_DELIVERY,FEED_ALWAYS,NO_LEASE_START,NO_KILL,NO_WAIT,ANY_SUSPICION
SIM_SAMPLE := $(SIM_SAMPLE),RESUME_SOURCE,UNPAUSE_EARLY,DEAD_LIVE_ON,RESUME_EARLY
SIM_SAMPLE := $(SIM_SAMPLE),IGNORE_STALE,UNKNOWN_FRESH,TWO_REMEMBER,WAIT_ANEW
SIM_SCENARIOS := $(sort $(wildcard supervisor/sim/scenarios/*.scenario))

$(SIM): $(SIM_SRC:supervisor/%.c=$(B)/host/sim/%.o)
	$(call step,LINK) $(HOST_CC) $(HOST_CFLAGS) -o $@ $^
$(SIM)-mutants: $(SIM_SRC:supervisor/%.c=$(B)/host/sim-mutants/%.o)
	$(call step,LINK) $(HOST_CC) $(HOST_CFLAGS) -o $@ $^
$(SIM)-san: $(SIM_SRC:supervisor/%.c=$(B)/host/sim-san/%.o)
	$(call step,LINK) $(HOST_CC) $(SAN_CFLAGS) -o $@ $^
$(B)/host/sim/%.o: supervisor/%.c
	@mkdir -p $(@D)
	$(call step,CC) $(HOST_CC) $(HOST_CFLAGS) $(SIM_CPPFLAGS) -c -o $@ $<
$(B)/host/sim-mutants/%.o: supervisor/%.c
	@mkdir -p $(@D)
	$(call step,CC) $(HOST_CC) $(HOST_CFLAGS) $(SIM_CPPFLAGS) -DCORE_MUTANTS -c -o $@ $<
$(B)/host/sim-san/%.o: supervisor/%.c
	@mkdir -p $(@D)
	$(call step,CC) $(HOST_CC) $(SAN_CFLAGS) $(SIM_CPPFLAGS) -c -o $@ $<

# A process that ends by _exit() would not write down what it has reached.
$(SIM)-cover: $(SIM_SRC:supervisor/%.c=$(B)/host/sim-cover/%.o)
	$(call step,LINK) $(HOST_CC) --coverage -o $@ $^
$(B)/host/sim-cover/%.o: supervisor/%.c
	@mkdir -p $(@D)
	$(call step,CC) $(HOST_CC) $(WARN) -O1 -g --coverage -D_exit=exit $(SIM_CPPFLAGS) -c -o $@ $<

.PHONY: sim
sim: $(SIM) ## the cluster simulator

# Past failures first; then deliberate faults that are soon noticed, lest an oracle go blind; then a
# share of seeds under the sanitizers; then many.
.PHONY: check-sim
check-sim: $(SIM) $(SIM)-san $(SIM)-mutants ## the simulator: past failures, deliberate faults, and tens of thousands of seeds
	@mkdir -p $(B)/results/check-sim
	$(call step,SIM) $(SIM)-san --junit $(B)/results/check-sim/scenarios.xml $(SIM_SCENARIOS)
	$(SIM)-mutants --mutants --mutant $(SIM_SAMPLE) --seeds 1-200 --jobs $(SIM_JOBS)
	$(SIM)-san --seeds 1-200 --jobs $(SIM_JOBS) --junit $(B)/results/check-sim/sanitized.xml
	$(SIM) --seeds $(SIM_SEEDS) --jobs $(SIM_JOBS) --seconds $(SIM_SECONDS) \
		--junit $(B)/results/check-sim/seeds.xml

.PHONY: mutants
mutants: $(SIM)-mutants ## show that the simulator notices deliberate faults in core/
	$(SIM)-mutants --mutants --seeds $(MUTANT_SEEDS) --jobs $(SIM_JOBS) --json $(B)/mutants.json \
		$(SIM_SCENARIOS)

COVER_SEEDS ?= 1-1000
.PHONY: cover-sim
cover-sim: $(SIM)-cover ## the lines of core/ that neither a scenario nor a seed reaches
	@find $(B)/host/sim-cover -name '*.gcda' -delete
	@$(SIM)-cover $(SIM_SCENARIOS) >$(B)/host/sim-cover/scenarios
	$(SIM)-cover --seeds $(COVER_SEEDS) --jobs $(SIM_JOBS)
	@gcov -t $(B)/host/sim-cover/core/*.gcda 2>/dev/null | awk -F: '$$3 == "Source" { file = $$4 } \
		$$1 ~ /#####/ { line = $$2 + 0; sub(/^[^:]*:[^:]*:/, ""); print file ":" line ":" $$0 }'

BENCHES += bench-sim
.PHONY: bench-sim
bench-sim: $(SIM) ## the figures of core/ and its simulator, into build/bench-core.json
	supervisor/sim/figures.py --sim $(SIM) --mutants $(B)/mutants.json --out $(B)/bench-core.json

-include $(shell find $(B)/host/sim $(B)/host/sim-mutants $(B)/host/sim-san -name '*.d' 2>/dev/null)

# The parser's test and fuzzer link the simulator's own files as well.
SIM_PARSER := $(filter-out %/main.c,$(wildcard supervisor/sim/*.c))
$(UNIT_BIN)/test_sim_scenario: $(SIM_PARSER:supervisor/%.c=$(B)/host/sim-san/%.o)
$(B)/host/fuzz_scenario: $(SIM_PARSER:supervisor/%.c=$(FUZZ_DIR)/%.o)
