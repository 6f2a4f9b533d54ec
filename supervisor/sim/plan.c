#include "sim/plan.h"

#include <stdlib.h>
#include <string.h>

#include "core/timing.h"
#include "sim/faults.h"
#include "sim/policies.h"

#define FAULTS_FROM 30000
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
    policies_draw(s, r);
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

/* A flavour of run: one seed in FLAVOURS is of each. */
struct flavour {
    uint8_t least, most; /* nodes; 0: any number */
    void (*shape)(struct plan *p, struct prng *r);
    void (*fault)(struct draw *d); /* besides those of every day */
};

/* Messages that outlive several boots, and few nodes that boot in no time and forget: hard on the
 * register and the lease. */
static void hostile(struct plan *p, struct prng *r)
{
    p->boot = prng_range(r, 200, 2500);
    p->late = prng_range(r, 10, 60);
    p->late_ms = 2000u << prng_below(r, 5);
    p->twice = prng_below(r, 30);
    p->journal &= (nodeset)prng_next(r);
}

/* Otherwise in order, so that only what is aimed goes wrong; and quick to boot. */
static void orderly(struct plan *p, struct prng *r)
{
    p->boot = prng_range(r, 200, 2500);
    p->loss = p->late = 0;
}

static void movable(struct plan *p, struct prng *r)
{
    orderly(p, r);
    for (int g = 0; g < p->site.guests; g++)
        p->site.guest[g].live = true;
}

static void amnesiac(struct plan *p, struct prng *r)
{
    orderly(p, r);
    p->journal = 0;
}

static void journalled(struct plan *p, struct prng *r)
{
    orderly(p, r);
    p->journal = prng_percent(r, 60) ? site_all(&p->site) : (nodeset)prng_next(r);
}

static const struct flavour flavours[FLAVOURS] = {
    {2, 4, hostile, fault_storm},   {0, 0, NULL, NULL},           {3, 5, amnesiac, aimed_proposal},
    {3, 5, orderly, aimed_late},    {3, 3, orderly, aimed_lease}, {3, 4, movable, aimed_migration},
    {2, 3, orderly, aimed_mirror},  {3, 7, orderly, aimed_loss},  {3, 5, amnesiac, aimed_amnesia},
    {2, 2, journalled, aimed_pair},
};

static void random_ops(struct plan *p, struct prng *r, const struct flavour *f)
{
    /* From a storm to one fault at a time. */
    uint32_t gap = f->fault == NULL          ? 1000u << prng_below(r, 8)
                   : f->fault == fault_storm ? prng_range(r, 300, 3000)
                                             : prng_range(r, 2000, 20000);
    /* Of those that are aimed; what is timed needs quiet. */
    uint32_t share = f->fault == fault_storm ? 25 : f->fault == aimed_loss ? 95 : 70;
    struct draw d = {.plan = p, .r = r, .at = prng_range(r, FAULTS_FROM / 2, 2 * FAULTS_FROM)};
    d.whole = (uint32_t)timing_takeover(&p->site.timing, 2 * p->delay);
    while (d.at < REPAIR_AT && p->ops < WORLD_OPS - 16) {
        uint64_t at = d.at;
        d.node = (int)prng_below(r, p->site.nodes);
        d.other = (int)prng_below(r, p->site.nodes);
        d.guest = (int)prng_below(r, p->site.guests);
        d.mirror = p->site.mirrors > 0 ? (int)prng_below(r, p->site.mirrors) : 0;
        bool aimed = f->fault != NULL && prng_percent(r, share);
        if (aimed)
            f->fault(&d);
        else
            fault_any(&d);
        if (!aimed || f->fault == fault_storm)
            d.at = at;
        d.at += 1 + prng_below(r, 2 * gap);
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
    const struct flavour *f = &flavours[nodes == 0 ? seed % FLAVOURS : 1];
    random_site(p, &r, f->most == 0 ? nodes : (uint8_t)prng_range(&r, f->least, f->most));
    random_net(p, &r);
    if (f->shape != NULL)
        f->shape(p, &r);
    random_ops(p, &r, f);
    /* Twice, as the operator of the repair may find nobody who could take a command. */
    p->op[p->ops++] = (struct op){.at = REPAIR_AT, .kind = OP_REPAIR};
    p->op[p->ops++] = (struct op){.at = REPAIR_AT + AGAIN_MS, .kind = OP_REPAIR};
    qsort(p->op, (size_t)p->ops, sizeof(p->op[0]), by_time);
}
