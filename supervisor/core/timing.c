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
    uint64_t wait = timing_wait(t) + rtt;   /* from the last heartbeat, */
    uint64_t vouched = t->silence + change + t->beat + rtt; /* and these must have answered */
    uint64_t own = (wait > vouched ? wait : vouched) + 2 * change + 2ull * t->beat;
    return own * (MILLION + t->drift_ppm) / MILLION + 1;
}

int timing_check(const struct timing *t, char *text, size_t size)
{
    const struct {
        const char *name;
        uint32_t ms;
        bool bad;
        const char *least;
    } rows[] = {
        {"lease", t->lease, t->beat == 0 || t->lease < 3ull * t->beat, "at least three"},
        {"lease", t->lease, t->lease > 12ull * t->beat, "at most twelve"},
        {"watchdog", t->watchdog, t->watchdog < 3ull * t->beat, "at least three"},
        {"silence", t->silence, t->silence < 2ull * t->beat, "at least two"},
    };
    if (t->drift_ppm >= MILLION / 10) {
        snprintf(text, size, "drift=%u ppm: must be below 100000", t->drift_ppm);
        return -1;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].bad) {
            snprintf(text, size, "%s=%u ms must be %s heartbeats of %u ms", rows[i].name,
                     rows[i].ms, rows[i].least, t->beat);
            return -1;
        }
    if (timing_wait(t) >= timing_least_wait(t))
        return 0;
    snprintf(text, size,
             "wait=%u ms is too short: (lease %u + watchdog %u) x (1 + %u ppm) / (1 - %u ppm)"
             " + margin %u = %llu ms",
             t->wait, t->lease, t->watchdog, t->drift_ppm, t->drift_ppm, t->margin,
             (unsigned long long)timing_least_wait(t));
    return -1;
}
