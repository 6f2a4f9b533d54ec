#include "guest/plan.h"

static struct plan step(enum plan_step s)
{
    return (struct plan){.step = s};
}

/* The step, or a wait until its time has come. */
static struct plan step_at(enum plan_step s, uint64_t when_ms, uint64_t now_ms)
{
    if (now_ms >= when_ms)
        return step(s);
    return (struct plan){.step = PLAN_NOTHING, .wake_ms = when_ms};
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static struct plan plan_stopping(const struct plan_view *v)
{
    if (v->stop_by_ms == 0)
        return v->may_stop ? step_at(PLAN_SHUT_DOWN, v->retry_at_ms, v->now_ms)
                           : step(PLAN_NOTHING);
    uint64_t destroy_at = later(v->stop_by_ms, v->retry_at_ms);
    uint64_t ask_at = later(v->ask_at_ms, v->retry_at_ms);
    if (v->now_ms >= destroy_at || ask_at >= destroy_at)
        return step_at(PLAN_DESTROY, destroy_at, v->now_ms);
    return step_at(PLAN_SHUT_DOWN, ask_at, v->now_ms);
}

static struct plan plan_running(const struct plan_view *v)
{
    if (!v->known)
        return step(PLAN_ADOPT);
    if (v->wish == WISH_STOP)
        return plan_stopping(v);
    return v->other_disks ? step_at(PLAN_CHANGE_DISKS, v->retry_at_ms, v->now_ms)
                          : step(PLAN_NOTHING);
}

static struct plan plan_absent(const struct plan_view *v)
{
    if (v->ours)
        return step(PLAN_FORGET_BUILDING);
    if (v->wish != WISH_RUN || !v->may_start)
        return step(PLAN_NOTHING);
    return step_at(PLAN_START, v->start_at_ms, v->now_ms);
}

struct plan plan_guest(const struct plan_view *v)
{
    if (!v->fresh || v->busy || v->wish == WISH_LEAVE)
        return step(PLAN_NOTHING);
    if (v->missing)
        return step(PLAN_COUNT_END);
    switch (v->domain) {
    case PLAN_ABSENT:
        return plan_absent(v);
    case PLAN_UNBUILT:
        if (!v->ours)
            return step(PLAN_NOTHING);
        return step_at(PLAN_CLEAR_UNBUILT, v->retry_at_ms, v->now_ms);
    case PLAN_RUNNING:
        return plan_running(v);
    case PLAN_ENDED:
        if (!v->counted)
            return step(PLAN_COUNT_END);
        return step_at(PLAN_DESTROY, v->retry_at_ms, v->now_ms);
    case PLAN_DYING:
        return step(PLAN_NOTHING);
    }
    return step(PLAN_NOTHING);
}
