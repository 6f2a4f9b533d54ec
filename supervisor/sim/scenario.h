/* Scenarios: plans as text. The format is described in relevo-sim.1. */
#pragma once
#include <stdio.h>

#include "sim/plan.h"

#define SCENARIO_ERROR 256

/* Parses text (which is written to) into plan. On failure returns -1 and says in error which line
 * and word are wrong, and what was expected; plan is then of no use. */
int scenario_parse(char *text, struct plan *plan, char error[SCENARIO_ERROR]);

/* Writes the plan so that it can be parsed again and runs the same. */
void scenario_print(FILE *f, const struct plan *plan);
