/* Plans: drawn from a seed, or written as a scenario. */
#pragma once
#include "sim/world.h"

#define FLAVOURS 10 /* a seed's last digit decides what it is hard on */

/* Draws a whole run from the seed. nodes: 0 leaves it to the seed, too; otherwise the run is one of
 * every day. */
void plan_random(struct plan *p, uint64_t seed, uint8_t nodes);

/* The least that a site needs: names, sizes and default times. */
void plan_defaults(struct plan *p);
uint64_t plan_guest_id(int guest);
uint64_t plan_mirror_id(int mirror);
