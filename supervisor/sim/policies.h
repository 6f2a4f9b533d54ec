/* The policies that say where guests may run: drawn for random sites, and judged at the end. */
#pragma once
#include "sim/world.h"

/* Gives some sites groups of guests that are apart or together, and little memory. */
void policies_draw(struct core_site *s, struct prng *r);

/* How the guest is where it must not be, or NULL. */
const char *policies_broken(const struct world *w, int guest);

/* Whether one of its nodes could run it, beside what runs there. */
bool policies_allow(const struct world *w, int guest);
