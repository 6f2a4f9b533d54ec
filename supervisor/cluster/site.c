#include "cluster/site.h"

#include <string.h>

#include "base/hash.h"

_Static_assert(SITE_GUESTS_MAX <= CORE_GUESTS, "core/ can number all guests");

/* A memory or message of nodes that count each other otherwise is no use here; nor, by R17, one of
 * nodes that wait for another time. */
static uint64_t hash_cluster(const struct cluster_config *c)
{
    uint64_t h = hash_mix(hash_text(c->name, 0), c->value, sizeof c->value);
    for (uint32_t i = 0; i < c->nodes; i++)
        h = hash_text(c->node[i].name, h + c->node[i].witness);
    return h;
}

/* In the ledger a mirror has two sides, and which is which must be the same for all: the lower
 * number first. Between other nodes it is another mirror. */
static uint64_t id_of_mirror(const char *name, const uint8_t node[2])
{
    return hash_mix(cluster_id(name), node, 2);
}

static int number_of(const struct guest *const guest[CORE_GUESTS], int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(guest[i]->name, name) == 0)
            return i;
    return NO_INDEX;
}

int cluster_mirror(const struct core_site *core, const char *name)
{
    for (int i = 0; i < core->mirrors; i++)
        if (core->mirror[i].id == id_of_mirror(name, core->mirror[i].node))
            return i;
    return NO_INDEX;
}

/* Those between two nodes of the cluster; the configuration's check has reported others. */
static void fill_mirrors(struct core_site *core, const struct site *site)
{
    for (uint32_t i = 0; i < site->drbd.mirrors; i++) {
        const struct site_drbd *m = &site->drbd.mirror[i];
        if (!cluster_runs_guests(&site->cluster, m->node[0].name) ||
            !cluster_runs_guests(&site->cluster, m->node[1].name))
            continue;
        uint8_t a = (uint8_t)cluster_find(&site->cluster, m->node[0].name);
        uint8_t b = (uint8_t)cluster_find(&site->cluster, m->node[1].name);
        struct site_mirror *to = &core->mirror[core->mirrors++];
        *to = (struct site_mirror){.node = {a < b ? a : b, a < b ? b : a}};
        to->id = id_of_mirror(m->name, to->node);
    }
}

static void fill_disks(struct site_guest *to, const struct core_site *core,
                       const struct drbd_config *mirrors, const struct guest *g)
{
    for (uint32_t i = 0; i < g->disks && to->mirrors < CORE_GUEST_MIRRORS; i++) {
        int mirror = drbd_find_disk(mirrors, g->disk[i].path);
        int number = mirror >= 0 ? cluster_mirror(core, mirrors->mirror[mirror].name) : NO_INDEX;
        if (number >= 0)
            to->mirror[to->mirrors++] = (uint8_t)number;
    }
}

static void fill_guest(struct site_guest *to, const struct cluster_config *c, const struct guest *g)
{
    *to = (struct site_guest){
        .id = cluster_id(g->name),
        .home = (uint8_t)cluster_find(c, g->home),
        .priority = (int16_t)g->priority,
        .memory_mib = g->memory_mib,
        .failback = g->failback == FAILBACK_AUTO,
    };
    for (uint32_t i = 0; i < g->peers && to->peers < CORE_PEERS; i++)
        if (cluster_runs_guests(c, g->peer[i]))
            to->peer[to->peers++] = (uint8_t)cluster_find(c, g->peer[i]);
}

static void fill_after(struct core_site *core, const struct guest *const guest[CORE_GUESTS])
{
    for (int i = 0; i < core->guests; i++) {
        struct site_guest *to = &core->guest[i];
        for (uint32_t k = 0; k < guest[i]->afters && to->afters < CORE_AFTER; k++) {
            int other = number_of(guest, core->guests, guest[i]->after[k]);
            if (other != NO_INDEX)
                to->after[to->afters++] = (uint8_t)other;
        }
    }
}

void cluster_site(struct core_site *core, const struct site *site,
                  const struct guest *guest[CORE_GUESTS])
{
    const struct cluster_config *c = &site->cluster;
    *core = (struct core_site){
        .cluster = hash_cluster(c),
        .nodes = (uint8_t)c->nodes,
        .fence_device = c->fence_device,
        .timing = c->timing,
    };
    for (uint32_t i = 0; i < c->nodes; i++)
        core->node[i] = (struct site_node){c->node[i].witness, c->node[i].memory_mib};
    fill_mirrors(core, site);
    for (uint32_t i = 0; i < site->guests; i++) {
        if (!cluster_runs_guests(c, site->guest[i]->home))
            continue;
        guest[core->guests] = site->guest[i];
        fill_guest(&core->guest[core->guests], c, site->guest[i]);
        fill_disks(&core->guest[core->guests++], core, &site->drbd, site->guest[i]);
    }
    fill_after(core, guest);
}
