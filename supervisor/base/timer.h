/* A timer that can be moved: what qb_loop's one-shot timers lack. */
#pragma once
#include <qb/qbloop.h>
#include <stdbool.h>
#include <stdint.h>

struct timer {
    qb_loop_t *loop;
    void (*fire)(void *data);
    void *data;
    qb_loop_timer_handle handle;
    bool set;
};

/* fire(data) after delay_ms from now; replaces what was set before. The timer must stay in place
 * while it is set. A loop that cannot take the timer (out of memory) fires it never: callers whose
 * work depends on it get false. */
bool timer_set(struct timer *timer, uint64_t delay_ms);
void timer_clear(struct timer *timer);
