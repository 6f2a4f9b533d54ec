/* The mirrors: which side is current is the ledger's to say. */
#include "cluster/inside.h"
#include "cluster/site.h"

static const char *name_of(const struct cluster *c, int mirror)
{
    for (uint32_t i = 0; i < c->site->drbd.mirrors; i++)
        if (cluster_mirror(&c->core, c->site->drbd.mirror[i].name) == mirror)
            return c->site->drbd.mirror[i].name;
    return "?";
}

static void tell(struct cluster *c, enum event_kind kind, const char *name)
{
    int index = cluster_mirror(&c->core, name);
    if (index != NO_INDEX)
        cluster_event(c, &(struct event){.kind = kind, .index = index});
}

static void on_frozen(void *cluster, const char *name, uint32_t break_number)
{
    struct cluster *c = cluster;
    int index = cluster_mirror(&c->core, name);
    if (index != NO_INDEX)
        c->broken[index] = break_number;
    tell(c, EVENT_MIRROR_FROZEN, name);
}

static void on_synced(void *cluster, const char *name)
{
    tell(cluster, EVENT_MIRROR_SYNCED, name);
}

static void on_apart(void *cluster, const char *name)
{
    tell(cluster, EVENT_MIRROR_APART, name);
}

void mirrors_watch(struct cluster *c)
{
    c->mirrors =
        (struct drbd_watch){.frozen = on_frozen, .synced = on_synced, .apart = on_apart, .data = c};
    drbd_set_watch(c->drbd, &c->mirrors);
}

void mirrors_name_break(const struct cluster *c, struct action *a)
{
    a->epoch = c->broken[a->index];
}

void mirrors_resume(struct cluster *c, const struct action *a)
{
    drbd_resume(c->drbd, name_of(c, a->index), a->epoch);
}
