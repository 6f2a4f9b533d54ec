/* One worker process at work on one guest. */
#pragma once
#include "guest/guests.h"

enum job_kind {
    JOB_CREATE,
    JOB_DESTROY,
    JOB_CLEAR_UNBUILT,
    JOB_SHUT_DOWN,
    JOB_DISKS, /* make its disks those of its description */
    JOB_ATTACH,
    JOB_DETACH,
};

struct job {
    struct guest_run *run;
    enum job_kind kind;
    uint64_t began_ms;
    uint64_t disks;         /* guest_disks_fingerprint() of the description that the worker has */
    struct guest_disk disk; /* of a JOB_ATTACH or JOB_DETACH */
    struct child *child;
    bool answered;
    struct message_done answer;
};

/* Starts a job on a guest that has none. When it ends, job_done() is called, also for a job that
 * could not be started. disk: of a JOB_ATTACH or JOB_DETACH, copied; else NULL. */
void job_start(struct guest_run *run, enum job_kind kind, const struct guest_disk *disk);

/* outcome.c: what came of it; error is empty when it went well. */
void job_done(struct guest_run *run, const struct job *job, const char *error);
