# Multipath on a real device-mapper and SCSI layer, in seconds: relevod under User Mode Linux, with a
# fake Xen and scsi_debug's target.
UML := supervisor/uml
LINT_PY += $(wildcard $(UML)/*.py)
DEPS_TEST += dmsetup python3-pytest

RELEVOD_UML := $(B)/host/relevod-uml
$(RELEVOD_UML): $(PLAIN_DIR)/tests/fake_xen.o $(PLAIN_DIR)/supervisor.a
	$(HOST_CC) $(HOST_CFLAGS) -o $@ $^ -Wl,--as-needed $(SUPERVISOR_LIBS)
$(B)/uml/linux: $(PORT_FILES) kernel-config/uml.config
	+$(PORTBUILD) build linux-uml
	@mkdir -p $(@D)
	ln -sfn $$($(PORTBUILD) path linux-uml)/boot/linux-uml $@

.PHONY: check-multipath
check-multipath: $(RELEVOD_UML) $(B)/uml/linux ## multipath on a real kernel, without Xen: User Mode Linux
	$(UML)/boot.py --linux $(B)/uml/linux --out $(B)/results/$@ env RELEVOD_FAKE=$(CURDIR)/$(RELEVOD_UML) \
		$(PYTHON) -B -m pytest -q -p no:cacheprovider --tb=short --durations=5 \
		--junit-xml=$(CURDIR)/$(B)/results/$@/uml.xml $(UML)
