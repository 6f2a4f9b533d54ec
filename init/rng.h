/* The random generator's seed, and what is drawn from it first. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Feeds the kernel's generator until it is ready, so that nobody after us waits for it.
 *
 * With RDRAND and random.trust_cpu (the default of our kernel) it is ready before we run, and
 * nothing is done. Otherwise we time a walk through memory with the cycle counter: the jitter of
 * caches, interrupts and, under a hypervisor, of the other guests. What we credit is an estimate,
 * as it is in the kernel's own jitter loop, which does the same more slowly: one bit per
 * JITTER_PER_BIT samples that differ from their neighbours in the first, second and third
 * difference. A clock too coarse for that credits little or nothing, and is said. */
#define JITTER_PER_BIT 64
#define JITTER_BITS    256 /* what the kernel wants before it calls itself ready (6.1: POOL_BITS) */

void rng_seed(void);

/* The estimate alone: how many bits these clock readings are credited with. Pure. */
unsigned rng_credit(const uint32_t *readings, size_t count);

/* Writes 16 random hexadecimal digits and a newline to /run/incarnation: the name of this boot. */
void rng_name_this_boot(void);
