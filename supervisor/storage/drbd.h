/* The drbd role from inside: what its parts share. */
#pragma once
#include <qb/qbloop.h>

#include "base/timer.h"
#include "storage/drbd_deed.h"
#include "storage/drbd_memory.h"
#include "storage/drbd_netlink.h"
#include "storage/drbd_status.h"

struct child;
struct mirrors;

/* One mirror of this node: configured, or a stray, which an earlier configuration had. */
struct mirror {
    struct mirrors *all;
    uint32_t index;
    bool stray;
    struct drbd_memory memory; /* as it is written down */
    bool remembered;           /* it is */
    struct drbd_view view;
    struct drbd_plan plan;
    struct drbd_wish wish;
    struct drbd_status told; /* what relevod knows */
    uint32_t done;           /* the ticket of the last order that is */
    char refused[200];       /* why it was not; empty: it was */
    /* The deed under way, if child is set. */
    struct child *child;
    struct drbd_deed deed;
    enum drbd_order doing; /* DRBD_ORDER_NONE: it follows the plan */
    bool answered;
    struct drbd_deed_reply reply;
    /* What failed last waits: */
    uint32_t look_ms, attach_ms, connect_ms, act_ms;
    struct err error; /* of the plan's last deed; empty: it went well */
    uint32_t break_number;
    uint64_t changed_ms, sync_began_ms, sync_began_bytes;
    uint32_t was_conn, was_disk; /* before the kernel's last word */
};

struct mirrors {
    qb_loop_t *loop;
    struct drbd_config config;
    struct mirror mirror[SITE_DRBDS_MAX];
    struct mirror stray[SITE_DRBDS_MAX];
    struct site_drbd stray_want[SITE_DRBDS_MAX];
    uint32_t strays;
    struct drbd_netlink netlink;
    bool told_all; /* the kernel has told its state */
    bool numbers;  /* and its numbers, or is about to */
    int addresses; /* of interfaces, as they come and go */
    int devices;
    struct timer settle, wake;
    uint32_t deeds; /* under way */
};

/* --- drbd_deeds.c --- */

/* Has the plan or the order done by a worker. */
void drbd_deed_start(struct mirror *m, const struct drbd_plan *plan, enum drbd_order order);
/* Takes up the wish's order, or says why not. */
void drbd_order_start(struct mirror *m);

/* --- drbd_strays.c --- */

/* Takes in what is remembered of mirrors that are not configured. */
void drbd_strays_find(struct mirrors *all);
/* Has them taken down, unless they are in use; returns when to look again by itself, or 0. */
uint64_t drbd_strays_converge(struct mirrors *all, uint64_t now);

/* --- drbd_converge.c --- */

/* What the role's death must not lose: from the memory, and into it where it has changed. */
void drbd_recall(struct mirror *m);
void drbd_remember(struct mirror *m);

/* What follows from the kernel's word. */
void drbd_note_change(struct mirror *m, const struct drbd_event *event);
/* One pass over all mirrors: asks the plan, has it done, tells relevod. */
void drbd_converge(void *mirrors);
/* A pass soon: for many causes that come together. */
void drbd_settle(struct mirrors *all);
