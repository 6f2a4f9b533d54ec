#include "base/backoff.h"

uint32_t backoff_heal(const struct backoff *backoff, uint32_t failures, uint64_t ran_ms)
{
    uint64_t healed = ran_ms / backoff->healthy_ms;
    return healed < failures ? failures - (uint32_t)healed : 0;
}

uint64_t backoff_delay(const struct backoff *backoff, uint32_t n, uint32_t random)
{
    if (n <= 1)
        return 0;
    uint64_t delay = backoff->first_ms;
    for (uint32_t i = 2; i < n && delay < backoff->max_ms; i++)
        delay *= 2;
    if (delay > backoff->max_ms)
        delay = backoff->max_ms;
    return (delay - delay / 2) + ((delay / 2) * random >> 32);
}
