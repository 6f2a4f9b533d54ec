/* How long a service that ended rests before its next start. Pure. */
#pragma once
#include <stdint.h>

#define BACKOFF_FIRST_MS   1000  /* the delay after the second quick death; doubles from there */
#define BACKOFF_HEALTHY_MS 60000 /* every such stretch of uptime forgives one death */

/* Returns the delay in milliseconds after a run of up_ms: nothing for the first death, then
 * 1 s, 2 s, 4 s ... up to cap_ms, each up to a quarter more or less by the jitter, so that the
 * services that fell together do not all come back together. *strikes counts the deaths that are
 * not forgiven yet; it starts at 0. */
int64_t backoff_delay(unsigned *strikes, int64_t up_ms, int64_t cap_ms, uint32_t jitter);
