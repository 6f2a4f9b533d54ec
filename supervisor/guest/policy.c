#include "guest/policy.h"

#include <stdio.h>
#include <string.h>

/* Building a guest is bound by one CPU and one disk: more at once only delays the first. */
#define GUEST_STARTS_MAX 2
/* Shutting down is the guests' own work; the bound is for disks that all flush at once. */
#define GUEST_STOPS_MAX 8

bool policy_is_ours(const struct guest_run *run)
{
    const struct guest *config = run->config;
    if (run->order != ORDER_NONE)
        return run->order == ORDER_RUN;
    return run->dropped == NULL && !config->broken &&
           strcmp(config->home, run->all->site->hostname) == 0;
}

/* Whether there is a domain that this node has built or taken over, or may be. */
static bool has_our_domain(const struct guest_run *run)
{
    const struct record *r = &run->record;
    return r->building || r->domid >= 0 ||
           (run->present && (int32_t)run->domain.domid == r->ended_domid);
}

enum plan_wish policy_wish(const struct guest_run *run)
{
    if (run->order != ORDER_NONE)
        return order_wish(run);
    bool ours = policy_is_ours(run);
    if (!ours && !has_our_domain(run))
        return WISH_LEAVE;
    if (run->all->leaving || run->record.hold != HOLD_NONE || run->record.restarting)
        return WISH_STOP;
    return ours ? WISH_RUN : WISH_KEEP;
}

static bool running(const struct guest_run *run)
{
    return run->present && run->domain.state == XEN_RUNNING;
}

static bool named_in(const char name[][GUEST_NAME_SIZE], uint32_t count, const char *wanted)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(name[i], wanted) == 0)
            return true;
    return false;
}

bool policy_waits(const struct guest_run *run, char *why, size_t size)
{
    const struct guests *all = run->all;
    if (guest_disks(run, why, size) != DISKS_READY)
        return true;
    if (run->order != ORDER_NONE)
        return false; /* core/ has waited for others, and counts its orders */
    /* after= is an order, not a condition: a guest that cannot be started does not hold others. */
    for (uint32_t i = 0; i < all->count; i++) {
        const struct guest_run *other = all->run[i];
        if (named_in(run->config->after, run->config->afters, other->config->name) &&
            policy_wish(other) == WISH_RUN && !running(other) && !other->tried) {
            snprintf(why, size, "after guest %s", other->config->name);
            return true;
        }
    }
    snprintf(why, size, "%u others are being started", all->starting);
    return all->starting >= GUEST_STARTS_MAX;
}

bool policy_may_start(const struct guest_run *run)
{
    char why[GUEST_WHY_SIZE];
    return !policy_waits(run, why, sizeof why);
}

static bool being_stopped(const struct guest_run *run)
{
    return running(run) && run->record.stop_by_ms != 0;
}

bool policy_may_stop(const struct guest_run *run)
{
    const struct guests *all = run->all;
    if (!all->leaving)
        return true; /* one operator's command at a time needs no order */
    uint32_t stopping = 0;
    bool seen = false;
    for (uint32_t i = 0; i < all->count; i++) {
        const struct guest_run *other = all->run[i];
        if (being_stopped(other) || (other->job != NULL && other != run))
            stopping++;
        if (other == run) {
            seen = true;
            continue;
        }
        if (!running(other) || policy_wish(other) == WISH_LEAVE)
            continue;
        bool lower = seen && other->config->priority < run->config->priority;
        if (lower || named_in(other->config->after, other->config->afters, run->config->name))
            return false;
    }
    return stopping < GUEST_STOPS_MAX;
}
