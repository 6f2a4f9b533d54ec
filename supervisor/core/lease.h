/* The lease: proof that a majority still heard this node a short while ago. */
#pragma once
#include "core/message.h"

#define LEASE_BEATS 16 /* heartbeats whose sending is remembered */

struct lease {
    uint32_t seq; /* of the last heartbeat sent */
    uint64_t sent[LEASE_BEATS];
    nodeset echoed;            /* who has echoed any, */
    uint64_t echo[CORE_NODES]; /* and when the newest that each has echoed was SENT */
    bool proven;
    uint64_t proof; /* a majority has echoed a heartbeat sent then or later */
};

/* How many nodes, oneself included, must echo. Of two nodes one is enough: there, nobody is
 * declared dead by waiting, so nobody relies on the other's lease. */
int lease_votes(const struct core_site *s);

/* Notes that heartbeat number seq+1 is sent now, and returns that number. */
uint32_t lease_send(struct lease *l, uint64_t now);

/* Counts the echo of one of our heartbeats. */
void lease_echo(struct lease *l, uint8_t from, uint32_t seq, int votes, uint64_t now);

bool lease_valid(const struct lease *l, const struct timing *t, uint64_t now);

/* R15: ... and for another heartbeat: else what is started now would be destroyed at once. */
bool lease_lasts(const struct lease *l, const struct timing *t, uint64_t now);

/* R12: who may be echoed: the incarnation that the accepted value names, neither suspected nor
 * dead, nor so by an earlier value whose end is not known to be chosen; and only by a node that
 * remembers. */
bool lease_may_echo(const struct acceptor *a, uint8_t node, uint64_t incarnation);
