# Preflight, packages, lint, and `make check`.
LINT_PY += $(wildcard .ci/*.py .ci/tests/*.py)
LINT_SH += .ci/run .ci/preflight .ci/deps
DEPS_TEST += clang clang-format clang-tidy cppcheck flake8 shellcheck libclang-rt-14-dev

.PHONY: preflight deps-build deps
preflight:
	@.ci/preflight
deps-build: preflight
	@.ci/deps $(DEPS_BUILD)
deps: preflight ## install the Debian packages that the build and the tests need
	@.ci/deps $(DEPS_BUILD) $(DEPS_TEST)

LINT_STAMP := $(B)/lint
LINT_C_SOURCES := $(filter %.c,$(LINT_C))
TIDY_FLAGS = $(filter-out -MMD -MP,$(CPPFLAGS_ALL)) -std=c17 $(LINT_CPPFLAGS)

$(LINT_STAMP)/%.tidy: % .clang-tidy $(filter %.h,$(LINT_C))
	@mkdir -p $(@D)
	$(call step,TIDY) clang-tidy --quiet $< -- $(TIDY_FLAGS) 2>$@.err || { cat $@.err; exit 1; }
	@touch $@

.PHONY: lint lint-format lint-cppcheck lint-py lint-sh
lint: lint-format lint-cppcheck lint-py lint-sh $(LINT_C_SOURCES:%=$(LINT_STAMP)/%.tidy) ## static checks of every language in the tree
lint-format:
	$(call step,LINT) clang-format --dry-run -Werror $(LINT_C)
lint-cppcheck:
	@mkdir -p $(B)/cppcheck
	$(call step,LINT) cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--error-exitcode=1 --cppcheck-build-dir=$(B)/cppcheck --suppress=missingIncludeSystem \
		--library=posix --library=gnu -D_GNU_SOURCE -Isupervisor -j2 $(LINT_C_SOURCES)
lint-py:
	$(call step,LINT) flake8 --max-line-length=110 $(LINT_PY)
lint-sh:
	$(call step,LINT) shellcheck $(LINT_SH)

.PHONY: check-build
check-build: ## tests of what builds the image: ports, kernel configuration, image; of what runs the tests
	@mkdir -p $(B)/results/check-build
	@failed=0; $(PYTHON) -m pytest -q -p no:cacheprovider --import-mode=importlib \
		--junitxml=$(B)/results/check-build/build.xml $(BUILD_TESTS) || failed=1; \
	$(PYTHON) -B -m pytest -q -p no:cacheprovider --junitxml=$(B)/results/check-build/ci.xml .ci/tests || failed=1; \
	exit $$failed

# In this order; the tests on the real image come last.
CHECK_STAGES := lint check-build check-unit check-init check-multipath check-mirror check-network check-sim

.PHONY: check
check: deps ## install what the tests need and run them all
	@$(PYTHON) .ci/check.py $(CHECK_STAGES) check-qemu
