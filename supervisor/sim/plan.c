#include "sim/plan.h"

#include <stdlib.h>
#include <string.h>

#include "core/timing.h"

#define FAULTS_FROM 30000
#define REPAIR_AT   360000
#define RUN_END     600000
#define AGAIN_MS    100000

uint64_t plan_guest_id(int guest)
{
    return UINT64_C(0x6775657374000001) + (uint64_t)guest;
}

uint64_t plan_mirror_id(int mirror)
{
    return UINT64_C(0x6d6972726f720001) + (uint64_t)mirror;
}

void plan_defaults(struct plan *p)
{
    memset(p, 0, sizeof(*p));
    p->seed = 1;
    p->end = 120000;
    p->delay = 20;
    p->late_ms = 3000;
    p->boot = 15000;
    p->site.timing = (struct timing){.beat = 500,
                                     .lease = 3000,
                                     .watchdog = 5000,
                                     .silence = 2200,
                                     .margin = 500,
                                     .drift_ppm = 500,
                                     .stop = 10000,
                                     .settle = 30000};
}

static void random_timing(struct plan *p, struct prng *r)
{
    struct timing *t = &p->site.timing;
    t->beat = prng_percent(r, 50) ? 500 : 1000;
    t->lease = t->beat * prng_range(r, 3, 7);
    t->watchdog = 5000 * prng_range(r, 1, 2);
    t->silence = t->beat * prng_range(r, 2, 5);
    t->margin = prng_range(r, 100, 1000);
    t->drift_ppm = prng_percent(r, 20) ? 20000 : 500;
}

static void random_guest(struct plan *p, struct prng *r, int g)
{
    struct core_site *s = &p->site;
    struct site_guest *x = &s->guest[g];
    uint8_t run[CORE_NODES] = {0};
    int runs = 0;
    for (uint8_t i = 0; i < s->nodes; i++)
        if (!s->node[i].witness)
            run[runs++] = i;
    for (int i = runs; i > 1; i--) {
        int k = (int)prng_below(r, (uint32_t)i);
        uint8_t swap = run[k];
        run[k] = run[i - 1];
        run[i - 1] = swap;
    }
    x->id = plan_guest_id(g);
    x->home = run[0];
    x->priority = (int16_t)prng_below(r, 3);
    x->live = prng_percent(r, 60);
    x->failback = prng_percent(r, 25);
    if (g > 0 && prng_percent(r, 10)) {
        x->afters = 1;
        x->after[0] = 0;
    }
    bool mirrored = runs >= 2 && prng_percent(r, 60);
    int disks = mirrored && prng_percent(r, 15) ? 2 : mirrored;
    for (int k = 0; k < disks; k++) {
        struct site_mirror *m = &s->mirror[s->mirrors];
        *m = (struct site_mirror){plan_mirror_id(s->mirrors), {run[0], run[1]}};
        x->mirror[x->mirrors++] = (uint8_t)s->mirrors++;
    }
    x->peers = (uint8_t)(mirrored ? 1 : prng_below(r, (uint32_t)runs));
    if (x->peers > CORE_PEERS)
        x->peers = CORE_PEERS;
    memcpy(x->peer, &run[1], x->peers);
}

static void random_site(struct plan *p, struct prng *r, uint8_t nodes)
{
    static const uint8_t sizes[] = {1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 7};
    struct core_site *s = &p->site;
    s->nodes = nodes != 0 ? nodes : sizes[prng_below(r, sizeof(sizes))];
    if (s->nodes >= 3 && prng_percent(r, 30))
        s->node[s->nodes - 1].witness = true;
    s->fence_device = prng_percent(r, s->nodes == 2 ? 60 : 15);
    p->fence = s->fence_device && prng_percent(r, 90);
    s->guests = (uint16_t)prng_range(r, 1, 5);
    for (int g = 0; g < s->guests; g++)
        random_guest(p, r, g);
    uint32_t journals = prng_below(r, 3) * 50;
    for (uint8_t i = 0; i < s->nodes; i++)
        if (prng_percent(r, journals))
            p->journal |= node_bit(i);
}

static void random_net(struct plan *p, struct prng *r)
{
    p->delay = prng_range(r, 2, 60);
    p->late_ms = 3000;
    if (prng_percent(r, 50))
        return;
    p->loss = prng_below(r, 11);
    p->late = prng_percent(r, 20) ? prng_below(r, 60) : prng_below(r, 8);
    p->late_ms = 1000u << prng_below(r, 6);
    p->twice = prng_below(r, 6);
}

/* ---- faults ---- */

static void add(struct plan *p, uint64_t at, enum op_kind kind, int a, int b)
{
    if (p->ops < WORLD_OPS - 2 && at < REPAIR_AT)
        p->op[p->ops++] = (struct op){.at = at, .kind = kind, .a = a, .b = b};
}

struct draw {
    struct plan *plan;
    struct prng *r;
    uint64_t at;
    int node, other, guest, mirror;
    uint32_t whole; /* about how long a takeover takes */
};

/* A time around which something decides itself: short, about a lease, about a takeover, or long. */
static uint32_t span(struct draw *d)
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
    uint32_t ms = span(d);
    add(d->plan, d->at, kind, d->node, (int)ms);
    if (kind == OP_OFF)
        add(d->plan, d->at + ms, OP_ON, d->node, 0);
    if (prng_percent(d->r, 20))
        add(d->plan, d->at + prng_below(d->r, ms + 1), OP_CRASH, d->other, 0);
}

static void net_fault(struct draw *d)
{
    static const enum op_kind kinds[] = {OP_CUT,  OP_CUTFROM, OP_ALONE, OP_ALONE,
                                         OP_DEAF, OP_VIEW,    OP_LOSS};
    enum op_kind kind = kinds[prng_below(d->r, 7)];
    uint32_t ms = span(d);
    if (kind == OP_LOSS) {
        add(d->plan, d->at, kind, (int)prng_below(d->r, 50), 0);
        add(d->plan, d->at + ms, kind, (int)d->plan->loss, 0);
        return;
    }
    if (d->node == d->other && (kind == OP_CUT || kind == OP_CUTFROM))
        return;
    bool lasts = kind == OP_DEAF || kind == OP_MUTE;
    add(d->plan, d->at, kind, d->node, lasts ? (int)ms : d->other);
    if (!lasts && kind != OP_VIEW)
        add(d->plan, d->at + ms, OP_HEAL, 0, 0);
    if (prng_percent(d->r, 20)) /* a link that flaps */
        for (int k = 1; k < 6; k++) {
            add(d->plan, d->at + (uint64_t)k * 1500, OP_HEAL, 0, 0);
            add(d->plan, d->at + (uint64_t)k * 1500 + 700, kind, d->node, d->other);
        }
}

static void relevod_fault(struct draw *d)
{
    static const enum op_kind kinds[] = {OP_RELEVOD, OP_RELEVOD, OP_CUTSHORT, OP_STALL, OP_SLOW};
    enum op_kind kind = kinds[prng_below(d->r, 5)];
    add(d->plan, d->at, kind, d->node, (int)span(d));
}

static void disk_fault(struct draw *d)
{
    uint32_t ms = span(d);
    if (d->plan->site.mirrors > 0 && prng_percent(d->r, 80)) {
        int times = prng_percent(d->r, 40) ? 3 : 1;
        for (int k = 0; k < times; k++) {
            add(d->plan, d->at, OP_LINK, d->mirror, 0);
            add(d->plan, d->at + ms, OP_LINKUP, d->mirror, 0);
            d->at += ms + prng_range(d->r, 500, 8000);
        }
        if (prng_percent(d->r, 50))
            add(d->plan, d->at - prng_below(d->r, ms + 1), OP_CRASH,
                d->plan->site.mirror[d->mirror].node[prng_below(d->r, 2)], 0);
        return;
    }
    add(d->plan, d->at, OP_LUN, d->node, 0);
    add(d->plan, d->at + ms, OP_LUNUP, d->node, 0);
}

static void guest_fault(struct draw *d)
{
    static const enum op_kind kinds[] = {OP_FAILSTART, OP_STUCK, OP_GUESTCRASH, OP_GUESTCRASH,
                                         OP_GUESTOFF};
    enum op_kind kind = kinds[prng_below(d->r, 5)];
    int number = kind == OP_FAILSTART ? (int)prng_range(d->r, 1, 12) : (int)span(d);
    add(d->plan, d->at, kind, d->guest, number);
    if (kind == OP_FAILSTART || kind == OP_STUCK)
        add(d->plan, d->at + 100, prng_percent(d->r, 50) ? OP_GUESTCRASH : OP_STOP, d->guest, 0);
    if (kind != OP_GUESTCRASH)
        add(d->plan, d->at + 100 + span(d), OP_START, d->guest, 0);
}

/* Operators, and what may hit in the middle of their work. */
static void operator_act(struct draw *d)
{
    switch (prng_below(d->r, 4)) {
    case 0:
        add(d->plan, d->at, OP_STOP, d->guest, 0);
        add(d->plan, d->at + span(d), OP_START, d->guest, 0);
        break;
    case 1:
        add(d->plan, d->at, OP_DRAIN, d->node, 0);
        add(d->plan, d->at + 10000 + span(d), OP_UNDRAIN, d->node, 0);
        break;
    default:
        add(d->plan, d->at, OP_MOVE, d->guest, d->node);
        break;
    }
    if (prng_percent(d->r, 60)) {
        static const enum op_kind kinds[] = {OP_CRASH, OP_RELEVOD,  OP_ALONE,
                                             OP_HANG,  OP_CUTSHORT, OP_STALL};
        enum op_kind kind = kinds[prng_below(d->r, 6)];
        uint64_t at = d->at + prng_below(d->r, 14000);
        add(d->plan, at, kind, prng_percent(d->r, 50) ? d->node : d->other, (int)span(d));
        if (kind == OP_ALONE)
            add(d->plan, at + span(d), OP_HEAL, 0, 0);
    }
}

static void big_fault(struct draw *d)
{
    if (prng_percent(d->r, 50)) {
        add(d->plan, d->at, OP_BLACKOUT, 0, 0);
        return;
    }
    /* A site is lost: every second node. */
    for (int i = d->node % 2; i < d->plan->site.nodes; i += 2)
        add(d->plan, d->at + prng_below(d->r, 100), OP_CRASH, i, 0);
}

/* One thing again and again, faster than it can be dealt with. */
static void storm(struct draw *d)
{
    uint32_t kind = prng_below(d->r, 8);
    int times = (int)prng_range(d->r, 5, 25);
    uint32_t gap = 300u << prng_below(d->r, 5);
    for (int k = 0; k < times; k++) {
        int node = (int)prng_below(d->r, d->plan->site.nodes);
        switch (kind) {
        case 0: /* rivals that all propose */
            add(d->plan, d->at, OP_MUTE, node, (int)(8 * gap));
            add(d->plan, d->at + gap / 2, prng_percent(d->r, 50) ? OP_CUTSHORT : OP_CRASH, node, 0);
            break;
        case 1:
            add(d->plan, d->at, OP_LINK, d->mirror, 0);
            add(d->plan, d->at + prng_below(d->r, gap), OP_LINKUP, d->mirror, 0);
            break;
        case 2:
            add(d->plan, d->at, OP_RELEVOD, node, 0);
            break;
        case 6: /* young relevods, whose few heartbeats nobody hears */
            add(d->plan, d->at, OP_RELEVOD, d->node, 0);
            add(d->plan, d->at, OP_MUTE, d->node, (int)(4 * gap));
            break;
        case 7: /* what cannot be destroyed, on a node that is cut off */
            add(d->plan, d->at, OP_STUCK, d->guest, 60000);
            add(d->plan, d->at + 1, OP_ALONE, k % d->plan->site.nodes, 0);
            add(d->plan, d->at + 2ull * d->whole, OP_HEAL, 0, 0);
            d->at += 2ull * d->whole;
            break;
        case 3:
            add(d->plan, d->at, OP_STOP, d->guest, 0);
            add(d->plan, d->at + prng_below(d->r, gap), OP_START, d->guest, 0);
            break;
        case 4:
            add(d->plan, d->at, OP_MOVE, d->guest, node);
            break;
        default:
            add(d->plan, d->at, prng_percent(d->r, 70) ? OP_CRASH : OP_ALONE, node, 0);
            add(d->plan, d->at + prng_below(d->r, 4 * gap), OP_HEAL, 0, 0);
            break;
        }
        d->at += 1 + prng_below(d->r, 2 * gap);
    }
    static const enum op_kind last[] = {OP_CRASH, OP_ALONE, OP_HANG, OP_RELEVOD, OP_DEAF};
    bool mirrored = d->plan->site.mirrors > 0;
    int node = mirrored ? d->plan->site.mirror[d->mirror].node[prng_below(d->r, 2)] : d->node;
    add(d->plan, d->at, last[prng_below(d->r, 5)], node, kind == 4 ? 0 : (int)span(d));
    add(d->plan, d->at + span(d), OP_HEAL, 0, 0);
}

static void paused(struct draw *d)
{
    add(d->plan, d->at, OP_PAUSE, d->node, (int)span(d));
}

static void random_ops(struct plan *p, struct prng *r, bool hostile)
{
    static void (*const kinds[])(struct draw *) = {
        power_fault,   power_fault, net_fault,   net_fault,    relevod_fault,
        relevod_fault, disk_fault,  guest_fault, operator_act, operator_act,
        storm,         big_fault,   paused};
    /* From a storm to one fault at a time. */
    uint32_t gap = hostile ? prng_range(r, 300, 3000) : 1000u << prng_below(r, 8);
    struct draw d = {.plan = p, .r = r, .at = prng_range(r, FAULTS_FROM / 2, 2 * FAULTS_FROM)};
    d.whole = (uint32_t)timing_takeover(&p->site.timing, 2 * p->delay);
    while (d.at < REPAIR_AT && p->ops < WORLD_OPS - 16) {
        uint64_t at = d.at;
        d.node = (int)prng_below(r, p->site.nodes);
        d.other = (int)prng_below(r, p->site.nodes);
        d.guest = (int)prng_below(r, p->site.guests);
        d.mirror = p->site.mirrors > 0 ? (int)prng_below(r, p->site.mirrors) : 0;
        uint32_t kind = prng_below(r, p->hole ? 13 : 12);
        if (kind == 11 && prng_percent(r, 60))
            kind = 0;
        if (hostile && prng_percent(r, 25))
            kind = 10; /* storm */
        kinds[kind](&d);
        d.at = at + 1 + prng_below(r, 2 * gap);
    }
}

static int by_time(const void *a, const void *b)
{
    const struct op *x = a;
    const struct op *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

/* Few nodes that boot in no time and forget, and messages that outlive them: hard on the register
 * and the lease. */
static void make_hostile(struct plan *p, struct prng *r)
{
    p->boot = prng_range(r, 200, 2500);
    p->late = prng_range(r, 10, 60);
    p->late_ms = 2000u << prng_below(r, 5);
    p->twice = prng_below(r, 30);
    p->journal &= (nodeset)prng_next(r);
}

void plan_random(struct plan *p, uint64_t seed, uint8_t nodes)
{
    plan_defaults(p);
    struct prng r = {seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
    p->seed = seed;
    p->end = RUN_END;
    p->repair = REPAIR_AT;
    p->boot = prng_percent(&r, 40) ? prng_range(&r, 300, 3000) : prng_range(&r, 3000, 40000);
    p->hole = prng_percent(&r, 4);
    p->wire = seed % 16 == 0;
    random_timing(p, &r);
    bool hostile = seed % HOSTILE_EVERY == 0;
    random_site(p, &r, nodes != 0 || !hostile ? nodes : (uint8_t)prng_range(&r, 2, 4));
    random_net(p, &r);
    if (hostile)
        make_hostile(p, &r);
    random_ops(p, &r, hostile);
    /* Twice, as the operator of the repair may find nobody who could take a command. */
    p->op[p->ops++] = (struct op){.at = REPAIR_AT, .kind = OP_REPAIR};
    p->op[p->ops++] = (struct op){.at = REPAIR_AT + AGAIN_MS, .kind = OP_REPAIR};
    qsort(p->op, (size_t)p->ops, sizeof(p->op[0]), by_time);
}
