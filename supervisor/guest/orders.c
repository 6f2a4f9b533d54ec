#include "guest/orders.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "guest/guests.h"
#include "guest/jobs.h"
#include "guest/policy.h"

/* Disks that are not ready for so long are a start that has failed: another node may have them. */
#define READY_MS 60000

void order_give(struct guest_run *run, enum order order)
{
    run->order = order;
    run->ordered_ms = clock_ms();
    if (order == ORDER_RUN) {
        run->told = run->over = false;
        run->record.hold = HOLD_NONE;
        run->record.restarting = false;
        run->record.start_at_ms = 0;
    }
    bool ends = run->job != NULL && run->job->kind != JOB_DESTROY && run->job->child != NULL;
    if (order == ORDER_KILL && ends)
        child_kill(run->job->child);
}

enum plan_wish order_wish(const struct guest_run *run)
{
    switch (run->order) {
    case ORDER_RUN:
        return run->all->leaving || run->record.restarting ? WISH_STOP : WISH_RUN;
    case ORDER_OFF:
    case ORDER_STOP:
    case ORDER_KILL:
        return WISH_STOP;
    case ORDER_NONE:
    case ORDER_WAIT:
        break;
    }
    return WISH_LEAVE;
}

bool order_is_urgent(const struct guest_run *run)
{
    return run->order == ORDER_KILL || run->order == ORDER_OFF;
}

/* What it did, as core/restart reads it: on_poweroff, on_reboot and on_crash decide. */
static enum guest_end meaning(const struct guest_run *run, enum guest_end end)
{
    if (run->config->on[end] == RESTART_NO)
        return GUEST_END_POWEROFF;
    return end == GUEST_END_POWEROFF ? GUEST_END_REBOOT : end;
}

void order_ended(struct guest_run *run, enum guest_end end)
{
    if (run->order != ORDER_RUN)
        return;
    run->order = ORDER_OFF;
    run->over = true;
    run->end = run->all->leaving ? GUEST_END_DESTROYED : meaning(run, end);
}

void order_settled(struct guest_run *run)
{
    const struct orderer *o = &run->all->orderer;
    const struct record *r = &run->record;
    if (run->order == ORDER_NONE || run->order == ORDER_WAIT || run->job != NULL ||
        !guest_is_fresh(run))
        return;
    bool runs = run->present && run->domain.state == XEN_RUNNING;
    if (run->order == ORDER_RUN && !run->present && clock_ms() - run->ordered_ms > READY_MS) {
        policy_waits(run, run->error, sizeof run->error);
        log_err("guest %s: not started within %d s: %s", run->config->name, READY_MS / 1000,
                run->error);
        order_ended(run, GUEST_END_START_FAILED);
    }
    if (run->order == ORDER_RUN) {
        bool news = runs && !run->told && (int32_t)run->domain.domid == r->domid;
        run->told |= news;
        if (news)
            o->running(o->owner, run);
        return;
    }
    if (run->present || r->building || r->domid >= 0)
        return;
    bool asked = run->order != ORDER_OFF, over = run->over;
    run->order = ORDER_OFF;
    run->over = false;
    if (over)
        o->ended(o->owner, run, run->end);
    else if (asked)
        o->gone(o->owner, run);
}
