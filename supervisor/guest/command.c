/* What operators ask of guests, and how a guest's state is called. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "config/multipath.h"
#include "guest/guests.h"
#include "guest/jobs.h"
#include "guest/policy.h"

static int check(const struct guests *all, const struct guest_run *run, enum guest_verb verb,
                 const char *name, struct err *e)
{
    if (run == NULL)
        return err_set(e, "guest %s: not known here", name);
    if (all->leaving)
        return err_set(e, "guest %s: this node is going down", name);
    if (verb == VERB_RESTART && run->order == ORDER_RUN)
        return 0;
    if (run->order != ORDER_NONE)
        return err_set(e, "guest %s: does not run here", name);
    if (verb == VERB_STOP && policy_wish(run) != WISH_LEAVE)
        return 0; /* whatever the configuration says now: the domain is this node's */
    if (run->dropped != NULL)
        return err_set(e, "guest %s: is no longer configured", name);
    if (run->config->broken)
        return err_set(e, "guest %s: its description has errors: %s", name, run->config->error);
    if (run->config->home[0] == '\0')
        return err_set(e, "guest %s: it has no home; expected home=\"%s\" to run it here", name,
                       all->site->hostname);
    if (strcmp(run->config->home, all->site->hostname) != 0)
        return err_set(e, "guest %s: its home is %s", name, run->config->home);
    return 0;
}

static bool runs(const struct guest_run *run)
{
    return run->present && run->domain.state == XEN_RUNNING;
}

static void forget_failures(struct record *r)
{
    r->restart = (struct restart_state){0};
    r->start_at_ms = 0;
}

static void apply(struct guest_run *run, enum guest_verb verb, struct err *said)
{
    struct record *r = &run->record;
    const char *name = run->config->name;
    switch (verb) {
    case VERB_START:
        forget_failures(r);
        /* Asked to shut down already: it cannot be called back, but it is started after. */
        r->restarting = runs(run) && r->stop_by_ms != 0;
        r->hold = HOLD_NONE;
        err_set(said, "guest %s: %s", name, runs(run) && !r->restarting ? "runs" : "starting");
        return;
    case VERB_STOP:
        r->hold = HOLD_OPERATOR;
        r->restarting = false;
        err_set(said, "guest %s: %s", name,
                run->present || run->job != NULL ? "stopping" : "stopped");
        return;
    case VERB_RESTART:
        forget_failures(r);
        r->hold = HOLD_NONE;
        r->restarting = runs(run);
        err_set(said, "guest %s: %s", name, r->restarting ? "restarting" : "starting");
        return;
    }
}

int guests_command(struct guests *all, enum guest_verb verb, const char *name, struct err *said)
{
    struct guest_run *run = guests_find(all, name);
    if (check(all, run, verb, name, said) != 0)
        return -1;
    struct record before = run->record;
    apply(run, verb, said);
    struct err e;
    if (record_save(&run->record, name, &e) != 0) {
        run->record = before;
        return err_set(said, "guest %s: the wish cannot be written down: %s", name, e.text);
    }
    log_notice("%s, as the operator wishes", said->text);
    guests_converge(all);
    return 0;
}

bool guest_has_changed(const struct guest_run *run)
{
    return runs(run) && policy_is_ours(run) && run->record.built != 0 &&
           run->record.built != guest_fingerprint(run->config);
}

const char *guests_user_of_lun(const struct guests *all, const char *alias)
{
    for (uint32_t i = 0; i < all->count; i++) {
        const struct guest_run *run = all->run[i];
        if (run->present || run->job != NULL)
            for (uint32_t d = 0; d < run->config->disks; d++)
                if (multipath_is_disk(run->config->disk[d].path, alias))
                    return run->config->name;
    }
    return NULL;
}

bool guests_want_disk(const struct guests *all, const char *path, bool *known)
{
    *known = all->seen != 0;
    for (uint32_t i = 0; i < all->count; i++) {
        const struct guest_run *run = all->run[i];
        if (run->present || run->job != NULL || policy_wish(run) == WISH_RUN)
            for (uint32_t d = 0; d < run->config->disks; d++)
                if (strcmp(run->config->disk[d].path, path) == 0)
                    return true;
    }
    return false;
}

enum guest_disks guest_disks(const struct guest_run *run, char *why, size_t size)
{
    const struct guests *all = run->all;
    return all->disks != NULL ? all->disks(run->config, why, size, all->disks_data) : DISKS_READY;
}

const char *guest_disks_name(enum guest_disks disks)
{
    static const char *const names[] = {[DISKS_READY] = "ready",
                                        [DISKS_MISSING] = "missing",
                                        [DISKS_WAITING] = "waiting",
                                        [DISKS_LOST] = "lost"};
    return names[disks];
}

static const char *absent_state(const struct guest_run *run)
{
    if (run->job != NULL && run->job->kind == JOB_CREATE)
        return "starting";
    if (run->order != ORDER_NONE)
        return run->all->orderer.absent(run->all->orderer.owner, run);
    if (strcmp(run->config->home, run->all->site->hostname) != 0)
        return "elsewhere";
    switch (run->record.hold) {
    case HOLD_GAVE_UP:
        return "gave-up";
    case HOLD_OPERATOR:
    case HOLD_POWEROFF:
        return "stopped";
    case HOLD_NONE:
    case HOLD_COUNT:
        break;
    }
    return run->all->leaving ? "stopped" : "waiting";
}

const char *guest_state_name(const struct guest_run *run)
{
    if (run->present && run->domain.state == XEN_RUNNING) {
        if (run->job != NULL && run->job->kind == JOB_CREATE)
            return "starting"; /* its builder has not ended yet: nothing else can be done to it */
        if (run->record.stop_by_ms != 0)
            return "stopping";
        return run->domain.paused ? "paused" : "running";
    }
    if (run->config->broken)
        return "broken";
    if (!run->all->watch.connected)
        return "unknown";
    if (run->present && run->domain.state == XEN_UNBUILT)
        return "starting";
    if (run->present)
        return run->domain.state == XEN_DYING ? "dying" : "stopping";
    return absent_state(run);
}
