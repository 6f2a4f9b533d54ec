/* The guests of this node: keeps what runs equal to what should.
 *
 * Start-up, a crash, an operator's command and relevod's own restart are one path: look at Xen, ask
 * plan_guest(), do that one step in a worker, look again. */
#pragma once
#include <qb/qbloop.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/timer.h"
#include "config/site.h"
#include "guest/messages.h"
#include "guest/orders.h"
#include "guest/record.h"
#include "guest/watch.h"

struct guests;
struct job;

#define GUEST_WHY_SIZE 240 /* of a reason, with the NUL */

/* How a guest's disks are, as far as somebody looks after them; from good to bad. */
enum guest_disks {
    DISKS_READY,
    DISKS_MISSING, /* not there (yet): a guest is not started */
    DISKS_WAITING, /* I/O waits for them to come back */
    DISKS_LOST,    /* I/O fails: a peer may still have them */
};

struct guest_run {
    struct guests *all;
    const struct guest *config; /* the site's, or dropped */
    struct guest *dropped;      /* no longer configured: what is known of it; else NULL */
    struct record record;
    bool present; /* Xen has a domain of it: */
    struct xen_domain domain;
    uint64_t dying_since_ms; /* first seen dying; 0: not */
    struct job *job;         /* under way, or NULL */
    uint32_t need_ticket;    /* lists before this one are older than our last job */
    uint64_t ask_at_ms;      /* asked to shut down: to be asked again then */
    uint64_t retry_at_ms;    /* a job failed: the next one not before */
    uint32_t retry_ms;
    bool tried;              /* its first start here has come to an end, good or bad */
    uint32_t last_create_ms; /* what the last successful create took */
    enum order order;        /* the cluster's */
    uint64_t ordered_ms;     /* ... when it was given */
    int number;              /* ... and its number for the guest; not for ORDER_NONE */
    bool told;               /* ... has been told that it runs */
    bool over;               /* ... is to be told that it has ended, and how: */
    enum guest_end end;
    char error[GUEST_WHY_SIZE]; /* why the last start, stop … failed, cut short; or empty */
};

struct guests {
    qb_loop_t *loop;
    struct site *site;
    struct watch watch;
    struct timer wake; /* the next time something is due by itself */
    uint32_t seen;     /* ticket of the last list; 0: none yet */
    uint32_t starting; /* jobs under way */
    bool converging;   /* guards against being called from inside, */
    bool again;        /* which then means once more */
    bool leaving;      /* the node goes down: */
    uint64_t leave_by_ms;
    uint64_t leave_blind_ms;  /* when to go without having seen any domain */
    void (*left)(void *data); /* called once when all guests are gone, or time is up */
    void *left_data;
    /* How a guest's disks are, and why not ready; NULL: not asked. When an answer changes, whoever
     * has set it calls guests_converge(). */
    enum guest_disks (*disks)(const struct guest *guest, char *why, size_t size, void *data);
    /* Called after each look at all guests: who uses which disk may have changed. Or NULL. */
    void (*looked)(void *data);
    void *disks_data;
    struct orderer orderer;
    struct guest_run **run; /* one per site->guest, same order; then those that were dropped and
                               still have a domain */
    uint32_t count;
};

void guests_init(struct guests *all, qb_loop_t *loop);

/* Makes site's guests those to look after, at start-up and whenever the configuration is read
 * again: what is known of them stays, records of an earlier relevod are read. Guests that are no
 * longer in it are kept in view as long as they have a domain. -1 when out of memory; nothing has
 * changed then. guests_converge() is to follow. site must outlive its use; the one before may go.
 */
int guests_take(struct guests *all, struct site *site, struct err *e);

/* Starts to watch and to act. */
void guests_begin(struct guests *all);

/* Stops all guests in reverse order, then calls left(data); at the latest after within_ms and a
 * moment for the last destroys. */
void guests_leave(struct guests *all, uint64_t within_ms, void (*left)(void *data), void *data);

enum guest_verb { VERB_START, VERB_STOP, VERB_RESTART };

/* An operator's wish: written down, then acted on. 0 and what happens now in said, or -1. */
int guests_command(struct guests *all, enum guest_verb verb, const char *name, struct err *said);

/* The name of a guest that has the LUN of this alias as a disk and a domain, or may get one any
 * moment; or NULL. */
const char *guests_user_of_lun(const struct guests *all, const char *alias);

/* Whether a guest that has the disk runs here or is to; *known: false as long as Xen has not been
 * seen. */
bool guests_want_disk(const struct guests *all, const char *path, bool *known);

/* How its disks are; why (unless DISKS_READY): which, and the reason. */
enum guest_disks guest_disks(const struct guest_run *run, char *why, size_t size);
const char *guest_disks_name(enum guest_disks disks);

/* The operator's wish for a running guest's disks: 0 and what happens now in said, or -1. spec: as
 * in a guest file. Holds until the guest ends, or its file's disks change: the file decides. */
int guests_attach(struct guests *all, const char *name, const char *spec, struct err *said);
int guests_detach(struct guests *all, const char *name, const char *vdev, struct err *said);

/* Whether its domain was built by another description than it has now. */
bool guest_has_changed(const struct guest_run *run);

/* One word for people and scripts: running, paused, starting, stopping, stopped, waiting, gave-up,
 * broken, elsewhere, dying, unknown. */
const char *guest_state_name(const struct guest_run *run);

/* --- for outcome.c, command.c, take.c and whoever has set disks --- */

/* The picture of Xen is younger than what we did last on the guest. */
bool guest_is_fresh(const struct guest_run *run);

struct guest_run *guests_find(const struct guests *all, const char *name);
void guests_free_run(struct guest_run *run);

/* Looks at every guest and does what is due. */
void guests_converge(struct guests *all);
