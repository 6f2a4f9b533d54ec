/* The one inequality on which takeover by waiting rests, and the bound that follows from it. */
#pragma once
#include "core/site.h"

/* The least wait that is safe: what the suspect's lease and watchdog can last on the slowest
 * clock, counted on the fastest, plus the margin. */
uint64_t timing_least_wait(const struct timing *t);

/* The wait in use: the configured one, or the least. */
uint64_t timing_wait(const struct timing *t);

/* The advertised time, in ms, from a node's death to the order that starts its guests elsewhere:
 * silence, wait, three changes of the ledger and the looks between them. What the guest itself
 * needs to boot is not in it. rtt: the slowest round trip that the network is trusted for. */
uint64_t timing_takeover(const struct timing *t, uint32_t rtt);

/* 0, or -1 with a line in text that names the rule and the numbers that break it. */
int timing_check(const struct timing *t, char *text, size_t size);
