#include "guest/outcome.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "guest/disks.h"
#include "guest/jobs.h"
#include "guest/policy.h"

/* A job failed: the next try after this, doubling. */
#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS   30000
void outcome_save(const struct guest_run *run)
{
    struct err e;
    if (record_save(&run->record, run->config->name, &e) != 0)
        log_err("guest %s: cannot write its record: %s; going on from memory", run->config->name,
                e.text);
}

static uint32_t random_number(void)
{
    uint32_t value = 0;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value)
        value = (uint32_t)clock_ms() * 2654435761U; /* early boot: spread is all that is needed */
    return value;
}

/* What follows an end that nobody asked for. */
static void decide_restart(struct guest_run *run, enum guest_end end, uint64_t ran_ms)
{
    struct record *r = &run->record;
    struct restart_policy policy = restart_default;
    const char *name = run->config->name;
    memcpy(policy.on, run->config->on, sizeof policy.on);
    uint64_t now = clock_ms();
    struct restart_verdict v =
        restart_decide(&policy, &r->restart, end, ran_ms, now, random_number());
    switch (v.kind) {
    case RESTART_LEAVE_STOPPED:
        r->hold = HOLD_POWEROFF;
        log_notice("guest %s: %s; stays stopped", name, guest_end_name(end));
        return;
    case RESTART_GIVE_UP:
        r->hold = HOLD_GAVE_UP;
        log_err("guest %s: %s; given up after %u failures; relevo start %s tries again", name,
                guest_end_name(end), r->restart.failures, name);
        return;
    case RESTART_AT:
        r->start_at_ms = v.at_ms;
        if (end != GUEST_END_START_FAILED)
            log_notice("guest %s: %s; started again in %.1f s (failure %u, given up after %u)",
                       name, guest_end_name(end), (double)(v.at_ms - now) / 1000,
                       r->restart.failures, policy.give_up + 1);
        return;
    }
}

void outcome_ended(struct guest_run *run)
{
    struct record *r = &run->record;
    uint64_t now = clock_ms();
    bool ended = run->present && run->domain.state == XEN_ENDED;
    enum guest_end end = ended ? (enum guest_end)run->domain.end : GUEST_END_DESTROYED;
    uint64_t ran_ms = r->started_ms != 0 && now > r->started_ms ? now - r->started_ms : 0;
    bool asked = r->stop_by_ms != 0;
    bool last = policy_wish(run) != WISH_RUN; /* asked to stop, or no longer ours to restart */

    r->ended_domid = ended ? (int32_t)run->domain.domid : r->domid;
    r->domid = -1;
    r->last_end = end;
    r->ends++;
    r->ended_ms = now;
    r->start_at_ms = 0;
    r->stop_by_ms = 0;
    if (run->order != ORDER_NONE) {
        log_notice("guest %s: ended (%s)", run->config->name, guest_end_name(end));
        order_ended(run, asked ? GUEST_END_DESTROYED : end); /* not its own wish, then */
    } else if (last) {
        log_notice("guest %s: stopped (%s)", run->config->name, guest_end_name(end));
    } else {
        decide_restart(run, end, ran_ms);
    }
    r->restarting = false;
    outcome_save(run);
}

void outcome_adopted(struct guest_run *run)
{
    struct record *r = &run->record;
    log_notice("guest %s: runs as domain %u, taken over as it is", run->config->name,
               run->domain.domid);
    r->domid = (int32_t)run->domain.domid;
    r->started_ms = clock_ms();
    if (!r->building) { /* by what description is not known; an earlier relevod's own is recorded */
        r->built = 0;
        r->disks = guest_disks_fingerprint(run->config);
    }
    r->building = false;
    r->ended_domid = -1;
    r->stop_by_ms = 0;
    if (r->hold != HOLD_OPERATOR)
        r->hold = HOLD_NONE; /* somebody started it by hand: it is wanted after all */
    run->tried = true;
    outcome_save(run);
}

static void started(struct guest_run *run, const struct job *job)
{
    struct record *r = &run->record;
    uint64_t now = clock_ms();
    run->last_create_ms = (uint32_t)(now - job->began_ms);
    r->domid = (int32_t)job->answer.domid;
    r->building = false;
    r->ended_domid = -1;
    r->started_ms = now;
    r->stop_by_ms = 0;
    run->error[0] = '\0';
    log_notice("guest %s: runs as domain %d, created in %.2f s", run->config->name, r->domid,
               (double)run->last_create_ms / 1000);
    outcome_save(run);
}

/* Whether two lines differ at most in their numbers: the memory that is free changes. */
static bool say_the_same(const char *a, const char *b)
{
    static const char digits[] = "0123456789";
    for (; *a == *b && *a != '\0'; a++, b++) {
        if (*a == ' ') { /* what follows another letter is part of a name */
            a += strspn(a + 1, digits);
            b += strspn(b + 1, digits);
        }
    }
    return *a == *b;
}

static void start_failed(struct guest_run *run, const char *error)
{
    /* One clear line; the same line again only for the file. */
    char before[sizeof run->error];
    memcpy(before, run->error, sizeof before);
    snprintf(run->error, sizeof run->error, "%s", error);
    bool news = !say_the_same(before, run->error);
    log_line(news ? LOG_ERR : LOG_INFO, "guest %s: not started: %s; tried again%s",
             run->config->name, error, news ? " with growing delays" : "");
    if (run->order != ORDER_NONE)
        order_ended(run, GUEST_END_START_FAILED);
    else if (policy_wish(run) == WISH_RUN)
        decide_restart(run, GUEST_END_START_FAILED, 0);
    outcome_save(run);
}

void outcome_retry(struct guest_run *run)
{
    run->retry_ms = run->retry_ms == 0                 ? RETRY_FIRST_MS
                    : run->retry_ms * 2 < RETRY_MAX_MS ? run->retry_ms * 2
                                                       : RETRY_MAX_MS;
    run->retry_at_ms = clock_ms() + run->retry_ms;
}

static void stop_failed(struct guest_run *run, const struct job *job, const char *error)
{
    snprintf(run->error, sizeof run->error, "%s", error);
    outcome_retry(run);
    if (job->kind == JOB_SHUT_DOWN)
        run->record.stop_by_ms = clock_ms(); /* it cannot be asked: destroy it */
    log_err("guest %s: not %s: %s; tried again in %u s", run->config->name,
            job->kind == JOB_SHUT_DOWN ? "asked to shut down" : "destroyed", error,
            run->retry_ms / 1000);
}

void job_done(struct guest_run *run, const struct job *job, const char *error)
{
    struct guests *all = run->all;
    bool good = error[0] == '\0';
    if (job->kind == JOB_CREATE) {
        all->starting--;
        run->tried = true;
        if (good)
            started(run, job);
        else
            start_failed(run, error);
    } else if (job->kind >= JOB_DISKS) {
        disks_job_done(run, job, error);
    } else if (!good) {
        stop_failed(run, job, error);
    } else {
        run->retry_ms = 0;
        run->error[0] = '\0';
    }
    run->need_ticket = watch_ask(&all->watch);
    guests_converge(all);
}
