/* Mirrors as DRBD keeps them (protocol C, fencing resource-and-stonith): a break freezes the
 * primary's writes until relevod says that the peer is marked. A guest that runs writes all the
 * time; it is enough to let it write just before and just after anything changes. */
#include "sim/world.h"

enum { TELL_APART, TELL_SYNCED, TELL_FROZEN };

static uint8_t host_of(const struct world *w, int mirror, int side)
{
    return w->site->mirror[mirror].node[side];
}

/* Its guest is there, if perhaps not executing. */
static bool opened(const struct world *w, int mirror, int side)
{
    const struct host *h = &w->host[host_of(w, mirror, side)];
    if (!h->on)
        return false;
    for (int g = 0; g < w->site->guests; g++)
        for (int k = 0; k < w->site->guest[g].mirrors; k++)
            if (w->site->guest[g].mirror[k] == mirror)
                return h->dom[g].state == DOM_RUNNING || h->dom[g].state == DOM_DYING;
    return false;
}

static bool runs(const struct world *w, int mirror, int side)
{
    return opened(w, mirror, side) && w->now >= w->host[host_of(w, mirror, side)].paused_until;
}

static void write_one(struct world *w, int mirror)
{
    struct replica *r = &w->replica[mirror];
    for (int side = 0; side < 2; side++) {
        struct disk *d = &r->disk[side];
        if (!runs(w, mirror, side) || d->frozen)
            continue;
        r->acked = ++r->writes;
        d->written = r->acked;
        if (w->now <= w->override[mirror].until)
            w->override[mirror].lost = r->acked;
        if (r->connected && r->synced)
            r->disk[1 - side].written = r->acked;
        else
            d->alone = true;
        w->stats.count[STAT_ALONE] += !r->connected;
    }
}

void disks_write(struct world *w)
{
    for (int m = 0; m < w->site->mirrors; m++)
        write_one(w, m);
}

/* relevod hears of it in order, and late. */
static void tell(struct world *w, int mirror, int side, int what)
{
    struct replica *r = &w->replica[mirror];
    uint8_t host = host_of(w, mirror, side);
    uint64_t at = w->now + 1 + prng_below(&w->random, 800);
    if (at <= r->told_at[side])
        at = r->told_at[side] + 1;
    r->told_at[side] = at;
    world_push(w, (struct item){.at = at,
                                .kind = ITEM_TELL,
                                .host = host,
                                .to = (uint8_t)what,
                                .index = (uint16_t)mirror,
                                .tag = w->host[host].lives,
                                .hosts = (nodeset)r->breaks});
}

static void freeze(struct world *w, int mirror, int side)
{
    struct replica *r = &w->replica[mirror];
    r->disk[side].frozen = true;
    w->stats.count[STAT_FROZEN]++;
    tell(w, mirror, side, TELL_FROZEN);
}

static bool can_connect(const struct world *w, int mirror)
{
    uint8_t a = host_of(w, mirror, 0);
    uint8_t b = host_of(w, mirror, 1);
    return w->replica[mirror].link && w->host[a].on && w->host[b].on &&
           w->now >= w->host[a].paused_until && w->now >= w->host[b].paused_until &&
           !(node_in(w->cut[a], b) && node_in(w->cut[b], a));
}

static void disconnect(struct world *w, int mirror)
{
    struct replica *r = &w->replica[mirror];
    r->connected = r->synced = false;
    r->breaks++;
    for (int side = 0; side < 2; side++) {
        if (!w->host[host_of(w, mirror, side)].on)
            continue;
        if (!opened(w, mirror, side)) {
            tell(w, mirror, side, TELL_APART);
            continue;
        }
        /* A write may have reached this side and not the other; nobody was told that it is safe. */
        if (prng_percent(&w->random, 50))
            r->disk[side].written = ++r->writes;
        freeze(w, mirror, side);
    }
}

void disks_changed(struct world *w)
{
    for (int m = 0; m < w->site->mirrors; m++) {
        struct replica *r = &w->replica[m];
        bool can = can_connect(w, m);
        for (int side = 0; side < 2; side++)
            if (!w->host[host_of(w, m, side)].on)
                r->disk[side].frozen = false;
        if (r->connected && !can)
            disconnect(w, m);
        else if (!r->connected && can)
            world_push(w, (struct item){.at = w->now + prng_range(&w->random, 100, 3000),
                                        .kind = ITEM_CONNECT,
                                        .index = (uint16_t)m,
                                        .tag = r->breaks});
    }
}

/* The handshake: the higher generation is the source; between equals a running primary, then the
 * later write. */
static int source(const struct world *w, int mirror)
{
    const struct replica *r = &w->replica[mirror];
    const struct disk *d = r->disk;
    if (d[0].generation != d[1].generation)
        return d[0].generation > d[1].generation ? 0 : 1;
    if (runs(w, mirror, 0) != runs(w, mirror, 1))
        return runs(w, mirror, 0) ? 0 : 1;
    return d[0].written >= d[1].written ? 0 : 1;
}

static void synced(struct world *w, int mirror, int from)
{
    struct replica *r = &w->replica[mirror];
    struct disk *to = &r->disk[1 - from];
    write_one(w, mirror);
    to->written = r->disk[from].written;
    to->generation = r->disk[from].generation;
    to->alone = r->disk[from].alone = false;
    if (w->override[mirror].sides != 0)
        r->acked = to->written; /* what was written alone elsewhere is now gone */
    w->override[mirror].sides = 0;
    r->synced = true;
    tell(w, mirror, 0, TELL_SYNCED);
    tell(w, mirror, 1, TELL_SYNCED);
}

static void connect(struct world *w, int mirror)
{
    struct replica *r = &w->replica[mirror];
    struct disk *d = r->disk;
    if (r->connected || !can_connect(w, mirror))
        return;
    int from = source(w, mirror);
    bool split = d[0].alone && d[1].alone;
    if (w->override[mirror].sides == 0 && (split || runs(w, mirror, 1 - from)))
        world_break(w, BROKE_S2, "m%d: %s", mirror + 1,
                    split ? "both sides were written alone (split brain)"
                          : "its guest runs on the older copy");
    r->connected = true;
    for (int side = 0; side < 2; side++)
        d[side].frozen = false; /* the peer is there again */
    if (d[0].generation == d[1].generation) {
        synced(w, mirror, from); /* nothing was written alone: what waits goes to both */
        return;
    }
    write_one(w, mirror);
    world_push(w, (struct item){.at = w->now +
                                      prng_range(&w->random, 50, 50u << prng_below(&w->random, 9)),
                                .kind = ITEM_SYNC,
                                .index = (uint16_t)mirror,
                                .to = (uint8_t)from,
                                .tag = r->breaks});
}

void disks_resume(struct world *w, uint8_t host, int mirror)
{
    int side = mirror_side(&w->site->mirror[mirror], host);
    world_push(w, (struct item){.at = w->now + 1 + prng_below(&w->random, 100),
                                .kind = ITEM_RESUME_IO,
                                .host = host,
                                .to = (uint8_t)side,
                                .index = (uint16_t)mirror,
                                .tag = w->replica[mirror].disk[side].told});
}

/* The helper of that break returns: it says nothing about a later one. */
static void resumed(struct world *w, const struct item *i)
{
    struct replica *r = &w->replica[i->index];
    struct disk *d = &r->disk[i->to];
    if (!d->frozen || r->breaks != i->tag || r->connected)
        return;
    d->frozen = false;
    d->generation = ++r->generations;
    write_one(w, i->index);
}

static void told(struct world *w, const struct item *i)
{
    static const enum event_kind events[] = {
        [TELL_APART] = EVENT_MIRROR_APART,
        [TELL_SYNCED] = EVENT_MIRROR_SYNCED,
        [TELL_FROZEN] = EVENT_MIRROR_FROZEN,
    };
    struct replica *r = &w->replica[i->index];
    if (w->host[i->host].lives != i->tag)
        return;
    if (i->to == TELL_FROZEN)
        r->disk[mirror_side(&w->site->mirror[i->index], i->host)].told = i->hosts;
    static const char *const names[] = {"apart", "synced", "frozen"};
    world_log(w, "n%d hears: m%d %s", i->host + 1, i->index + 1, names[i->to]);
    struct event e = {.kind = events[i->to], .index = i->index};
    world_step(w, i->host, &e);
}

void disks_item(struct world *w, const struct item *i)
{
    struct replica *r = &w->replica[i->index];
    if (i->kind == ITEM_TELL)
        told(w, i);
    else if (i->kind == ITEM_RESUME_IO)
        resumed(w, i);
    else if (i->kind == ITEM_CONNECT && r->breaks == i->tag)
        connect(w, i->index);
    else if (i->kind == ITEM_SYNC && r->breaks == i->tag && r->connected && !r->synced)
        synced(w, i->index, i->to);
}

/* A relevod that has just started looks at what there is. */
void disks_tell(struct world *w, uint8_t host)
{
    for (int m = 0; m < w->site->mirrors; m++) {
        int side = mirror_side(&w->site->mirror[m], host);
        struct replica *r = &w->replica[m];
        if (side == NO_INDEX)
            continue;
        if (r->disk[side].frozen)
            tell(w, m, side, TELL_FROZEN);
        else
            tell(w, m, side, r->connected && r->synced ? TELL_SYNCED : TELL_APART);
    }
}

/* A start that was under way when the whole host was paused ends as it wakes, before its lease is
 * looked at: the known hole, where a plan declares it. */
static bool in_the_hole(const struct world *w, uint8_t host)
{
    return w->plan->hole && w->now == w->host[host].paused_until;
}

void disks_opened(struct world *w, uint8_t host, int guest)
{
    for (int k = 0; k < w->site->guest[guest].mirrors; k++) {
        int m = w->site->guest[guest].mirror[k];
        int side = mirror_side(&w->site->mirror[m], host);
        struct replica *r = &w->replica[m];
        if (side == NO_INDEX)
            continue;
        bool accepted = (w->override[m].sides >> side & 1) != 0 && r->acked <= w->override[m].lost;
        if (accepted && r->disk[side].written < r->acked)
            r->acked = r->disk[side].written; /* exactly that loss */
        if (r->disk[side].written < r->acked && !in_the_hole(w, host))
            world_break(w, BROKE_S2, "g%d starts on n%d without %llu acknowledged writes of m%d",
                        guest + 1, host + 1, (unsigned long long)(r->acked - r->disk[side].written),
                        m + 1);
        r->disk[side].frozen = false;
        if (!r->connected) {
            r->breaks++;
            freeze(w, m, side);
            if (can_connect(w, m))
                disks_changed(w);
        }
        write_one(w, m);
    }
}

void disks_init(struct world *w)
{
    for (int m = 0; m < w->site->mirrors; m++)
        w->replica[m].link = true;
}
