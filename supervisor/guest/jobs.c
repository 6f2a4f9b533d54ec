#include "guest/jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"

/* How long each kind may take, by far. A create under emulation takes seconds; libxl itself waits
 * 40 s for a hotplug program and 10 s for a device to go. */
static const struct {
    enum message_type message;
    uint32_t deadline_ms;
} kinds[] = {
    [JOB_CREATE] = {MESSAGE_CREATE, 180000},
    [JOB_DESTROY] = {MESSAGE_DESTROY, 120000},
    [JOB_CLEAR_UNBUILT] = {MESSAGE_DESTROY_UNBUILT, 300000}, /* may wait for the builder's lock */
    [JOB_SHUT_DOWN] = {MESSAGE_SHUTDOWN, 20000},
    [JOB_DISKS] = {MESSAGE_DISKS, 240000},
    [JOB_ATTACH] = {MESSAGE_ATTACH, 60000},
    [JOB_DETACH] = {MESSAGE_DETACH, 30000},
};

static void finish(struct job *job, const char *error)
{
    struct guest_run *run = job->run;
    run->job = NULL;
    job_done(run, job, error);
    free(job);
}

static void on_message(void *owner, const void *data, size_t size)
{
    struct job *job = owner;
    if (!message_ok(data, size) || ((const struct message_done *)data)->type != MESSAGE_DONE) {
        log_err("guest %s: the worker sent a broken message of %zu bytes; it is killed",
                job->run->config->name, size);
        child_kill(job->child);
        return;
    }
    memcpy(&job->answer, data, sizeof job->answer);
    job->answered = true;
}

static void on_ended(void *owner, int status, bool timed_out)
{
    struct job *job = owner;
    if (job->answered) {
        finish(job, job->answer.result == 0 ? "" : job->answer.error);
        return;
    }
    char why[64], text[128];
    child_describe_end(status, timed_out, why, sizeof why);
    snprintf(text, sizeof text, "the worker %s", why);
    finish(job, text);
}

static int send_job(struct job *job, struct err *e)
{
    struct message_job m = {.type = kinds[job->kind].message, .domid = job->run->domain.domid};
    memcpy(&m.guest, job->run->config, guest_size(job->run->config));
    if (job->kind == JOB_ATTACH || job->kind == JOB_DETACH) {
        m.guest.disk[0] = job->disk;
        m.guest.disks = 1;
    }
    return child_send(job->child, &m, sizeof m, e);
}

void job_start(struct guest_run *run, enum job_kind kind, const struct guest_disk *disk)
{
    static const struct child_events events = {.message = on_message, .ended = on_ended};
    struct job *job = calloc(1, sizeof *job);
    struct err e;
    if (job == NULL) {
        struct job none = {.run = run, .kind = kind, .began_ms = clock_ms()};
        if (disk != NULL)
            none.disk = *disk;
        job_done(run, &none, "out of memory");
        return;
    }
    job->run = run;
    job->kind = kind;
    if (disk != NULL)
        job->disk = *disk;
    job->began_ms = clock_ms();
    job->disks = guest_disks_fingerprint(run->config);
    run->job = job;
    job->child = child_start(run->all->loop,
                             &(struct child_spec){.role = "worker",
                                                  .deadline_ms = kinds[kind].deadline_ms,
                                                  .events = &events,
                                                  .owner = job},
                             &e);
    if (job->child == NULL) {
        finish(job, e.text);
        return;
    }
    if (send_job(job, &e) != 0)
        child_kill(job->child); /* it then ends without an answer */
}
