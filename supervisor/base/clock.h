/* Time for deadlines and durations: milliseconds since boot. Runs on over relevod's restarts, and
 * no change of the date moves it. */
#pragma once
#include <stdint.h>

uint64_t clock_ms(void);
