/* What to do next about one guest. Pure: relevod looks, asks this, and does one step.
 *
 * Rests on three rules. Nothing is decided on a picture older than our own last deed. A guest is
 * started only when Xen knows no domain of it at all, not even a dying one. The end of a domain is
 * counted, and written down, before the domain is cleared away. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum plan_domain {
    PLAN_ABSENT,
    PLAN_UNBUILT, /* never ran */
    PLAN_RUNNING,
    PLAN_ENDED,
    PLAN_DYING,
};

enum plan_wish {
    WISH_RUN,
    WISH_STOP,
    WISH_KEEP,  /* runs on as long as it does, and is not started again */
    WISH_LEAVE, /* none of ours to start or stop */
};

struct plan_view {
    bool fresh; /* the picture of Xen is newer than our last job on the guest */
    bool busy;  /* a job on the guest is under way */
    enum plan_domain domain;
    bool ours;    /* an unbuilt domain is left over from our own work; else somebody builds it */
    bool known;   /* the domain is the one in the record */
    bool counted; /* the domain's end has been counted */
    bool missing; /* the record names a domain that Xen does not have (any more) */
    bool other_disks; /* the domain has not the disks that it should, and those that it should are
                         there */
    enum plan_wish wish;
    bool may_start;       /* its turn has come: order, and how many start at once */
    bool may_stop;        /* the same for stopping */
    uint64_t start_at_ms; /* not before */
    uint64_t stop_by_ms;  /* asked to shut down; destroyed then. 0: not asked */
    uint64_t ask_at_ms;   /* to be asked (again) then */
    uint64_t retry_at_ms; /* the last job failed; the next one not before */
    uint64_t now_ms;
};

enum plan_step {
    PLAN_NOTHING,
    PLAN_COUNT_END,
    PLAN_ADOPT, /* note the domain: it runs and is not in the record */
    PLAN_CLEAR_UNBUILT,
    PLAN_FORGET_BUILDING, /* note that nothing of ours is left half-built */
    PLAN_DESTROY,
    PLAN_SHUT_DOWN,
    PLAN_CHANGE_DISKS,
    PLAN_START,
};

struct plan {
    enum plan_step step;
    uint64_t wake_ms; /* look again then, should nothing happen before; 0: never */
};

struct plan plan_guest(const struct plan_view *view);
