/* What must hold, judged from the world itself. S1 and S2 are checked where a guest begins to run
 * (guests.c, disks.c); here are the promises about time. */
#include "core/timing.h"
#include "sim/policies.h"
#include "sim/world.h"

#define STEADY_MS 20000  /* quiet for so long, a takeover is timed */
#define CREATE_MS 1600   /* the longest that an unhindered start takes in guests.c, and a step */
#define SENT_MOST 300    /* in a second: tens for each other node */
#define FLAP_MS   120000 /* after the repair, no host may reset any more */

uint64_t oracle_bound(const struct world *w)
{
    return timing_takeover(&w->site->timing, 2 * w->plan->delay) + CREATE_MS;
}

static bool is_steady(const struct world *w)
{
    if (w->now - w->calm < STEADY_MS || w->loss != 0 || w->late != 0 || w->lags ||
        w->now < w->lagged_until + STEADY_MS)
        return false;
    for (uint8_t i = 0; i < w->site->nodes; i++)
        if (!world_awake(w, i) || w->cut[i] != 0 || w->now < w->host[i].deaf_until ||
            w->now < w->host[i].slow_until || w->host[i].cut_short || w->host[i].half_sent != 0 ||
            w->host[i].loss != 0)
            return false;
    return w->site->nodes > 2;
}

/* Another node could run it: its data are there, and the ledger says so. */
static bool has_heir(const struct world *w, int guest, uint8_t lost)
{
    const struct site_guest *g = &w->site->guest[guest];
    for (int i = -1; i < g->peers; i++) {
        uint8_t c = i < 0 ? g->home : g->peer[i];
        const struct node *n = &w->host[c].node;
        const struct ledger *v = &n->known.value;
        if (c == lost || !w->host[c].lun || w->host[c].leaving || !n->watchdog ||
            node_in(w->lacks[guest], c) || w->host[c].dom[guest].fail_starts > 0 ||
            w->host[c].fail_starts > 0 || (v->node[c].flags & NODE_FLAGS) != 0 ||
            !ledger_is_current(v, c, w->host[c].incarnation) || v->node[c].suspicion != 0 ||
            n->guest[guest].unfit_until != 0 || !n->memory.acceptor.remembers)
            continue;
        if (ledger_is_fresh(w->site, v, guest, c))
            return true;
    }
    return false;
}

void oracle_expect_takeover(struct world *w, uint8_t host)
{
    if (!w->host[host].on || !is_steady(w))
        return;
    w->loss_at = w->now;
    for (int g = 0; g < w->site->guests; g++) {
        const struct site_guest *s = &w->site->guest[g];
        const struct ledger_guest *e =
            ledger_guest(&w->host[host].node.known.value, s->id, NO_INDEX);
        if (w->host[host].dom[g].state != DOM_RUNNING || s->afters > 0 || s->apart != 0 ||
            s->together != 0 || e == NULL || (e->flags & GUEST_STOPPED) != 0 ||
            s->memory_mib != 0 || w->host[host].node.guest[g].run != RUN_UP ||
            !has_heir(w, g, host))
            continue;
        world_push(w, (struct item){.at = w->now + oracle_bound(w),
                                    .kind = ITEM_TAKEOVER,
                                    .host = host,
                                    .index = (uint16_t)g});
    }
}

void oracle_takeover(struct world *w, const struct item *i)
{
    if (w->op_at > w->loss_at)
        return; /* something else has happened meanwhile */
    w->stats.count[STAT_TAKEOVERS]++;
    if (guests_where(w, i->index) < 0)
        world_break(w, BROKE_S3, "g%d does not run %llu ms after the loss of n%d", i->index + 1,
                    (unsigned long long)oracle_bound(w), i->host + 1);
}

/* However nodes disagree, they must not shout each other down. */
void oracle_sent(struct world *w, uint8_t host)
{
    struct host *h = &w->host[host];
    if (h->second != w->now / 1000)
        h->sent = 0;
    h->second = w->now / 1000;
    if (++h->sent > SENT_MOST)
        world_break(w, BROKE_LIVENESS, "n%d sends more than %d messages in a second", host + 1,
                    SENT_MOST);
}

/* The watchdog is for nodes that cannot act: whoever can has destroyed its guests before. */
void oracle_watchdog(struct world *w, uint8_t host)
{
    const struct host *h = &w->host[host];
    const struct timing *t = &w->site->timing;
    if (!world_awake(w, host) || w->now - h->woken < (uint64_t)t->lease + t->watchdog + 3000 ||
        w->now < h->slow_until + h->slow + t->watchdog) /* so late may a kill end, begun in time */
        return;
    for (int k = 0; k < w->plan->ops; k++)
        if (w->plan->op[k].kind == OP_STUCK && w->plan->op[k].at <= w->now)
            return; /* one that cannot be destroyed */
    world_break(w, BROKE_LIVENESS, "n%d is reset though it had time to destroy its guests",
                host + 1);
}

static void check_node(struct world *w, uint8_t i)
{
    const struct host *h = &w->host[i];
    const struct node *n = &h->node;
    if (!world_awake(w, i)) {
        world_break(w, BROKE_LIVENESS, "n%d is not up", i + 1);
        return;
    }
    for (uint8_t k = 0; k < w->site->nodes; k++) {
        const struct ledger_node *e = &n->known.value.node[k];
        if (e->suspicion != 0)
            world_break(w, BROKE_LIVENESS, "n%d still holds n%d suspect", i + 1, k + 1);
        if (!ledger_is_current(&n->known.value, k, w->host[k].incarnation))
            world_break(w, BROKE_LIVENESS, "n%d has not been told that n%d is alive", i + 1, k + 1);
    }
    if (!n->memory.acceptor.remembers)
        world_break(w, BROKE_LIVENESS, "n%d has not been let vote again", i + 1);
    if (!lease_valid(&n->lease, &w->site->timing, world_local(w, i)))
        world_break(w, BROKE_LIVENESS, "n%d has no lease", i + 1);
    for (int m = 0; m < w->site->mirrors; m++)
        for (int side = 0; side < 2; side++)
            if (ledger_mark(&n->known.value, w->site->mirror[m].id, side) != 0)
                world_break(w, BROKE_LIVENESS, "n%d still knows m%d as stale on n%d", i + 1, m + 1,
                            w->site->mirror[m].node[side] + 1);
}

void oracle_final(struct world *w)
{
    if (w->last_boot > w->plan->repair + FLAP_MS)
        world_break(w, BROKE_LIVENESS, "a host reset at %llu, long after the last fault",
                    (unsigned long long)w->last_boot);
    for (uint8_t i = 0; i < w->site->nodes; i++)
        check_node(w, i);
    if (w->verdict != RUN_OK)
        return;
    for (int g = 0; g < w->site->guests; g++) {
        const struct ledger_guest *e =
            ledger_guest(&w->host[0].node.known.value, w->site->guest[g].id, g);
        bool stopped = e != NULL && (e->flags & GUEST_STOPPED) != 0;
        bool runs = guests_where(w, g) >= 0;
        const char *broken = policies_broken(w, g);
        if (stopped && runs)
            world_break(w, BROKE_LIVENESS, "g%d runs though it was stopped", g + 1);
        if (!stopped && !runs && policies_allow(w, g))
            world_break(w, BROKE_LIVENESS, "g%d does not run", g + 1);
        if (broken != NULL)
            world_break(w, BROKE_LIVENESS, "g%d runs %s", g + 1, broken);
    }
    for (int m = 0; m < w->site->mirrors; m++)
        if (!w->replica[m].synced)
            world_break(w, BROKE_LIVENESS, "m%d is not in sync", m + 1);
}
