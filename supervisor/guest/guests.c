#include "guest/guests.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/run_dir.h"
#include "guest/disks.h"
#include "guest/jobs.h"
#include "guest/outcome.h"
#include "guest/plan.h"
#include "guest/policy.h"

/* A guest that is asked to shut down has so long before it is destroyed. */
#define STOP_MS         60000
#define STOP_LEAVING_MS 30000
/* A guest that has no user space yet drops the request: it is asked again. */
#define ASK_AGAIN_MS 10000
/* The node goes down: what is left after leave_by_ms is destroyed, and has this long for it. */
#define LEAVE_GRACE_MS 10000
/* Xen was never seen: as long is waited for that. */
#define LEAVE_BLIND_MS 10000
/* Xen tells nobody when a dying domain is gone at last: looked for again after this, and ever less
 * often. One that stays is reported. */
#define DYING_LOOK_MS     100
#define DYING_LOOK_MAX_MS 5000
#define DYING_REPORT_MS   10000

static void start(struct guest_run *run)
{
    run->all->starting++;
    run->record.starts++;
    run->record.start_at_ms = 0;
    run->record.building = true;
    run->record.built = guest_fingerprint(run->config);
    run->record.disks = guest_disks_fingerprint(run->config);
    outcome_save(run);
    log_info("guest %s: starting", run->config->name);
    job_start(run, JOB_CREATE, NULL);
}

static void shut_down(struct guest_run *run)
{
    const struct guests *all = run->all;
    uint64_t now = clock_ms();
    if (run->record.stop_by_ms == 0) {
        run->record.stop_by_ms = now + (all->leaving ? STOP_LEAVING_MS : STOP_MS);
        outcome_save(run);
        log_notice("guest %s: asked to shut down", run->config->name);
    }
    run->ask_at_ms = now + ASK_AGAIN_MS;
    job_start(run, JOB_SHUT_DOWN, NULL);
}

static void destroy(struct guest_run *run)
{
    if (run->domain.state == XEN_RUNNING)
        log_warn("guest %s: %s; destroyed", run->config->name,
                 run->order == ORDER_OFF    ? "runs here, and must not"
                 : run->order == ORDER_KILL ? "must end at once"
                                            : "did not shut down in time");
    job_start(run, JOB_DESTROY, NULL);
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

bool guest_is_fresh(const struct guest_run *run)
{
    const struct guests *all = run->all;
    return all->watch.connected && all->seen >= run->need_ticket &&
           all->seen >= all->watch.valid_from;
}

/* When a guest that shall stop is destroyed; 0: it has not been asked yet. */
static uint64_t stop_by(const struct guest_run *run)
{
    const struct guests *all = run->all;
    uint64_t by = run->record.stop_by_ms;
    if (order_is_urgent(run))
        return 1;
    return all->leaving && all->leave_by_ms < by ? all->leave_by_ms : by;
}

static struct plan_view look_at(const struct guest_run *run)
{
    const struct guests *all = run->all;
    const struct record *r = &run->record;
    int32_t domid = run->present ? (int32_t)run->domain.domid : -1;
    uint64_t now = clock_ms();
    return (struct plan_view){
        .fresh = guest_is_fresh(run),
        .busy = run->job != NULL,
        .domain = domain_state(run),
        .ours = r->building,
        .known = run->present && domid == r->domid,
        .counted = run->present && domid == r->ended_domid,
        .missing = r->domid >= 0 && r->domid != domid,
        .other_disks = guest_has_other_disks(run),
        .wish = policy_wish(run),
        .may_start = policy_may_start(run),
        .may_stop = policy_may_stop(run) || (all->leaving && now >= all->leave_by_ms),
        .start_at_ms = r->start_at_ms,
        .stop_by_ms = stop_by(run),
        .ask_at_ms = run->ask_at_ms,
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
            order_settled(run);
            return view.domain == PLAN_DYING && view.fresh ? dying_wake(run) : plan.wake_ms;
        case PLAN_COUNT_END:
            outcome_ended(run);
            continue;
        case PLAN_ADOPT:
            outcome_adopted(run);
            continue;
        case PLAN_FORGET_BUILDING:
            run->record.building = false;
            outcome_save(run);
            continue;
        case PLAN_CLEAR_UNBUILT:
            log_warn("guest %s: domain %u was left half-built; cleared away", run->config->name,
                     run->domain.domid);
            job_start(run, JOB_CLEAR_UNBUILT, NULL);
            return 0;
        case PLAN_DESTROY:
            destroy(run);
            return 0;
        case PLAN_SHUT_DOWN:
            shut_down(run);
            return 0;
        case PLAN_CHANGE_DISKS:
            job_start(run, JOB_DISKS, NULL);
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
        if (all->run[i]->present && all->run[i]->domain.state == XEN_DYING) {
            watch_ask(&all->watch);
            break;
        }
    guests_converge(all);
}

static bool all_gone(const struct guests *all)
{
    for (uint32_t i = 0; i < all->count; i++) {
        const struct guest_run *run = all->run[i];
        if (run->job != NULL || (run->present && policy_wish(run) != WISH_LEAVE))
            return false;
    }
    return all->watch.connected;
}

/* When leaving: whether it is over. */
static bool finish_leaving(struct guests *all)
{
    bool gone = all_gone(all);
    uint64_t end = all->seen == 0 ? all->leave_blind_ms : all->leave_by_ms + LEAVE_GRACE_MS;
    if (!gone && clock_ms() < end)
        return false;
    if (!gone)
        log_err("guests are left after the time to stop them; going on without");
    if (all->left != NULL)
        all->left(all->left_data);
    all->left = NULL;
    return true;
}

/* When leaving has to be looked at again in any case. */
static uint64_t leave_wake(const struct guests *all)
{
    if (all->seen == 0)
        return all->leave_blind_ms;
    return clock_ms() < all->leave_by_ms ? all->leave_by_ms : all->leave_by_ms + LEAVE_GRACE_MS;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/* Dropped guests whose domain has gone are nobody's business any more. */
static void forget_ended_dropped(struct guests *all)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < all->count; i++) {
        struct guest_run *run = all->run[i];
        if (run->dropped == NULL || run->job != NULL || !guest_is_fresh(run) ||
            policy_wish(run) != WISH_LEAVE) {
            all->run[kept++] = run;
            continue;
        }
        log_info("guest %s: is not configured, and has no domain of ours; forgotten",
                 run->config->name);
        record_remove(run->config->name);
        guests_free_run(run);
    }
    all->count = kept;
}

static uint64_t converge_all(struct guests *all)
{
    uint64_t wake = 0;
    for (uint32_t i = 0; i < all->count; i++) {
        /* Leaving goes backwards. */
        struct guest_run *run = all->run[all->leaving ? all->count - 1 - i : i];
        wake = earlier(wake, converge_guest(run));
    }
    return wake;
}

void guests_converge(struct guests *all)
{
    all->again = true;
    if (all->converging)
        return; /* a job that failed to start reports at once; a new order comes at once */
    all->converging = true;
    uint64_t wake = 0;
    while (all->again) {
        all->again = false;
        wake = converge_all(all);
    }
    forget_ended_dropped(all);
    all->converging = false;
    if (all->looked != NULL)
        all->looked(all->disks_data);
    if (all->leaving) {
        if (finish_leaving(all))
            return;
        wake = earlier(wake, leave_wake(all));
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

/* A guest that goes on under another name, with the uuid it had, is not the dropped one. */
static bool is_configured(const struct guests *all, const struct xen_domain *domain)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (all->run[i]->dropped == NULL && is_domain_of(domain, all->run[i]->config))
            return true;
    return false;
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
        struct guest_run *run = all->run[i];
        run->present = false;
        for (uint32_t d = 0; d < m->count; d++)
            if (is_domain_of(&m->domain[d], run->config) &&
                !(run->dropped != NULL && is_configured(all, &m->domain[d])) &&
                (!run->present || liveliness(&m->domain[d]) > liveliness(&run->domain))) {
                run->present = true;
                run->domain = m->domain[d];
            }
        note_dying(run);
    }
    if (all->orderer.looked != NULL)
        all->orderer.looked(all->orderer.owner);
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

void guests_init(struct guests *all, qb_loop_t *loop)
{
    struct err e;
    *all = (struct guests){.loop = loop};
    all->wake = (struct timer){.loop = loop, .fire = on_wake, .data = all};
    watch_init(&all->watch, loop, on_domains, all);
    if (make_folders(&e) != 0)
        log_err("%s; what is remembered of guests will be lost with relevod", e.text);
}

struct guest_run *guests_find(const struct guests *all, const char *name)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (strcmp(all->run[i]->config->name, name) == 0)
            return all->run[i];
    return NULL;
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
    all->leave_blind_ms = clock_ms() + LEAVE_BLIND_MS;
    all->left = left;
    all->left_data = data;
    guests_converge(all);
}
