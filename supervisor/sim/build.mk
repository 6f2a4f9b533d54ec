.PHONY: check-sim
check-sim: ## the simulator's seeds and scenarios
	@true
