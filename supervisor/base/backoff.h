/* Growing delays between the restarts of what keeps ending: init's services, relevod's guests.
 * Pure: the caller brings the randomness. */
#pragma once
#include <stdint.h>

struct backoff {
    uint32_t first_ms;   /* delay before the second restart; doubles from there */
    uint32_t max_ms;     /* longest delay, at least first_ms */
    uint32_t healthy_ms; /* a run this long takes back one failure; not 0 */
};

/* How many of these failures count still after a run that lasted ran_ms. */
uint32_t backoff_heal(const struct backoff *backoff, uint32_t failures, uint64_t ran_ms);

/* The delay in milliseconds after failure number n (from 1): none after the first, then first_ms
 * doubled up to max_ms. Its upper half is random, so that what fell together does not come back
 * together. random is any 32-bit number, uniformly drawn. */
uint64_t backoff_delay(const struct backoff *backoff, uint32_t n, uint32_t random);
