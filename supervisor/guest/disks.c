#include "guest/disks.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "guest/outcome.h"
#include "guest/policy.h"

static bool runs(const struct guest_run *run)
{
    return run->present && run->domain.state == XEN_RUNNING;
}

bool guest_has_other_disks(const struct guest_run *run)
{
    char why[GUEST_WHY_SIZE];
    uint64_t has = run->record.disks;
    return runs(run) && policy_is_ours(run) && has != 0 &&
           has != guest_disks_fingerprint(run->config) &&
           guest_disks(run, why, sizeof why) == DISKS_READY;
}

/* --- what operators ask for --- */

static int check(const struct guests *all, const struct guest_run *run, const char *name,
                 struct err *e)
{
    if (run == NULL || policy_wish(run) == WISH_LEAVE)
        return err_set(e, "guest %s: not run by this node", name);
    if (!runs(run) || run->record.stop_by_ms != 0)
        return err_set(e, "guest %s: does not run; its file says which disks it starts with", name);
    if (all->leaving)
        return err_set(e, "guest %s: this node is going down", name);
    if (run->job != NULL)
        return err_set(e, "guest %s: something else is being done to it; try again", name);
    return 0;
}

int guests_attach(struct guests *all, const char *name, const char *spec, struct err *said)
{
    struct guest_run *run = guests_find(all, name);
    struct guest_disk disk;
    struct err e;
    if (check(all, run, name, said) != 0)
        return -1;
    if (guest_parse_disk(spec, &disk, &e) != 0)
        return err_set(said, "guest %s: disk: %s", name, e.text);
    err_set(said, "guest %s: attaching %s as %s", name, disk.path, disk.vdev);
    log_notice("%s, as the operator wishes", said->text);
    job_start(run, JOB_ATTACH, &disk);
    return 0;
}

int guests_detach(struct guests *all, const char *name, const char *vdev, struct err *said)
{
    struct guest_run *run = guests_find(all, name);
    if (check(all, run, name, said) != 0)
        return -1;
    struct guest_disk disk = {.path = ""};
    if (vdev[0] == '\0' ||
        snprintf(disk.vdev, sizeof disk.vdev, "%s", vdev) >= (int)sizeof disk.vdev)
        return err_set(said, "guest %s: %.20s: expected a vdev such as xvdb", name, vdev);
    err_set(said, "guest %s: detaching %s", name, vdev);
    log_notice("%s, as the operator wishes", said->text);
    job_start(run, JOB_DETACH, &disk);
    return 0;
}

void disks_job_done(struct guest_run *run, const struct job *job, const char *error)
{
    const char *name = run->config->name;
    snprintf(run->error, sizeof run->error, "%s", error);
    if (error[0] != '\0' && job->kind == JOB_DISKS) {
        outcome_retry(run);
        log_err("guest %s: its disks are not all as described: %s; tried again in %u s", name,
                error, run->retry_ms / 1000);
        return;
    }
    run->retry_ms = 0;
    if (job->kind == JOB_DISKS) {
        run->record.disks = job->disks;
        outcome_save(run);
        snprintf(run->error, sizeof run->error, "%.*s", GUEST_WHY_SIZE - 1, job->answer.error);
        log_notice("guest %s: its disks are as described%s%s", name,
                   run->error[0] != '\0' ? ", but for " : "", run->error);
    } else if (error[0] != '\0') {
        log_err("guest %s: disk %s: not %s: %s", name, job->disk.vdev,
                job->kind == JOB_ATTACH ? "attached" : "detached", error);
    } else {
        log_notice("guest %s: disk %s %s; %s", name, job->disk.vdev,
                   job->kind == JOB_ATTACH ? "attached" : "detached",
                   "its file decides at its next start");
    }
}

/* --- the worker --- */

static const struct guest_disk *find(const struct guest_disk *disk, uint32_t disks,
                                     const char *vdev)
{
    for (uint32_t i = 0; i < disks; i++)
        if (strcmp(disk[i].vdev, vdev) == 0)
            return &disk[i];
    return NULL;
}

static bool same(const struct guest_disk *a, const struct guest_disk *b)
{
    return strcmp(a->path, b->path) == 0 && a->writable == b->writable;
}

/* Notes the first error. */
static void note(int *result, struct err *e, int rc, const char *vdev, const struct err *why)
{
    if (rc != 0 && *result == 0)
        *result = err_set(e, "%s: %.400s", vdev, why->text);
}

int disks_change(struct xen *xen, uint32_t domid, const struct guest *guest, struct err *e)
{
    struct guest_disk now[XEN_DISKS_MAX];
    struct err why;
    int result = 0, n = xen_disks(xen, domid, now, XEN_DISKS_MAX, e);
    if (n < 0)
        return -1;
    e->text[0] = '\0';
    for (int i = 0; i < n; i++)
        if (find(guest->disk, guest->disks, now[i].vdev) == NULL) {
            int rc = xen_detach(xen, domid, now[i].vdev, &why);
            note(&result, e, rc, now[i].vdev, &why);
        }
    for (uint32_t i = 0; i < guest->disks; i++) {
        const struct guest_disk *want = &guest->disk[i], *has = find(now, (uint32_t)n, want->vdev);
        if (has == NULL)
            note(&result, e, xen_attach(xen, domid, want, &why), want->vdev, &why);
        else if (!same(want, has) && result == 0)
            err_set(e, "%s: becomes %s at the guest's next start", want->vdev, want->path);
    }
    return result;
}
