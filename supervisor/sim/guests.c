/* Domains, and the workers that make and end them: slow, sometimes failing, and gone with the
 * relevod that started them. Every beginning to run is where S1 and S2 can break. */
#include "sim/world.h"

#define CREATE_MS  1500 /* longest usual time of a worker */
#define DESTROY_MS 600
#define COPY_MS    8000
#define LINGER_MS  4000 /* a guest takes to shut itself down */

/* A paused host goes on: S1, for what it still holds. */
void guests_wake(struct world *w, uint8_t host)
{
    for (int g = 0; g < w->site->guests; g++)
        for (uint8_t i = 0; i < w->site->nodes; i++)
            if (i != host && w->host[i].on && !w->plan->hole && w->host[host].on &&
                w->host[host].dom[g].state == DOM_RUNNING && w->now >= w->host[i].paused_until &&
                w->host[i].dom[g].state == DOM_RUNNING)
                world_break(w, BROKE_S1, "g%d runs on n%d when n%d wakes and runs it, too", g + 1,
                            i + 1, host + 1);
}

int guests_where(const struct world *w, int guest)
{
    for (uint8_t i = 0; i < w->site->nodes; i++)
        if (w->host[i].on && w->now >= w->host[i].paused_until &&
            w->host[i].dom[guest].state == DOM_RUNNING)
            return i;
    return -1;
}

static uint64_t takes(struct world *w, uint8_t host, uint32_t most)
{
    const struct host *h = &w->host[host];
    return 20 + prng_below(&w->random, most) + (w->now < h->slow_until ? h->slow : 0);
}

static void later(struct world *w, enum item_kind kind, uint8_t host, int guest, uint64_t after)
{
    world_push(w, (struct item){.at = w->now + after,
                                .kind = kind,
                                .host = host,
                                .index = (uint16_t)guest,
                                .tag = w->host[host].dom[guest].job});
}

static void running(struct world *w, uint8_t host, int guest)
{
    for (uint8_t i = 0; i < w->site->nodes; i++) {
        enum domain_state s = w->host[i].dom[guest].state;
        if (i != host && !w->plan->hole && w->host[i].on && w->now >= w->host[i].paused_until &&
            (s == DOM_RUNNING || s == DOM_DYING))
            world_break(w, BROKE_S1, "g%d begins to run on n%d and still runs on n%d", guest + 1,
                        host + 1, i + 1);
    }
    struct dom *d = &w->host[host].dom[guest];
    if (d->state == DOM_PAUSED && d->image != w->runs[guest])
        world_break(w, BROKE_S2, "g%d goes on on n%d from memory older than its disks", guest + 1,
                    host + 1);
    w->runs[guest]++;
    d->state = DOM_RUNNING;
    d->incoming = false;
    w->stats.count[STAT_STARTS]++;
    disks_opened(w, host, guest);
}

static void tell(struct world *w, uint8_t host, enum event_kind kind, int guest)
{
    struct event e = {.kind = kind, .index = guest};
    world_step(w, host, &e);
}

/* A node whose site does not have the guest has no disks for it either. */
static bool disks_usable(const struct world *w, uint8_t host, int guest)
{
    return (w->site->guest[guest].mirrors > 0 || w->host[host].lun) &&
           !node_in(w->lacks[guest], host);
}

static void destroy(struct world *w, uint8_t host, int guest, uint64_t after)
{
    struct dom *d = &w->host[host].dom[guest];
    disks_write(w);
    if (d->stuck_until > w->now + after)
        after = d->stuck_until - w->now;
    d->job++;
    if (d->state == DOM_RUNNING)
        d->state = DOM_DYING; /* it may run until it is gone */
    later(w, ITEM_GONE, host, guest, after);
}

void guests_action(struct world *w, uint8_t host, const struct action *a)
{
    struct dom *d = &w->host[host].dom[a->index];
    switch (a->kind) {
    case ACT_START:
        d->job++;
        d->state = DOM_CREATING;
        later(w, ITEM_CREATED, host, a->index, takes(w, host, CREATE_MS));
        break;
    case ACT_UNPAUSE:
        d->job++;
        later(w, ITEM_UNPAUSED, host, a->index, takes(w, host, DESTROY_MS));
        break;
    case ACT_STOP:
        destroy(w, host, a->index, takes(w, host, LINGER_MS));
        break;
    case ACT_KILL:
        destroy(w, host, a->index, takes(w, host, DESTROY_MS));
        break;
    case ACT_MIGRATE:
        d->job++;
        d->target = a->node;
        d->epoch = a->epoch;
        later(w, ITEM_COPIED, host, a->index, takes(w, host, COPY_MS));
        break;
    case ACT_RESUME:
        d->job++;
        if (d->state == DOM_PAUSED)
            running(w, host, a->index);
        else
            later(w, ITEM_UNPAUSED, host, a->index, 100);
        break;
    default:
        break;
    }
}

static void created(struct world *w, uint8_t host, int guest)
{
    struct dom *d = &w->host[host].dom[guest];
    struct event e = {.kind = EVENT_GUEST_ENDED, .index = guest, .end = GUEST_END_START_FAILED};
    int *failing = w->host[host].fail_starts > 0 ? &w->host[host].fail_starts : &d->fail_starts;
    if (*failing > 0 || !disks_usable(w, host, guest)) {
        *failing -= *failing > 0;
        d->state = DOM_NONE;
        world_step(w, host, &e);
        return;
    }
    running(w, host, guest);
    tell(w, host, EVENT_GUEST_RUNNING, guest);
}

/* The copy is complete and the source paused, or nothing has happened. */
static void copied(struct world *w, uint8_t host, int guest)
{
    struct dom *d = &w->host[host].dom[guest];
    uint8_t to = d->target;
    struct dom *t = &w->host[to].dom[guest];
    bool synced = true;
    for (int k = 0; k < w->site->guest[guest].mirrors; k++)
        synced &= w->replica[w->site->guest[guest].mirror[k]].synced;
    if (d->state != DOM_RUNNING || !world_hears(w, to, host) || !world_hears(w, host, to) ||
        !world_awake(w, to) || t->state != DOM_NONE || !synced ||
        w->host[to].node.guest[guest].run != RUN_OFF || prng_percent(&w->random, 10)) {
        tell(w, host, EVENT_OFFER_FAILED, guest);
        return;
    }
    disks_write(w);
    d->state = DOM_PAUSED;
    d->incoming = false;
    d->image = t->image = w->runs[guest];
    t->state = DOM_PAUSED;
    t->incoming = true;
    t->job++;
    w->stats.count[STAT_COPIES]++;
    struct event e = {.kind = EVENT_INCOMING, .index = guest, .epoch = d->epoch};
    world_step(w, to, &e);
    tell(w, host, EVENT_OFFER_READY, guest);
}

/* Which of the other nodes' sites do not have the guest. */
static void tell_lacks(struct world *w, uint8_t host, int guest)
{
    for (uint8_t i = 0; i < w->site->nodes; i++) {
        struct event e = {
            .kind = EVENT_LACKS, .node = i, .index = guest, .on = node_in(w->lacks[guest], i)};
        if (i != host && e.on != guest_in(&w->host[host].node.peer[i].lacks, guest))
            world_step(w, host, &e);
    }
}

void guests_item(struct world *w, const struct item *i)
{
    struct dom *d = &w->host[i->host].dom[i->index];
    struct event e = {.kind = EVENT_GUEST_ENDED, .index = i->index, .end = i->to};
    if (i->kind == ITEM_DEVICES) {
        e.kind = EVENT_DEVICES;
        e.on = disks_usable(w, i->host, i->index);
    }
    if (i->kind == ITEM_DEVICES || i->kind == ITEM_ENDED) {
        if (w->host[i->host].lives != i->tag)
            return;
        world_step(w, i->host, &e);
        if (i->kind == ITEM_DEVICES)
            tell_lacks(w, i->host, i->index);
        return;
    }
    if (!w->host[i->host].on || d->job != i->tag)
        return;
    switch (i->kind) {
    case ITEM_CREATED:
        created(w, i->host, i->index);
        break;
    case ITEM_UNPAUSED:
        if (d->state == DOM_PAUSED && d->incoming) {
            running(w, i->host, i->index);
            tell(w, i->host, EVENT_GUEST_RUNNING, i->index);
        } else {
            tell(w, i->host, EVENT_OFFER_FAILED, i->index);
        }
        break;
    case ITEM_GONE:
        disks_write(w);
        d->state = DOM_NONE;
        tell(w, i->host, EVENT_GUEST_GONE, i->index);
        break;
    default:
        copied(w, i->host, i->index);
        break;
    }
}

void guests_end(struct world *w, int guest, enum guest_end end)
{
    int host = guests_where(w, guest);
    if (host < 0)
        return;
    disks_write(w);
    w->host[host].dom[guest].state = DOM_NONE;
    w->host[host].dom[guest].job++;
    world_push(w, (struct item){.at = w->now + 1 + prng_below(&w->random, 200),
                                .kind = ITEM_ENDED,
                                .host = (uint8_t)host,
                                .to = (uint8_t)end,
                                .index = (uint16_t)guest,
                                .tag = w->host[host].lives});
}

/* Workers die with relevod, and leave their work at some point. */
void guests_relevod_died(struct world *w, uint8_t host)
{
    for (int g = 0; g < w->site->guests; g++) {
        struct dom *d = &w->host[host].dom[g];
        d->job++;
        if (d->state == DOM_CREATING) {
            d->state = DOM_NONE;
            if (disks_usable(w, host, g) && prng_percent(&w->random, 50))
                running(w, host, g);
        } else if (d->state == DOM_DYING) {
            d->state =
                prng_percent(&w->random, 50) || d->stuck_until > w->now ? DOM_RUNNING : DOM_NONE;
        }
    }
}

void guests_found(const struct world *w, uint8_t host, enum domain found[CORE_GUESTS])
{
    for (int g = 0; g < w->site->guests; g++) {
        enum domain_state s = w->host[host].dom[g].state;
        found[g] = s == DOM_RUNNING  ? DOMAIN_RUNNING
                   : s == DOM_PAUSED ? DOMAIN_PAUSED
                                     : DOMAIN_NONE;
    }
}

/* relevod hears which guests' disks can be used, and whose site lacks them. */
void guests_tell(struct world *w, uint8_t host)
{
    for (int g = 0; g < w->site->guests; g++)
        world_push(w, (struct item){.at = w->now + 1,
                                    .kind = ITEM_DEVICES,
                                    .host = host,
                                    .index = (uint16_t)g,
                                    .tag = w->host[host].lives});
}
