#include "guest/guests.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/run_dir.h"
#include "guest/jobs.h"
#include "guest/plan.h"
#include "guest/policy.h"

/* A guest that is asked to shut down has so long before it is destroyed. */
#define STOP_MS         60000
#define STOP_LEAVING_MS 30000
/* The node goes down: what is left after leave_by_ms is destroyed, and has this long for it. */
#define LEAVE_GRACE_MS 10000
/* A job failed: the next try after this, doubling. */
#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS   30000
/* Xen tells nobody when a dying domain is gone at last: looked for again after this, and ever less
 * often. One that stays is reported. */
#define DYING_LOOK_MS     100
#define DYING_LOOK_MAX_MS 5000
#define DYING_REPORT_MS   10000

static void save(const struct guest_run *run)
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

/* --- what has happened --- */

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

static void count_end(struct guest_run *run)
{
    struct record *r = &run->record;
    uint64_t now = clock_ms();
    bool ended = run->present && run->domain.state == XEN_ENDED;
    enum guest_end end = ended ? (enum guest_end)run->domain.end : GUEST_END_DESTROYED;
    uint64_t ran_ms = r->started_ms != 0 && now > r->started_ms ? now - r->started_ms : 0;
    bool asked = policy_wish(run) == WISH_STOP;

    r->ended_domid = ended ? (int32_t)run->domain.domid : r->domid;
    r->domid = -1;
    r->last_end = end;
    r->ends++;
    r->ended_ms = now;
    r->start_at_ms = 0;
    r->stop_by_ms = 0;
    if (asked)
        log_notice("guest %s: stopped (%s)", run->config->name, guest_end_name(end));
    else
        decide_restart(run, end, ran_ms);
    r->restarting = false;
    save(run);
}

static void adopt(struct guest_run *run)
{
    struct record *r = &run->record;
    log_notice("guest %s: runs as domain %u, taken over as it is", run->config->name,
               run->domain.domid);
    r->domid = (int32_t)run->domain.domid;
    r->started_ms = clock_ms();
    r->ended_domid = -1;
    r->stop_by_ms = 0;
    if (r->hold != HOLD_OPERATOR)
        r->hold = HOLD_NONE; /* somebody started it by hand: it is wanted after all */
    run->tried = true;
    save(run);
}

static void started(struct guest_run *run, const struct job *job)
{
    struct record *r = &run->record;
    uint64_t now = clock_ms();
    run->last_create_ms = (uint32_t)(now - job->began_ms);
    r->domid = (int32_t)job->answer.domid;
    r->ended_domid = -1;
    r->started_ms = now;
    r->stop_by_ms = 0;
    run->error[0] = '\0';
    log_notice("guest %s: runs as domain %d, created in %.2f s", run->config->name, r->domid,
               (double)run->last_create_ms / 1000);
    save(run);
}

static void start_failed(struct guest_run *run, const char *error)
{
    /* One clear line; the same line again only for the file. */
    bool news = strcmp(run->error, error) != 0;
    snprintf(run->error, sizeof run->error, "%s", error);
    log_line(news ? LOG_ERR : LOG_INFO, "guest %s: not started: %s; tried again%s",
             run->config->name, error, news ? " with growing delays" : "");
    if (policy_wish(run) == WISH_RUN)
        decide_restart(run, GUEST_END_START_FAILED, 0);
    save(run);
}

static void stop_failed(struct guest_run *run, const struct job *job, const char *error)
{
    snprintf(run->error, sizeof run->error, "%s", error);
    run->retry_ms = run->retry_ms == 0                 ? RETRY_FIRST_MS
                    : run->retry_ms * 2 < RETRY_MAX_MS ? run->retry_ms * 2
                                                       : RETRY_MAX_MS;
    run->retry_at_ms = clock_ms() + run->retry_ms;
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
    } else if (!good) {
        stop_failed(run, job, error);
    } else {
        run->retry_ms = 0;
        run->error[0] = '\0';
    }
    run->need_ticket = watch_ask(&all->watch);
    guests_converge(all);
}

/* --- what is to be done --- */

static void start(struct guest_run *run)
{
    run->all->starting++;
    run->record.starts++;
    run->record.start_at_ms = 0;
    save(run);
    log_info("guest %s: starting", run->config->name);
    job_start(run, JOB_CREATE);
}

static void shut_down(struct guest_run *run)
{
    const struct guests *all = run->all;
    uint64_t by = clock_ms() + (all->leaving ? STOP_LEAVING_MS : STOP_MS);
    run->record.stop_by_ms = all->leaving && all->leave_by_ms < by ? all->leave_by_ms : by;
    save(run);
    log_notice("guest %s: asked to shut down", run->config->name);
    job_start(run, JOB_SHUT_DOWN);
}

static void destroy(struct guest_run *run)
{
    if (run->domain.state == XEN_RUNNING)
        log_warn("guest %s: did not shut down in time; destroyed", run->config->name);
    job_start(run, JOB_DESTROY);
}

static enum plan_domain domain_state(const struct guest_run *run)
{
    static const enum plan_domain states[XEN_STATES] = {
        [XEN_UNBUILT] = PLAN_UNBUILT,
        [XEN_RUNNING] = PLAN_RUNNING,
        [XEN_ENDED] = PLAN_ENDED,
        [XEN_DYING] = PLAN_DYING,
    };
    return run->present ? states[run->domain.state] : PLAN_ABSENT;
}

static struct plan_view look_at(const struct guest_run *run)
{
    const struct guests *all = run->all;
    const struct record *r = &run->record;
    int32_t domid = run->present ? (int32_t)run->domain.domid : -1;
    uint64_t now = clock_ms();
    return (struct plan_view){
        .fresh = all->watch.connected && all->seen >= run->need_ticket &&
                 all->seen >= all->watch.valid_from,
        .busy = run->job != NULL,
        .domain = domain_state(run),
        .known = run->present && domid == r->domid,
        .counted = run->present && domid == r->ended_domid,
        .missing = r->domid >= 0 && r->domid != domid,
        .wish = policy_wish(run),
        .may_start = policy_may_start(run),
        .may_stop = policy_may_stop(run) || (all->leaving && now >= all->leave_by_ms),
        .start_at_ms = r->start_at_ms,
        .stop_by_ms =
            all->leaving && all->leave_by_ms < r->stop_by_ms ? all->leave_by_ms : r->stop_by_ms,
        .retry_at_ms = run->retry_at_ms,
        .now_ms = now,
    };
}

static uint64_t dying_wake(const struct guest_run *run)
{
    uint64_t now = clock_ms();
    uint64_t delay = (now - run->dying_since_ms) / 4;
    if (delay < DYING_LOOK_MS)
        delay = DYING_LOOK_MS;
    return now + (delay < DYING_LOOK_MAX_MS ? delay : DYING_LOOK_MAX_MS);
}

/* Does what is due on one guest, which may be several steps that need no worker. Returns when it is
 * to be looked at again, 0: when something happens. */
static uint64_t converge_guest(struct guest_run *run)
{
    for (;;) {
        struct plan_view view = look_at(run);
        struct plan plan = plan_guest(&view);
        switch (plan.step) {
        case PLAN_NOTHING:
            return view.domain == PLAN_DYING && view.fresh ? dying_wake(run) : plan.wake_ms;
        case PLAN_COUNT_END:
            count_end(run);
            continue;
        case PLAN_ADOPT:
            adopt(run);
            continue;
        case PLAN_CLEAR_UNBUILT:
            log_warn("guest %s: domain %u was left half-built; cleared away", run->config->name,
                     run->domain.domid);
            job_start(run, JOB_CLEAR_UNBUILT);
            return 0;
        case PLAN_DESTROY:
            destroy(run);
            return 0;
        case PLAN_SHUT_DOWN:
            shut_down(run);
            return 0;
        case PLAN_START:
            start(run);
            return 0;
        }
    }
}

static void on_wake(void *data)
{
    struct guests *all = data;
    for (uint32_t i = 0; i < all->count; i++)
        if (all->run[i].present && all->run[i].domain.state == XEN_DYING) {
            watch_ask(&all->watch);
            break;
        }
    guests_converge(all);
}

static bool all_gone(const struct guests *all)
{
    for (uint32_t i = 0; i < all->count; i++) {
        const struct guest_run *run = &all->run[i];
        if (run->job != NULL || (run->present && policy_wish(run) != WISH_LEAVE))
            return false;
    }
    return all->watch.connected;
}

/* When leaving: whether it is over. */
static bool finish_leaving(struct guests *all)
{
    bool gone = all_gone(all);
    uint64_t end = all->leave_by_ms + LEAVE_GRACE_MS;
    if (!gone && clock_ms() < end)
        return false;
    if (!gone)
        log_err("guests are left after the time to stop them; going on without");
    if (all->left != NULL)
        all->left(all->left_data);
    all->left = NULL;
    return true;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

void guests_converge(struct guests *all)
{
    if (all->converging)
        return; /* a job that failed to start reports at once */
    all->converging = true;
    uint64_t wake = 0;
    for (uint32_t i = 0; i < all->count; i++) {
        /* Leaving goes backwards. */
        struct guest_run *run = &all->run[all->leaving ? all->count - 1 - i : i];
        wake = earlier(wake, converge_guest(run));
    }
    all->converging = false;
    if (all->leaving) {
        if (finish_leaving(all))
            return;
        wake = earlier(wake, clock_ms() < all->leave_by_ms ? all->leave_by_ms
                                                           : all->leave_by_ms + LEAVE_GRACE_MS);
    }
    uint64_t now = clock_ms();
    if (wake != 0 && !timer_set(&all->wake, wake > now ? wake - now : 0))
        log_err("cannot set a timer; waiting for the next event instead");
}

/* --- what Xen has --- */

static bool is_domain_of(const struct xen_domain *domain, const struct guest *config)
{
    return memcmp(domain->uuid, config->uuid, sizeof domain->uuid) == 0 ||
           strcmp(domain->name, config->name) == 0;
}

/* Of several domains of one guest (one dying, one new) the one most alive counts. */
static int liveliness(const struct xen_domain *domain)
{
    static const int rank[XEN_STATES] = {
        [XEN_DYING] = 0, [XEN_ENDED] = 1, [XEN_UNBUILT] = 2, [XEN_RUNNING] = 3};
    return rank[domain->state];
}

/* Keeps count of how long the guest's domain has been dying. */
static void note_dying(struct guest_run *run)
{
    uint64_t now = clock_ms();
    if (!run->present || run->domain.state != XEN_DYING) {
        run->dying_since_ms = 0;
    } else if (run->dying_since_ms == 0) {
        run->dying_since_ms = now;
    } else if (now - run->dying_since_ms > DYING_REPORT_MS && run->error[0] == '\0') {
        snprintf(run->error, sizeof run->error,
                 "domain %u is destroyed but not gone: something still holds its memory or a disk",
                 run->domain.domid);
        log_err("guest %s: %s; not started again before", run->config->name, run->error);
    }
}

static void on_domains(void *owner, const struct message_domains *m)
{
    struct guests *all = owner;
    all->seen = m->ticket;
    for (uint32_t i = 0; i < all->count; i++) {
        struct guest_run *run = &all->run[i];
        run->present = false;
        for (uint32_t d = 0; d < m->count; d++)
            if (is_domain_of(&m->domain[d], run->config) &&
                (!run->present || liveliness(&m->domain[d]) > liveliness(&run->domain))) {
                run->present = true;
                run->domain = m->domain[d];
            }
        note_dying(run);
    }
    guests_converge(all);
}

static int make_folders(struct err *e)
{
    static const char *const folders[] = {"", "guests", "locks"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char path[PATH_MAX];
        if (run_path(path, sizeof path, folders[i], NULL) != 0 ||
            (mkdir(path, 0700) != 0 && errno != EEXIST))
            return err_set(e, "%s: %m", path);
    }
    return 0;
}

int guests_init(struct guests *all, qb_loop_t *loop, struct site *site, struct err *e)
{
    *all = (struct guests){.loop = loop, .site = site, .count = site->guests};
    all->wake = (struct timer){.loop = loop, .fire = on_wake, .data = all};
    all->watch = (struct watch){.loop = loop, .domains = on_domains, .owner = all};
    if (make_folders(e) != 0)
        log_err("%s; what is remembered of guests will be lost with relevod", e->text);
    all->run = calloc(all->count + 1, sizeof all->run[0]);
    if (all->run == NULL)
        return err_set(e, "out of memory for %u guests", all->count);
    for (uint32_t i = 0; i < all->count; i++) {
        all->run[i].all = all;
        all->run[i].config = site->guest[i];
        record_load(&all->run[i].record, site->guest[i]->name);
    }
    return 0;
}

void guests_begin(struct guests *all)
{
    watch_begin(&all->watch);
}

void guests_leave(struct guests *all, uint64_t within_ms, void (*left)(void *data), void *data)
{
    if (all->leaving)
        return;
    all->leaving = true;
    all->leave_by_ms = clock_ms() + within_ms;
    all->left = left;
    all->left_data = data;
    guests_converge(all);
}
