#include "backoff.h"

#define STRIKES_MAX 30 /* 1 s << 29 is seventeen years: above any cap, below an overflow */

int64_t backoff_delay(unsigned *strikes, int64_t up_ms, int64_t cap_ms, uint32_t jitter)
{
    int64_t forgiven = up_ms / BACKOFF_HEALTHY_MS;
    *strikes = forgiven >= *strikes ? 0 : *strikes - (unsigned)forgiven;

    unsigned before = *strikes;
    if (*strikes < STRIKES_MAX)
        ++*strikes;
    if (before == 0)
        return 0;
    int64_t delay = (int64_t)BACKOFF_FIRST_MS << (before - 1);
    if (delay > cap_ms)
        delay = cap_ms;
    return delay - delay / 4 + jitter % (delay / 2 + 1);
}
