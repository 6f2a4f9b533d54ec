/* What nodes tell each other. Delivery is trusted for nothing: any message may be lost, late,
 * doubled, overtaken, or from a node that has rebooted since. */
#pragma once
#include "core/register.h"

#define REQUEST_CHANGES 8
#define EVERYBODY       NO_NODE

enum message_kind {
    MESSAGE_HEARTBEAT,
    MESSAGE_REQUEST, /* to the node that proposes: changes that the sender would like */
    MESSAGE_PREPARE,
    MESSAGE_PROMISE,
    MESSAGE_REFUSE, /* answer to a prepare or accept under too low a ballot */
    MESSAGE_ACCEPT,
    MESSAGE_ACCEPTED,
    MESSAGE_CHOSEN,
    MESSAGE_KINDS
};

/* One heartbeat of one relevod: a restarted one has a higher life, a rebooted host another
 * incarnation. */
struct beat {
    uint64_t incarnation;
    uint32_t life;
    uint32_t seq;
};

/* Of the same incarnation, and sent after the other. */
static inline bool beat_is_later(const struct beat *a, const struct beat *b)
{
    return a->incarnation == b->incarnation &&
           (a->life > b->life || (a->life == b->life && a->seq > b->seq));
}

#define BEAT_REMEMBERS 0x01u
#define BEAT_LEASED    0x02u /* the sender holds a lease */
#define BEAT_ABLE      0x04u /* ... and has a watchdog: it can be given guests */
#define BEAT_LEAVING   0x08u /* ... goes down in order: it stops its guests, and takes none */
#define BEAT_FLAGS     0x0fu

struct guestset {
    uint64_t word[CORE_GUESTS / 64];
};

static inline bool guest_in(const struct guestset *s, int guest)
{
    return (s->word[guest / 64] >> guest % 64 & 1) != 0;
}

static inline void guest_set(struct guestset *s, int guest, bool on)
{
    uint64_t bit = UINT64_C(1) << guest % 64;
    s->word[guest / 64] = on ? s->word[guest / 64] | bit : s->word[guest / 64] & ~bit;
}

struct heartbeat {
    struct beat beat;
    uint8_t flags;
    nodeset heard;  /* from whom the sender has heard of late */
    nodeset linked; /* ... and who says that it hears the sender */
    struct ballot known;
    struct ballot accepted;
    uint64_t site;                /* guests are numbered alike where this is equal */
    struct guestset unfit;        /* guests that cannot run on the sender */
    struct guestset running;      /* guests that do */
    nodeset withheld;             /* R12: whose heartbeats are not echoed any more */
    struct beat echo[CORE_NODES]; /* the last heartbeat heard from each node, or if withheld, the
                                     last that was echoed; zero: none */
};

struct request {
    int changes;
    struct change change[REQUEST_CHANGES];
};

struct message {
    enum message_kind kind;
    uint8_t from;
    uint8_t to;                 /* or EVERYBODY */
    const struct ledger *value; /* promise (or NULL), accept, chosen; not owned */
    union {
        struct heartbeat heartbeat;
        struct request request;
        struct round round;
    };
};
