/* The ledger: the one small value that all nodes agree on, and the changes that may be made to it.
 * A change is a pure function of the value. One whose conditions do not hold changes nothing, so a
 * request may be late, doubled, or overtaken by another. */
#pragma once
#include "core/site.h"

#define NODE_DEAD     0x01u /* this generation is proven dead or has waited out its lease */
#define NODE_FENCED   0x02u /* ... by a fence device or by the operator's word */
#define NODE_DRAINING 0x04u /* takes no guests and gives its own away */
#define NODE_FLAGS    0x07u

struct ledger_node {
    uint64_t incarnation; /* random, from init at each boot; 0: never heard of */
    uint32_t generation;  /* counts the incarnations, so that they have an order */
    uint32_t suspicion;   /* version of the value that entered it; 0: not suspected */
    uint8_t flags;
};

#define GUEST_OWNED   0x01u
#define GUEST_STOPPED 0x02u /* by the operator's wish, or its own power-off */
#define GUEST_HANDED  0x04u /* the owner has it from the one before, by live migration */
#define GUEST_YIELDS  0x08u /* it shall give way to a guest of higher priority */
#define GUEST_FLAGS   0x0fu

struct ledger_guest {
    uint64_t id;
    uint32_t generation; /* of the owner */
    uint32_t epoch;      /* raised by each claim */
    uint16_t commands;   /* operator commands so far: each one names the count it saw */
    uint8_t owner;       /* the last one, if GUEST_OWNED is off */
    uint8_t goal;        /* where it should go, or NO_NODE */
    uint8_t flags;
};

struct ledger_mirror {
    uint64_t id;
    uint64_t mark[2]; /* why that side is stale; 0: it is not */
};

struct ledger {
    uint64_t era;     /* drawn by the last cold start; 0: there was none */
    uint32_t version; /* +1 with each change */
    uint8_t nodes;
    uint16_t guests;
    uint16_t mirrors;
    struct ledger_node node[CORE_NODES];
    struct ledger_guest guest[CORE_GUESTS];
    struct ledger_mirror mirror[CORE_MIRRORS];
};

enum change_kind {
    CHANGE_JOIN,      /* node, incarnation, replaces */
    CHANGE_SUSPECT,   /* node, generation */
    CHANGE_UNSUSPECT, /* node, generation, suspicion */
    CHANGE_DEAD,      /* node, generation, suspicion or fenced */
    CHANGE_CLAIM,     /* guest: for node, generation */
    CHANGE_RELEASE,   /* guest, epoch; stopped: and leave it stopped */
    CHANGE_HANDOVER,  /* guest, epoch: to node, generation */
    CHANGE_KEEP,      /* guest, epoch: what was offered is withdrawn */
    CHANGE_STALE,     /* mirror: the side of node, mark */
    CHANGE_FRESH,     /* mirror: the side of node, mark */
    CHANGE_OVERRIDE,  /* mirror: the side of node; what the other side knows better is lost */
    CHANGE_GOAL,      /* guest: to node, or NO_NODE */
    CHANGE_RUN,       /* guest: wanted (on) or stopped */
    CHANGE_DRAIN,     /* node, generation: on or off */
    CHANGE_YIELD,     /* guest, epoch: its owner shall stop and release it */
    CHANGE_KINDS
};

struct change {
    enum change_kind kind;
    uint8_t by; /* the node that asks, and its incarnation */
    uint8_t node;
    bool on;     /* stopped, wanted, draining */
    bool fenced; /* of CHANGE_DEAD: a device or the operator says so */
    uint16_t commands;
    uint32_t generation;
    uint32_t epoch;
    uint32_t suspicion;
    uint64_t incarnation; /* of by */
    uint64_t replaces;    /* of CHANGE_JOIN */
    uint64_t id;          /* of the guest or mirror */
    uint64_t mark;
};

/* An empty value for so many nodes. */
void ledger_init(struct ledger *v, uint8_t nodes);

/* Copies what is in use, which is far less than the whole. */
void ledger_copy(struct ledger *to, const struct ledger *from);

/* Makes the change, or nothing. True: it changed something. */
bool ledger_change(const struct core_site *s, struct ledger *v, const struct change *c);

/* Begins an era: enters all incarnations (0: leave that node alone), enters as dead whom the
 * operator has declared off, and makes both sides of every mirror stale. */
void ledger_cold_start(struct ledger *v, uint64_t era, const uint64_t incarnation[CORE_NODES],
                       nodeset down);

/* Whether that generation of the node can be proven to run nothing any more. */
bool ledger_is_dead(const struct ledger *v, uint8_t node, uint32_t generation);

/* The node's number in the ledger stands for this incarnation, and it is not dead. */
bool ledger_is_current(const struct ledger *v, uint8_t node, uint64_t incarnation);

/* The guest's entry or NULL. hint: where it probably is, such as its index in the site. */
const struct ledger_guest *ledger_guest(const struct ledger *v, uint64_t id, int hint);

/* Whether the guest's owner is this node in its present incarnation. */
bool ledger_owns(const struct ledger *v, const struct ledger_guest *g, uint8_t node);

/* Whether the node, as it is now, owns any guest. */
bool ledger_owns_any(const struct ledger *v, uint8_t node);

/* Whether the guest has an owner that may still be running it. */
bool ledger_is_held(const struct ledger *v, const struct ledger_guest *g);

/* A mark differs from all others, and its first byte says who made it: a node, its number from 1
 * on; the operator, who called the other side current; or nobody, in a cold start (R29). */
enum { MARK_BY_OPERATOR = 0xfe, MARK_BY_NOBODY = 0xff };
#define MARK_MAKER_SHIFT 56

static inline uint64_t mark_make(uint8_t maker, uint64_t rest)
{
    return (uint64_t)maker << MARK_MAKER_SHIFT | rest;
}

static inline uint8_t mark_maker(uint64_t mark)
{
    return (uint8_t)(mark >> MARK_MAKER_SHIFT);
}

/* The mark on one side of a mirror; 0: that side is current. */
uint64_t ledger_mark(const struct ledger *v, uint64_t id, int side);

/* Whether the operator may call a stale side current: the other one is not current either, or its
 * node is dead. mirror: in the site. */
bool ledger_may_override(const struct core_site *s, const struct ledger *v, int mirror, int side);

/* No mirror of the guest is stale on that node, and each has a side there. index: in the site. */
bool ledger_is_fresh(const struct core_site *s, const struct ledger *v, int index, uint8_t node);

const char *change_name(enum change_kind kind);
