/* What to do about one mirror: from how it should be, how the kernel has it, and what its device
 * holds. Pure: the drbd role looks, asks this, has the steps done by a worker, looks again.
 *
 * Rests on four rules. No metadata is made, and no direction of a sync chosen, but by order. Sides
 * that have gone their own ways stay apart until an order says whose is given up. A disk that
 * failed comes back by order, or after a restart. Nobody is Primary for whom no guest runs here. */
#pragma once
#include "base/err.h"
#include "config/drbd.h"
#include "storage/drbd_command.h"
#include "storage/drbd_meta.h"
#include "storage/drbd_state.h"

/* Whether guests of this node use the mirror, or are to. */
enum drbd_use {
    DRBD_USE_UNKNOWN,
    DRBD_USE_NONE,
    DRBD_USE_HERE,
    DRBD_USE_DOWN, /* nobody will: this node goes down */
    DRBD_USES
};

struct drbd_view {
    const struct site_drbd *want;
    struct drbd_state state;
    struct drbd_found found;
    uint32_t use;          /* enum drbd_use */
    bool released;         /* for this break of the link: the peer is known to be stale or dead */
    bool split;            /* DRBD found that both sides have gone their own ways */
    bool kept_apart;       /* disconnected by order */
    bool lost_disk;        /* DRBD gave it up after an error, or it was detached by order */
    bool address_here;     /* an interface has our address */
    bool options_set;      /* as configured, since the role began */
    uint64_t look_at_ms;   /* the next look, connect and so on not before */
    uint64_t attach_at_ms; /* after one that failed */
    uint64_t connect_at_ms;
    uint64_t act_at_ms;   /* anything else */
    uint64_t verified_ms; /* the end of the last verify, or when this node first had the mirror */
    uint64_t now_ms;
};

enum drbd_condition {
    DRBD_WAITING, /* not up yet, or for the peer */
    DRBD_GOOD,    /* both sides are current */
    DRBD_SYNCING,
    DRBD_VERIFYING,
    DRBD_DEGRADED, /* one current copy */
    DRBD_FROZEN,   /* writes wait */
    DRBD_SPLIT,
    DRBD_REFUSED, /* no use without an operator: the text says why */
    DRBD_CONDITIONS
};

#define DRBD_PLAN_STEPS_MAX 6

struct drbd_plan {
    bool look; /* at the device first */
    uint32_t step[DRBD_PLAN_STEPS_MAX];
    uint32_t steps;
    uint64_t wake_ms; /* look again then, should nothing happen before; 0: never */
    enum drbd_condition condition;
    char text[200]; /* what is wrong, and what helps; empty: nothing */
};

void drbd_plan_make(const struct drbd_view *view, struct drbd_plan *plan);

/* One more step, after those that it has. */
void drbd_plan_add(struct drbd_plan *plan, enum drbd_step step);

enum drbd_order {
    DRBD_ORDER_NONE,
    DRBD_ORDER_CREATE,
    DRBD_ORDER_CREATE_FORCED, /* over what the device holds */
    DRBD_ORDER_SEED,          /* this side's data is the mirror's */
    DRBD_ORDER_SEED_BLANK,    /* neither side has any: no first sync */
    DRBD_ORDER_VERIFY,
    DRBD_ORDER_RESYNC, /* what differs, from this side */
    DRBD_ORDER_RESIZE,
    DRBD_ORDER_KEEP,    /* of a split brain: this side's data */
    DRBD_ORDER_DISCARD, /* the other's */
    DRBD_ORDER_CONNECT,
    DRBD_ORDER_DISCONNECT,
    DRBD_ORDER_ATTACH,
    DRBD_ORDER_DETACH,
    DRBD_ORDER_TWO_PRIMARIES, /* may be, for a live migration */
    DRBD_ORDER_ONE_PRIMARY,
    DRBD_ORDERS
};

/* The steps of an order: 0, or -1 where it would do harm or is out of place. */
int drbd_plan_order(const struct drbd_view *view, enum drbd_order order, struct drbd_plan *plan,
                    struct err *e);

/* When the verify by schedule is due; 0: none is, as none is configured, the mirror is not whole or
 * busy, or it is for the other side to begin it. */
uint64_t drbd_verify_at(const struct drbd_view *view);

const char *drbd_condition_name(uint32_t condition);
const char *drbd_order_name(uint32_t order);

/* Both sides are current and know of each other. */
bool drbd_in_sync(const struct drbd_state *state);

/* Whether the mirror can be made Primary here and be written to: NULL, or what it waits for.
 * released as in the view. */
const char *drbd_why_not_usable(const struct drbd_state *state, bool released);
