/* Faults aimed at the instants where a rule of core/ matters: random walks seldom hit them. Each
 * leaves the world to itself for a while, so that the next one meets a cluster in order. */
#include "sim/faults.h"

static uint32_t range(struct draw *d, uint32_t least, uint32_t most)
{
    return prng_range(d->r, least, most);
}

static void lag(struct draw *d, uint64_t at, int from, int to, uint32_t ms)
{
    fault_add(d, at, OP_LAG, from, to);
    if (d->plan->ops > 0 && d->plan->op[d->plan->ops - 1].kind == OP_LAG)
        d->plan->op[d->plan->ops - 1].c = (int)ms;
}

/* Some other node than these two. */
static int third(struct draw *d, int a, int b)
{
    for (int i = 0; i < 8; i++) {
        int node = (int)prng_below(d->r, d->plan->site.nodes);
        if (node != a && node != b)
            return node;
    }
    return a;
}

/* Something that the ledger must be changed for. */
static void wish(struct draw *d, uint64_t at)
{
    uint32_t kind = prng_below(d->r, d->plan->site.mirrors > 0 ? 6 : 3);
    switch (kind) {
    case 0:
        fault_add(d, at, OP_MOVE, d->guest, d->other);
        break;
    case 1:
        fault_add(d, at, OP_STOP, d->guest, 0);
        fault_add(d, at + range(d, 100, 9000), OP_START, d->guest, 0);
        break;
    case 2:
        fault_add(d, at, OP_DRAIN, d->node, 0);
        fault_add(d, at + range(d, 100, 9000), OP_UNDRAIN, d->node, 0);
        break;
    default:
        fault_add(d, at, OP_LINK, d->mirror, 0);
        fault_add(d, at + range(d, 10000, 40000), OP_LINKUP, d->mirror, 0);
        break;
    }
}

/* A proposal reaches one node, and its proposer dies; that node then dies or is cut off as well. Or
 * its relevod does so in the middle of a promise, with rivals about. */
void aimed_proposal(struct draw *d)
{
    int leader = prng_percent(d->r, 70) ? 0 : d->node;
    if (d->plan->site.mirrors > 0 && prng_percent(d->r, 70))
        d->other = d->plan->site.mirror[d->mirror].node[prng_below(d->r, 2)];
    uint64_t at = d->at;
    wish(d, at);
    if (prng_percent(d->r, 60)) {
        fault_add(d, at, OP_HALFSENT, leader, d->other);
        uint64_t gone = at + range(d, 0, 1500);
        fault_add(d, gone, prng_percent(d->r, 70) ? OP_ALONE : OP_CRASH, d->other, 0);
        fault_add(d, gone + range(d, 100, 6000), OP_CRASH, d->other, 0);
    } else {
        for (int k = (int)range(d, 1, 4); k > 0; k--) {
            int rival = third(d, leader, d->other);
            fault_add(d, at, OP_MUTE, leader, (int)range(d, 1000, 8000));
            fault_add(d, at + range(d, 0, 3000), OP_CUTSHORT, d->other, 0);
            fault_add(d, at + range(d, 0, 3000), OP_CUT, leader, rival);
            wish(d, at + range(d, 0, 3000));
            at += range(d, 500, 3000);
        }
        fault_add(d, at + range(d, 0, 5000), OP_CRASH, d->other, 0);
    }
    fault_add(d, at + range(d, 1000, 2 * d->whole), OP_HEAL, 0, 0);
    d->at = at + d->whole;
}

/* One node is lost, in one way or another, out of quiet, and nothing else happens until it must
 * have been made good. */
void aimed_loss(struct draw *d)
{
    static const enum op_kind kinds[] = {OP_CRASH, OP_OFF,   OP_ALONE, OP_HANG,
                                         OP_HANG,  OP_STALL, OP_DEAF,  OP_MUTE};
    enum op_kind kind = kinds[prng_below(d->r, 8)];
    uint64_t at = d->at + range(d, 20000, 40000);
    uint32_t ms = d->whole + range(d, 3000, 20000);
    fault_add(d, at, kind, d->node, (int)ms);
    fault_add(d, at + ms, kind == OP_OFF ? OP_ON : OP_HEAL, d->node, 0);
    d->at = at + ms;
}

/* What is sent on a link for a moment arrives much later, after other things have happened. */
void aimed_late(struct draw *d)
{
    int from = d->node;
    int to = prng_percent(d->r, 60) ? 0 : d->other;
    if (d->plan->site.mirrors > 0 && prng_percent(d->r, 60))
        from = d->plan->site.mirror[d->mirror].node[prng_below(d->r, 2)];
    uint64_t at = d->at;
    for (int k = (int)range(d, 1, 3); k > 0 && from != to; k--) {
        lag(d, at, from, to, range(d, 1000, 40000));
        if (prng_percent(d->r, 50))
            lag(d, at, to, from, range(d, 1000, 40000));
        wish(d, at + range(d, 0, 1500));
        if (prng_percent(d->r, 40))
            fault_add(d, at + range(d, 0, 3000), OP_CRASH, from, 0);
        at += range(d, 300, 4000);
        lag(d, at, from, to, 0);
        lag(d, at, to, from, 0);
        at += range(d, 0, 4000);
    }
    wish(d, at);
    if (prng_percent(d->r, 60))
        fault_add(d, at + range(d, 500, 20000), prng_percent(d->r, 50) ? OP_CRASH : OP_ALONE,
                  prng_percent(d->r, 50) ? from : d->other, 0);
    fault_add(d, at + range(d, 5000, 30000), OP_HEAL, 0, 0);
    d->at = at + d->whole;
}

/* A node is not heard any more, but hears late what the others said before; perhaps in the first
 * seconds of a relevod, perhaps with a guest that cannot be destroyed. */
void aimed_lease(struct draw *d)
{
    int nodes = d->plan->site.nodes;
    uint64_t at = d->at;
    if (prng_percent(d->r, 40)) {
        fault_add(d, at, OP_RELEVOD, d->node, 0);
        at += range(d, 1000, 8000);
    }
    if (prng_percent(d->r, 40))
        fault_add(d, at, OP_STUCK, d->guest, 60000);
    uint64_t from = at + range(d, 500, 6000); /* not heard from then on */
    for (int k = 0; k < 12; k++) {
        for (int i = 0; i < nodes; i++)
            if (i != d->node && prng_percent(d->r, 70))
                lag(d, at, i, d->node, range(d, 200, 1500u * (uint32_t)(k + 2)));
        at += range(d, 100, 900);
    }
    for (int i = 0; i < nodes; i++) {
        if (i == d->node)
            continue;
        fault_add(d, from, OP_CUTFROM, d->node, i);
        lag(d, at, i, d->node, 60000);
    }
    if (prng_percent(d->r, 60))
        fault_add(d, from + range(d, 0, 1000), OP_RELEVOD, d->node, 0);
    fault_add(d, at + d->whole + range(d, 1000, 10000), OP_HEAL, 0, 0);
    d->at = at + 2ull * d->whole;
}

/* A move, another one before it is over, and something that dies in its middle. */
void aimed_migration(struct draw *d)
{
    static const enum op_kind kinds[] = {OP_CUTSHORT, OP_CUTSHORT, OP_RELEVOD, OP_CRASH,
                                         OP_ALONE,    OP_STALL,    OP_HANG,    OP_CUT};
    uint64_t at = d->at;
    for (int k = (int)range(d, 1, 4); k > 0; k--) {
        fault_add(d, at, OP_MOVE, d->guest, (int)prng_below(d->r, d->plan->site.nodes));
        if (prng_percent(d->r, 70)) {
            enum op_kind kind = kinds[prng_below(d->r, 8)];
            int who = (int)prng_below(d->r, d->plan->site.nodes);
            uint64_t when = at + range(d, 0, 9000);
            fault_add(d, when, kind, who,
                      kind == OP_CUT ? third(d, who, who) : (int)range(d, 100, 12000));
            fault_add(d, when + range(d, 500, 15000), OP_HEAL, 0, 0);
        }
        at += range(d, 1000, 16000);
    }
    d->at = at;
}

/* The link flaps while the guest is stopped, moved or taken over; then the owner dies. */
void aimed_mirror(struct draw *d)
{
    if (d->plan->site.mirrors == 0)
        return;
    int owner = d->plan->site.mirror[d->mirror].node[prng_below(d->r, 2)];
    uint64_t at = d->at;
    for (int k = (int)range(d, 1, 4); k > 0; k--) {
        if (prng_percent(d->r, 50)) {
            lag(d, at + range(d, 0, 9000), owner, 0, range(d, 3000, 30000));
            lag(d, at + range(d, 3000, 12000), owner, 0, 0);
        }
        fault_add(d, at, OP_LINK, d->mirror, 0);
        if (prng_percent(d->r, 40))
            fault_add(d, at + range(d, 0, 4000), OP_STOP, d->guest, 0);
        else if (prng_percent(d->r, 30))
            fault_add(d, at + range(d, 0, 4000), OP_MOVE, d->guest, d->other);
        at += range(d, 500, 9000);
        fault_add(d, at, OP_LINKUP, d->mirror, 0);
        fault_add(d, at + range(d, 0, 4000), OP_START, d->guest, 0);
        at += range(d, 500, 12000);
    }
    fault_add(d, at, OP_LINK, d->mirror, 0);
    at += range(d, 500, 9000);
    fault_add(d, at, prng_percent(d->r, 70) ? OP_CRASH : OP_ALONE, owner, 0);
    fault_add(d, at + d->whole, OP_HEAL, 0, 0);
    fault_add(d, at + range(d, 1000, 20000), OP_LINKUP, d->mirror, 0);
    d->at = at + d->whole;
}

/* All, or all but one, boot at the same time, and what they said before still arrives. Perhaps one
 * of them stays off, and the operator says so. */
void aimed_amnesia(struct draw *d)
{
    int nodes = d->plan->site.nodes;
    bool spared = prng_percent(d->r, 50);
    for (int k = 0; k < 3; k++)
        lag(d, d->at, (int)prng_below(d->r, (uint32_t)nodes),
            (int)prng_below(d->r, (uint32_t)nodes), range(d, 1000, 30000));
    wish(d, d->at + range(d, 0, 1500));
    uint64_t at = d->at + range(d, 500, 3000);
    for (int i = 0; i < nodes; i++)
        if (!spared || i != d->node)
            fault_add(d, at + range(d, 0, 500), OP_CRASH, i, 0);
    if (prng_percent(d->r, 30)) {
        fault_add(d, at + range(d, 0, 500), OP_OFF, d->other, 0);
        fault_add(d, at + range(d, 1000, 8000), OP_CONFIRM, d->other, 0);
        fault_add(d, at + range(d, 3000, 20000), OP_ON, d->other, 0);
    }
    fault_add(d, at + range(d, 0, 2000), OP_HEAL, 0, 0);
    for (int k = (int)range(d, 1, 3); k > 0; k--)
        wish(d, at + range(d, 1000, 20000));
    fault_add(d, at + range(d, 1000, 20000), OP_CRASH, d->other, 0);
    d->at = at + d->whole;
}

/* One of two is off, and the other goes on alone, by the device or by the operator's word; then the
 * one that knows is off, and the other back. */
void aimed_pair(struct draw *d)
{
    int a = d->node;
    int b = 1 - a;
    uint64_t at = d->at;
    if (d->plan->site.mirrors > 0 && prng_percent(d->r, 50)) {
        fault_add(d, at, OP_LINK, d->mirror, 0);
        at += range(d, 0, 5000);
    }
    fault_add(d, at, OP_OFF, a, 0);
    fault_add(d, at + range(d, 2500, 8000), OP_CONFIRM, a, 0);
    at += range(d, 4000, 2 * d->whole);
    fault_add(d, at, prng_percent(d->r, 60) ? OP_OFF : OP_ALONE, b, 0);
    fault_add(d, at + range(d, 0, 2000), OP_ON, a, 0);
    at += 2ull * d->plan->boot + range(d, 0, 10000);
    fault_add(d, at, OP_CONFIRM, b, 0);
    at += range(d, 1000, 2 * d->whole);
    fault_add(d, at, OP_ON, b, 0);
    fault_add(d, at, OP_HEAL, 0, 0);
    fault_add(d, at, OP_LINKUP, d->mirror, 0);
    d->at = at + 2ull * d->plan->boot;
}
