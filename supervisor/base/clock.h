/* Time for deadlines and durations: milliseconds since boot. Runs on over relevod's restarts, and
 * no change of the date moves it. */
#pragma once
#include <stdint.h>

uint64_t clock_ms(void);

/* The earlier of two times, of which 0 is never. */
static inline uint64_t clock_earlier(uint64_t a, uint64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}
