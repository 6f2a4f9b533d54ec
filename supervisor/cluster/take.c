/* Configurations: the first, and what a running node takes of others. */
#include <string.h>

#include "cluster/inside.h"
#include "core/guest.h"

static bool same_nodes(const struct cluster_config *a, const struct cluster_config *b)
{
    if (a->nodes != b->nodes || a->self != b->self || strcmp(a->name, b->name) != 0 ||
        strcmp(a->device, b->device) != 0 || a->fence_device != b->fence_device ||
        memcmp(a->value, b->value, sizeof a->value) != 0)
        return false;
    for (uint32_t i = 0; i < a->nodes; i++)
        if (strcmp(a->node[i].name, b->node[i].name) != 0 ||
            a->node[i].witness != b->node[i].witness)
            return false;
    return true;
}

/* A guest of ours that is not in the new configuration; NULL: none. */
static const char *lost_guest(const struct cluster *c, const struct site *site)
{
    for (int i = 0; i < c->core.guests; i++) {
        bool stays = false;
        for (uint32_t k = 0; k < site->guests; k++)
            stays |= strcmp(site->guest[k]->name, c->guest[i]->name) == 0 &&
                     cluster_find(&site->cluster, site->guest[k]->home) >= 0;
        if (!stays && (guest_owned(&c->node, i) != NULL || c->run[i]->present))
            return c->guest[i]->name;
    }
    return NULL;
}

int cluster_may_take(const struct cluster *c, const struct site *site, struct err *e)
{
    const struct cluster_config *next = &site->cluster;
    if (c->site == NULL)
        return next->state == CLUSTER_NONE ? 0 : err_set(e, "a cluster can only be joined at boot");
    if (next->state != CLUSTER_READY || !same_nodes(&c->site->cluster, next))
        return err_set(e, "cluster=, node=, role=, state= and fence= change only at boot");
    if (!c->began || c->deeds.count > 0)
        return err_set(e, "the cluster is not ready for it; to be tried again");
    const char *lost = lost_guest(c, site);
    return lost == NULL
               ? 0
               : err_set(e, "guest %s runs here; expected it to be stopped or moved first", lost);
}

void cluster_take(struct cluster *c, const struct site *site)
{
    bool first = c->site == NULL;
    if (site->cluster.state != CLUSTER_READY)
        return;
    c->site = site;
    if (first) {
        begin_first(c);
        return;
    }
    c->fencing.cluster = &site->cluster;
    cards_forget_silent(c);
    begin_again(c);
}
