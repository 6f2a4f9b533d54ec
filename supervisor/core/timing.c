#include "core/timing.h"

#include <stdio.h>

#define MILLION 1000000ull

uint64_t timing_least_wait(const struct timing *t)
{
    uint64_t alive = (uint64_t)t->lease + t->watchdog;
    uint64_t fast = MILLION + t->drift_ppm;
    uint64_t slow = MILLION - t->drift_ppm;
    return (alive * fast + slow - 1) / slow + t->margin;
}

uint64_t timing_wait(const struct timing *t)
{
    return t->wait != 0 ? t->wait : timing_least_wait(t);
}

uint64_t timing_takeover(const struct timing *t, uint32_t rtt)
{
    uint64_t change = 2ull * rtt + t->beat; /* two round trips, begun at the next look */
    uint64_t own = t->silence + timing_wait(t) + 3 * change + 2ull * t->beat;
    return own * (MILLION + t->drift_ppm) / MILLION + 1;
}

int timing_check(const struct timing *t, char *text, size_t size)
{
    if (t->drift_ppm >= MILLION / 10) {
        snprintf(text, size, "drift=%u ppm: must be below 100000", t->drift_ppm);
    } else if (t->beat == 0 || t->lease < 3ull * t->beat) {
        snprintf(text, size, "lease=%u ms must be at least three heartbeats of %u ms", t->lease,
                 t->beat);
    } else if (t->lease > 12ull * t->beat) {
        snprintf(text, size, "lease=%u ms must be at most twelve heartbeats of %u ms", t->lease,
                 t->beat);
    } else if (t->watchdog < 3ull * t->beat) {
        snprintf(text, size, "watchdog=%u ms must be at least three heartbeats of %u ms",
                 t->watchdog, t->beat);
    } else if (t->silence < 2ull * t->beat) {
        snprintf(text, size, "silence=%u ms must be at least two heartbeats of %u ms", t->silence,
                 t->beat);
    } else if (timing_wait(t) < timing_least_wait(t)) {
        snprintf(text, size,
                 "wait=%u ms is too short: (lease %u + watchdog %u) x (1 + %u ppm) / (1 - %u ppm)"
                 " + margin %u = %llu ms",
                 t->wait, t->lease, t->watchdog, t->drift_ppm, t->drift_ppm, t->margin,
                 (unsigned long long)timing_least_wait(t));
    } else {
        return 0;
    }
    return -1;
}
