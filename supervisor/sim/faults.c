/* Faults that come at random: of power, networks, relevod, disks and guests, and what operators do
 * meanwhile. */
#include "sim/faults.h"

void fault_add(struct draw *d, uint64_t at, enum op_kind kind, int a, int b)
{
    struct plan *p = d->plan;
    if (p->ops < WORLD_OPS - 2 && at < REPAIR_AT)
        p->op[p->ops++] = (struct op){.at = at, .kind = kind, .a = a, .b = b};
}

/* A time around which something decides itself: short, about a lease, about a takeover, or long. */
uint32_t fault_span(struct draw *d)
{
    const struct timing *t = &d->plan->site.timing;
    switch (prng_below(d->r, 4)) {
    case 0:
        return prng_range(d->r, 50, 2000);
    case 1:
        return prng_range(d->r, t->lease / 2, t->lease + t->watchdog + 2000);
    case 2:
        return prng_range(d->r, d->whole / 2, d->whole + d->whole / 2);
    default:
        return prng_range(d->r, 1000, 60000);
    }
}

static void power_fault(struct draw *d)
{
    static const enum op_kind kinds[] = {OP_CRASH, OP_CRASH, OP_OFF, OP_HANG, OP_HANG};
    enum op_kind kind = kinds[prng_below(d->r, 5)];
    uint32_t ms = fault_span(d);
    fault_add(d, d->at, kind, d->node, (int)ms);
    if (kind == OP_OFF)
        fault_add(d, d->at + ms, OP_ON, d->node, 0);
    if (prng_percent(d->r, 20))
        fault_add(d, d->at + prng_below(d->r, ms + 1), OP_CRASH, d->other, 0);
}

/* The nodes fall into two parts that do not hear each other. */
static void partition(struct draw *d, uint32_t ms)
{
    int nodes = d->plan->site.nodes;
    nodeset part = (nodeset)prng_next(d->r);
    for (int a = 0; a < nodes; a++)
        for (int b = a + 1; b < nodes; b++)
            if (node_in(part, (uint8_t)a) != node_in(part, (uint8_t)b))
                fault_add(d, d->at, OP_CUT, a, b);
    fault_add(d, d->at + ms, OP_HEAL, 0, 0);
}

static void net_fault(struct draw *d)
{
    static const enum op_kind kinds[] = {OP_CUT,  OP_CUTFROM, OP_ALONE,    OP_ALONE, OP_DEAF,
                                         OP_VIEW, OP_LOSS,    OP_LOSSFROM, OP_KINDS};
    enum op_kind kind = kinds[prng_below(d->r, 9)];
    uint32_t ms = fault_span(d);
    if (kind == OP_KINDS) {
        partition(d, ms);
        return;
    }
    if (kind == OP_LOSSFROM) {
        fault_add(d, d->at, kind, d->node, (int)prng_range(d->r, 10, 90));
        fault_add(d, d->at + ms, kind, d->node, 0);
        return;
    }
    if (kind == OP_LOSS) {
        fault_add(d, d->at, kind, (int)prng_below(d->r, 50), 0);
        fault_add(d, d->at + ms, kind, (int)d->plan->loss, 0);
        return;
    }
    if (d->node == d->other && (kind == OP_CUT || kind == OP_CUTFROM))
        return;
    bool lasts = kind == OP_DEAF || kind == OP_MUTE;
    fault_add(d, d->at, kind, d->node, lasts ? (int)ms : d->other);
    if (!lasts && kind != OP_VIEW)
        fault_add(d, d->at + ms, OP_HEAL, 0, 0);
    if (prng_percent(d->r, 20)) /* a link that flaps */
        for (int k = 1; k < 6; k++) {
            fault_add(d, d->at + (uint64_t)k * 1500, OP_HEAL, 0, 0);
            fault_add(d, d->at + (uint64_t)k * 1500 + 700, kind, d->node, d->other);
        }
}

static void relevod_fault(struct draw *d)
{
    static const enum op_kind kinds[] = {OP_RELEVOD, OP_RELEVOD, OP_CUTSHORT,   OP_STALL,
                                         OP_SLOW,    OP_FORGET,  OP_NOWATCHDOG, OP_LACKS};
    enum op_kind kind = kinds[prng_below(d->r, 8)];
    if (kind == OP_LACKS) {
        fault_add(d, d->at, kind, d->guest, d->node);
        return;
    }
    uint32_t ms = fault_span(d);
    fault_add(d, d->at, kind, d->node, (int)ms);
    if (kind == OP_NOWATCHDOG)
        fault_add(d, d->at + ms, OP_RELEVOD, d->node, 0);
}

static void disk_fault(struct draw *d)
{
    uint32_t ms = fault_span(d);
    if (d->plan->site.mirrors > 0 && prng_percent(d->r, 80)) {
        int times = prng_percent(d->r, 40) ? 3 : 1;
        for (int k = 0; k < times; k++) {
            fault_add(d, d->at, OP_LINK, d->mirror, 0);
            fault_add(d, d->at + ms, OP_LINKUP, d->mirror, 0);
            d->at += ms + prng_range(d->r, 500, 8000);
        }
        if (prng_percent(d->r, 50))
            fault_add(d, d->at - prng_below(d->r, ms + 1), OP_CRASH,
                      d->plan->site.mirror[d->mirror].node[prng_below(d->r, 2)], 0);
        return;
    }
    fault_add(d, d->at, OP_LUN, d->node, 0);
    fault_add(d, d->at + ms, OP_LUNUP, d->node, 0);
}

static void guest_fault(struct draw *d)
{
    static const enum op_kind kinds[] = {OP_FAILSTART, OP_STUCK, OP_GUESTCRASH, OP_GUESTCRASH,
                                         OP_GUESTOFF};
    if (prng_percent(d->r, 20)) { /* a node that can run nothing any more: others must */
        fault_add(d, d->at, OP_FAILNODE, d->node, 100);
        fault_add(d, d->at + 100, OP_GUESTCRASH, d->guest, 0);
        fault_add(d, d->at + fault_span(d), OP_FAILNODE, d->node, 0);
        return;
    }
    enum op_kind kind = kinds[prng_below(d->r, 5)];
    int number = kind == OP_FAILSTART ? (int)prng_range(d->r, 1, 12) : (int)fault_span(d);
    fault_add(d, d->at, kind, d->guest, number);
    if (kind == OP_FAILSTART || kind == OP_STUCK)
        fault_add(d, d->at + 100, prng_percent(d->r, 50) ? OP_GUESTCRASH : OP_STOP, d->guest, 0);
    if (kind != OP_GUESTCRASH)
        fault_add(d, d->at + 100 + fault_span(d), OP_START, d->guest, 0);
}

/* One node goes down in order, or all do, and comes back. */
static void leave(struct draw *d)
{
    bool all = prng_percent(d->r, 30);
    uint64_t back = d->at + prng_range(d->r, 1000, 60000);
    for (int i = 0; i < d->plan->site.nodes; i++)
        if (all || i == d->node) {
            fault_add(d, d->at + prng_below(d->r, 2000), OP_LEAVE, i, 0);
            fault_add(d, back + prng_below(d->r, 10000), OP_ON, i, 0);
        }
}

/* Operators, and what may hit in the middle of their work. */
static void operator_act(struct draw *d)
{
    const struct core_site *s = &d->plan->site;
    switch (prng_below(d->r, 10)) {
    case 0:
    case 1:
        fault_add(d, d->at, OP_STOP, d->guest, 0);
        fault_add(d, d->at + fault_span(d), OP_START, d->guest, 0);
        break;
    case 2:
    case 3:
        fault_add(d, d->at, OP_DRAIN, d->node, 0);
        fault_add(d, d->at + 10000 + fault_span(d), OP_UNDRAIN, d->node, 0);
        break;
    case 4:
        /* In few plans: nobody can tell from then on whether that mirror has lost writes. */
        if (s->mirrors > 0 && d->plan->seed % (2ull * FLAVOURS) == 1)
            fault_add(d, d->at, OP_OVERRIDE, d->mirror,
                      s->mirror[d->mirror].node[prng_below(d->r, 2)]);
        break;
    case 5:
        leave(d);
        break;
    default:
        fault_add(d, d->at, OP_MOVE, d->guest, d->node);
        break;
    }
    if (prng_percent(d->r, 60)) {
        static const enum op_kind kinds[] = {OP_CRASH, OP_RELEVOD,  OP_ALONE,
                                             OP_HANG,  OP_CUTSHORT, OP_STALL};
        enum op_kind kind = kinds[prng_below(d->r, 6)];
        uint64_t at = d->at + prng_below(d->r, 14000);
        fault_add(d, at, kind, prng_percent(d->r, 50) ? d->node : d->other, (int)fault_span(d));
        if (kind == OP_ALONE)
            fault_add(d, at + fault_span(d), OP_HEAL, 0, 0);
    }
}

static void big_fault(struct draw *d)
{
    if (prng_percent(d->r, 50)) {
        fault_add(d, d->at, OP_BLACKOUT, 0, 0);
        return;
    }
    /* A site is lost: every second node. */
    for (int i = d->node % 2; i < d->plan->site.nodes; i += 2)
        fault_add(d, d->at + prng_below(d->r, 100), OP_CRASH, i, 0);
}

void fault_storm(struct draw *d)
{
    uint32_t kind = prng_below(d->r, 8);
    int times = (int)prng_range(d->r, 5, 25);
    uint32_t gap = 300u << prng_below(d->r, 5);
    for (int k = 0; k < times; k++) {
        int node = (int)prng_below(d->r, d->plan->site.nodes);
        switch (kind) {
        case 0: /* rivals that all propose */
            fault_add(d, d->at, OP_MUTE, node, (int)(8 * gap));
            fault_add(d, d->at + gap / 2, prng_percent(d->r, 50) ? OP_CUTSHORT : OP_CRASH, node, 0);
            break;
        case 1:
            fault_add(d, d->at, OP_LINK, d->mirror, 0);
            fault_add(d, d->at + prng_below(d->r, gap), OP_LINKUP, d->mirror, 0);
            break;
        case 2:
            fault_add(d, d->at, OP_RELEVOD, node, 0);
            break;
        case 6: /* young relevods, whose few heartbeats nobody hears */
            fault_add(d, d->at, OP_RELEVOD, d->node, 0);
            fault_add(d, d->at, OP_MUTE, d->node, (int)(4 * gap));
            break;
        case 7: /* what cannot be destroyed, on a node that is cut off */
            fault_add(d, d->at, OP_STUCK, d->guest, 60000);
            fault_add(d, d->at + 1, OP_ALONE, k % d->plan->site.nodes, 0);
            fault_add(d, d->at + 2ull * d->whole, OP_HEAL, 0, 0);
            d->at += 2ull * d->whole;
            break;
        case 3:
            fault_add(d, d->at, OP_STOP, d->guest, 0);
            fault_add(d, d->at + prng_below(d->r, gap), OP_START, d->guest, 0);
            break;
        case 4:
            fault_add(d, d->at, OP_MOVE, d->guest, node);
            break;
        default:
            fault_add(d, d->at, prng_percent(d->r, 70) ? OP_CRASH : OP_ALONE, node, 0);
            fault_add(d, d->at + prng_below(d->r, 4 * gap), OP_HEAL, 0, 0);
            break;
        }
        d->at += 1 + prng_below(d->r, 2 * gap);
    }
    static const enum op_kind last[] = {OP_CRASH, OP_ALONE, OP_HANG, OP_RELEVOD, OP_DEAF};
    bool mirrored = d->plan->site.mirrors > 0;
    int node = mirrored ? d->plan->site.mirror[d->mirror].node[prng_below(d->r, 2)] : d->node;
    fault_add(d, d->at, last[prng_below(d->r, 5)], node, kind == 4 ? 0 : (int)fault_span(d));
    fault_add(d, d->at + fault_span(d), OP_HEAL, 0, 0);
}

static void paused(struct draw *d)
{
    fault_add(d, d->at, OP_PAUSE, d->node, (int)fault_span(d));
}

void fault_any(struct draw *d)
{
    static void (*const kinds[])(struct draw *) = {
        power_fault,   power_fault, net_fault,   net_fault,    relevod_fault,
        relevod_fault, disk_fault,  guest_fault, operator_act, operator_act,
        fault_storm,   big_fault,   paused};
    uint32_t kind = prng_below(d->r, d->plan->hole ? 13 : 12);
    if (kind == 11 && prng_percent(d->r, 60))
        kind = 0;
    kinds[kind](d);
}
