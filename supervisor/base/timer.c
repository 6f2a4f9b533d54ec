#include "base/timer.h"

static void on_fire(void *data)
{
    struct timer *timer = data;
    timer->set = false;
    timer->fire(timer->data);
}

bool timer_set(struct timer *timer, uint64_t delay_ms)
{
    timer_clear(timer);
    timer->set = qb_loop_timer_add(timer->loop, QB_LOOP_MED, delay_ms * 1000000, timer, on_fire,
                                   &timer->handle) == 0;
    return timer->set;
}

void timer_clear(struct timer *timer)
{
    if (timer->set)
        qb_loop_timer_del(timer->loop, timer->handle);
    timer->set = false;
}
