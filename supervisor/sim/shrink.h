/* Makes a failing plan shorter. */
#pragma once
#include "sim/world.h"

/* Leaves out what is not needed for the plan to break the same rule. On return the plan is the
 * shortest found and w holds its verdict. */
void shrink(struct world *w, struct plan *plan);
