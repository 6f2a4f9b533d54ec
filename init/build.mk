.PHONY: check-init
check-init: ## init's tests: as PID 1 of a PID namespace
	@true
