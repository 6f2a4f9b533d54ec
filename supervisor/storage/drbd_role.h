/* The drbd role, and relevod's side of it. The role listens to the kernel and has everything that
 * may wait done by its own workers. */
#pragma once
#include <qb/qbloop.h>

#include "base/kept.h"
#include "base/timer.h"
#include "config/site.h"
#include "guest/guests.h"
#include "storage/drbd_status.h"

/* The role: converges whenever the kernel tells of a change, until its parent is gone. */
int drbd_role(void);

/* Whoever keeps the record of which side is current (the cluster's ledger) is told of changes here.
 * Each may be called again for the same state after a restart. */
struct drbd_watch {
    /* The link is broken, for the break_number'th time, and writes here wait, or a promotion does:
     * until drbd_resume(). */
    void (*frozen)(void *data, const char *name, uint32_t break_number);
    /* Both sides are current. */
    void (*synced)(void *data, const char *name);
    /* No longer so. */
    void (*apart)(void *data, const char *name);
    void *data;
};

/* One configured mirror, as relevod knows it. */
struct drbd_side {
    struct drbd_status status; /* changed_ms 0: unknown yet */
    struct drbd_wish wish;
    uint32_t told_frozen; /* the break of the link that the watch was told of */
    bool synced;
    bool confirmed; /* the wish's break was released by the operator's word */
};

struct drbd {
    const struct site *site;
    struct kept process;
    const struct drbd_watch *watch; /* NULL: no cluster, the operator answers */
    void (*changed)(void *data);    /* a mirror can be used now, or no more */
    void *changed_data;
    struct drbd_side side[SITE_DRBDS_MAX];
    uint32_t ticket; /* the last that was given out */
    struct timer release;
    void (*released)(void *data); /* the node goes down: called once when all are */
    void *released_data;
};

/* Of one that is all zero. */
void drbd_init(struct drbd *d, qb_loop_t *loop);

/* Makes site's mirrors those to keep up, at start-up and whenever the configuration is read again.
 * The site must outlive its use; the one before may go after the call. */
void drbd_take(struct drbd *d, const struct site *site);

/* How those of the guest's disks are that are mirrors: the worst of them, and in why (unless all
 * are ready to be made Primary here) which and for what reason. drbd: a struct drbd. */
enum guest_disks drbd_disks(const struct guest *guest, char *why, size_t size, void *drbd);

/* Has the numbers of a sync brought up to date, where one runs; they come a little later. True if
 * so. */
bool drbd_refresh(struct drbd *d);

/* Says whether guests of this node use the mirror: Secondary where none does. */
void drbd_use(struct drbd *d, uint32_t mirror, enum drbd_use use);

/* The node goes down and its guests are gone: takes all mirrors down in order, so that the other
 * side knows. Calls released(data) then, or after some seconds. */
void drbd_release(struct drbd *d, void (*released)(void *data), void *data);

/* From now on the watch decides, and is told how things stand. NULL: nobody, the operator does. */
void drbd_set_watch(struct drbd *d, const struct drbd_watch *watch);

/* For that break of the link, the peer is marked stale: if it is still the present one, writes go
 * on, and a promotion may. */
void drbd_resume(struct drbd *d, const char *name, uint32_t break_number);

/* The operator's word that the peer is down. 0 and what follows in said, or -1. */
int drbd_confirm(struct drbd *d, const char *name, struct err *said);

/* An order from the operator or the cluster: 0 and its ticket, which the status shows when it is
 * done; or -1. */
int drbd_order(struct drbd *d, const char *name, enum drbd_order order, uint32_t *ticket,
               struct err *e);

/* The helper's question: its exit code (4 the peer is stale, 7 it is down, 1 not known), or 0: ask
 * again. */
int drbd_fence_answer(struct drbd *d, const char *name);
