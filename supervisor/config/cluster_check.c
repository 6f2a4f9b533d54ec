/* What the cluster's words say together: each was well-formed by itself. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/site.h"
#include "core/timing.h"

/* The cluster cannot be what was meant: it is not joined, and no guest is started. */
__attribute__((format(printf, 4, 5))) static void refuse(struct site *site, struct place place,
                                                         const char *token, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    site_verror(site, place, token, format, args);
    va_end(args);
    site->cluster.state = CLUSTER_BROKEN;
}

/* ---- nodes ---- */

static bool same_address(const struct cluster_address *a, const struct cluster_address *b)
{
    return a->family == b->family &&
           memcmp(a->address, b->address, a->family == AF_INET ? 4 : 16) == 0;
}

static const struct cluster_address *shared_address(const struct cluster_node *a,
                                                    const struct cluster_node *b)
{
    for (uint32_t i = 0; i < a->links; i++)
        for (uint32_t j = 0; j < b->links; j++)
            if ((a != b || i != j) && same_address(&a->link[i], &b->link[j]))
                return &a->link[i];
    return NULL;
}

static void check_pair(struct site *site, const struct cluster_node *a,
                       const struct cluster_node *first)
{
    char text[INET6_ADDRSTRLEN];
    const struct cluster_address *shared = shared_address(a, first);
    if (a != first && a->id == first->id)
        refuse(site, a->place, a->name, "id %u is %s's already; expected ids to differ", a->id,
               first->name);
    if (a != first && cluster_id(a->name) == cluster_id(first->name))
        refuse(site, a->place, a->name, "has the same hash as %s; expected another name",
               first->name);
    if (shared != NULL) {
        cluster_address_format(shared, text);
        refuse(site, a->place, a->name, "%s is an address of %s already; expected them to differ",
               text, first->name);
    }
    if (a->links != first->links)
        refuse(site, a->place, a->name, "has %u addresses, %s has %u; expected one for each link",
               a->links, first->name, first->links);
    for (uint32_t i = 0; i < a->links && i < first->links; i++)
        if (a->link[i].family != first->link[i].family)
            refuse(site, a->place, a->name,
                   "address %u is not of the same IP version as %s's; expected one for each link",
                   i + 1, first->name);
}

static int by_id(const void *a, const void *b)
{
    const struct cluster_node *x = a, *y = b;
    return (int)x->id - (int)y->id;
}

static void check_nodes(struct site *site)
{
    struct cluster_config *c = &site->cluster;
    uint32_t able = 0;
    for (uint32_t i = 0; i < c->nodes; i++) {
        able += !c->node[i].witness;
        for (uint32_t j = 0; j <= i; j++)
            check_pair(site, &c->node[i], &c->node[j]);
    }
    if (c->state == CLUSTER_BROKEN)
        return;
    qsort(c->node, c->nodes, sizeof c->node[0], by_id);
    const struct cluster_node *last = &c->node[c->nodes - 1];
    if (last->id != c->nodes)
        refuse(site, last->place, last->name, "id %u, but there are %u nodes; expected ids 1 to %u",
               last->id, c->nodes, c->nodes);
    if (able == 0)
        refuse(site, last->place, last->name,
               "is a witness, as all are; expected a node for guests");
}

static void check_self(struct site *site)
{
    struct cluster_config *c = &site->cluster;
    int self = cluster_find(c, site->hostname);
    if (self < 0) {
        refuse(site, c->node[0].place, NULL, "no node= has this node's hostname, %s",
               site->hostname[0] != '\0' ? site->hostname : "which is empty");
        return;
    }
    if (c->witness && !c->node[self].witness)
        refuse(site, c->role_place, "role=witness",
               "but not in node=%s:%u:..., which the other nodes read; expected :witness there",
               c->node[self].name, c->node[self].id);
    c->self = (uint32_t)self;
}

/* ---- timing ---- */

static void check_timing(struct site *site)
{
    struct cluster_config *c = &site->cluster;
    const uint32_t *v = c->value;
    char text[256];
    struct timing *t = &c->timing;
    *t = (struct timing){
        .beat = v[CLUSTER_BEAT],
        .lease = v[CLUSTER_LEASE],
        .watchdog = v[CLUSTER_WATCHDOG],
        .silence = v[CLUSTER_SILENCE],
        .wait = v[CLUSTER_WAIT],
        .margin = v[CLUSTER_MARGIN],
        .drift_ppm = v[CLUSTER_DRIFT],
        .stop = v[CLUSTER_STOP],
        .settle = v[CLUSTER_SETTLE],
    };
    /* While corosync forms a membership without a node that has died, nobody hears anybody. Leases
     * must outlast that, or one death would end the guests of all; and a proof is two beats old
     * when it begins, and the next one comes with the first or second beat after. */
    uint32_t still = v[CLUSTER_TOKEN] + cluster_consensus(v[CLUSTER_TOKEN]);
    if (t->beat == 0)
        t->beat = v[CLUSTER_TOKEN] / 4;
    if (t->silence == 0)
        t->silence = still + 3 * t->beat;
    /* ... and once more as long for the consensus alone where a node dies while it joins, as one
     * does that comes back to learn that it was declared dead. */
    if (t->lease == 0)
        t->lease = still + cluster_consensus(v[CLUSTER_TOKEN]) + 3 * t->beat;
    if (t->lease < still + 3 * t->beat)
        site_warning(site, c->name_place, "cluster",
                     "lease=%u ms: the death of any node may end the guests of all; expected at "
                     "least token %u + %u (corosync's consensus) + three beats of %u = %u ms",
                     t->lease, v[CLUSTER_TOKEN], cluster_consensus(v[CLUSTER_TOKEN]), t->beat,
                     still + 3 * t->beat);
    if (timing_check(t, text, sizeof text) != 0)
        refuse(site, c->name_place, "cluster", "unsafe timing: %s", text);
}

/* ---- files of the site's folder ---- */

/* Its size, or -1. */
static long long file_size(const char *folder, const char *name, bool program)
{
    char path[PATH_MAX];
    struct stat st;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path ||
        stat(path, &st) != 0 || !S_ISREG(st.st_mode) || (program && access(path, X_OK) != 0))
        return -1;
    return st.st_size;
}

static void check_key(struct site *site, const char *folder)
{
    long long size = file_size(folder, CLUSTER_KEY_FILE, false);
    struct place place = {.file = CLUSTER_KEY_FILE};
    if (size < 0)
        refuse(site, place, NULL,
               "missing in the site's folder; expected a key of %d to %d bytes, as "
               "corosync-keygen(8) makes it",
               CLUSTER_KEY_MIN, CLUSTER_KEY_MAX);
    else if (size < CLUSTER_KEY_MIN || size > CLUSTER_KEY_MAX)
        refuse(site, place, NULL, "%lld bytes; expected %d to %d", size, CLUSTER_KEY_MIN,
               CLUSTER_KEY_MAX);
}

/* ---- fence devices ---- */

static bool fence_files_ok(struct site *site, const struct site_fence *f, const char *folder)
{
    if (f->by.kind == FENCE_EXEC && file_size(folder, f->by.target, true) < 0) {
        site_error(site, f->place, f->by.target,
                   "expected a program in the site's folder; left out");
        return false;
    }
    if (f->by.kind == FENCE_IPMI && file_size(folder, CLUSTER_PASSWORD_FILE, false) <= 0) {
        site_error(site, f->place, "fence=ipmi",
                   "expected the BMCs' password in the site's file " CLUSTER_PASSWORD_FILE
                   "; left out");
        return false;
    }
    return true;
}

static void check_fences(struct site *site, const char *folder)
{
    struct cluster_config *c = &site->cluster;
    for (uint32_t i = 0; i < c->fences; i++) {
        const struct site_fence *f = &c->fence[i];
        int node = f->node[0] != '\0' ? cluster_find(c, f->node) : 0;
        if (node < 0)
            site_error(site, f->place, f->node, "no node of the cluster has this name; left out");
        if (node < 0 || !fence_files_ok(site, f, folder))
            continue;
        if (f->node[0] != '\0')
            c->node[node].fence = f->by;
        for (uint32_t k = 0; f->node[0] == '\0' && k < c->nodes; k++)
            if (c->node[k].fence.kind == FENCE_NONE)
                c->node[k].fence = f->by;
    }
    uint32_t without = 0;
    for (uint32_t i = 0; i < c->nodes; i++)
        if (!c->node[i].witness && c->node[i].fence.kind == FENCE_NONE) {
            if (without++ == 0 && c->fences > 0)
                site_warning(site, c->node[i].place, c->node[i].name,
                             "has no fence device, others have; takeover waits for it as if none "
                             "had");
        }
    c->fence_device = without == 0;
    if (c->nodes == 2 && !c->fence_device)
        site_warning(site, c->name_place, "cluster",
                     "two nodes without a third vote: takeover asks the operator; expected a "
                     "witness or a fence device for both");
}

/* ---- guests ---- */

__attribute__((format(printf, 3, 4))) static void
break_guest(struct site *site, struct guest *guest, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(guest->error, sizeof guest->error, format, args);
    va_end(args);
    guest->broken = true;
    site_error(site, (struct place){.file = guest->origin}, guest->name, "%s; left out",
               guest->error);
}

static void check_peers(struct site *site, struct guest *g)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < g->peers; i++) {
        struct place place = {.file = g->origin};
        if (!cluster_runs_guests(&site->cluster, g->peer[i]))
            site_error(site, place, g->name,
                       "peer %s is no node of the cluster that runs guests; left out", g->peer[i]);
        else if (kept == CORE_PEERS)
            site_error(site, place, g->name, "peer %s: expected at most %d peers; left out",
                       g->peer[i], CORE_PEERS);
        else
            memmove(g->peer[kept++], g->peer[i], GUEST_NAME_SIZE);
    }
    g->peers = kept;
}

/* A guest's mirror has its sides where the guest may run: the ledger says which is current. */
static void check_mirror(struct site *site, struct guest *g, const struct site_drbd *m)
{
    uint32_t kept = 0;
    for (int i = 0; i < 2; i++)
        if (!g->broken && !cluster_runs_guests(&site->cluster, m->node[i].name))
            break_guest(site, g, "its mirror %s is on %s, no node of the cluster that runs guests",
                        m->name, m->node[i].name);
    if (!g->broken && drbd_side_of(m, g->home) == DRBD_NOBODY)
        break_guest(site, g, "home %s, but its mirror %s is on %s and %s", g->home, m->name,
                    m->node[0].name, m->node[1].name);
    for (uint32_t i = 0; i < g->peers; i++) {
        if (drbd_side_of(m, g->peer[i]) != DRBD_NOBODY)
            memmove(g->peer[kept++], g->peer[i], GUEST_NAME_SIZE);
        else
            site_error(site, (struct place){.file = g->origin}, g->name,
                       "peer %s: mirror %s is on %s and %s; left out", g->peer[i], m->name,
                       m->node[0].name, m->node[1].name);
    }
    g->peers = kept;
}

static void check_mirrors(struct site *site, struct guest *g)
{
    uint32_t mirrors = 0;
    for (uint32_t i = 0; i < g->disks && !g->broken; i++) {
        int mirror = drbd_find_disk(&site->drbd, g->disk[i].path);
        if (mirror < 0)
            continue;
        if (++mirrors > CORE_GUEST_MIRRORS)
            break_guest(site, g, "has more than %d mirrors, which a cluster cannot follow",
                        CORE_GUEST_MIRRORS);
        else
            check_mirror(site, g, &site->drbd.mirror[mirror]);
    }
}

static void check_guest(struct site *site, uint32_t index)
{
    struct guest *g = site->guest[index];
    if (g->broken || g->home[0] == '\0')
        return;
    if (!cluster_runs_guests(&site->cluster, g->home)) {
        break_guest(site, g, "home %s is no node of the cluster that runs guests", g->home);
        return;
    }
    for (uint32_t i = 0; i < index; i++)
        if (cluster_id(site->guest[i]->name) == cluster_id(g->name)) {
            break_guest(site, g, "has the same hash as guest %s; expected another name",
                        site->guest[i]->name);
            return;
        }
    if (g->afters > CORE_AFTER) {
        site_error(site, (struct place){.file = g->origin}, g->name,
                   "after= names %u guests; expected at most %d in a cluster; the rest is left out",
                   g->afters, CORE_AFTER);
        g->afters = CORE_AFTER;
    }
    check_peers(site, g);
    check_mirrors(site, g);
}

/* It could run elsewhere, and what would tell is not to be had. */
static void break_guests(struct site *site)
{
    for (uint32_t i = 0; i < site->guests; i++) {
        struct guest *g = site->guest[i];
        if (g->broken)
            continue;
        g->broken = true;
        snprintf(g->error, sizeof g->error,
                 "not started: the cluster's configuration has errors, and it may run elsewhere");
    }
}

void site_check_cluster(struct site *site, const char *folder)
{
    struct cluster_config *c = &site->cluster;
    bool named = c->name_place.file != NULL;
    c->state = CLUSTER_NONE;
    snprintf(c->folder, sizeof c->folder, "%s", folder);
    if (!named && c->nodes == 0 && c->role_place.file == NULL && !c->bad_word) {
        if (c->device[0] != '\0')
            site_error(site, c->device_place, "state", "expected with cluster= and node=");
        if (c->fences > 0)
            site_error(site, c->fence[0].place, "fence", "expected with cluster= and node=");
        return;
    }
    c->state = c->bad_word ? CLUSTER_BROKEN : CLUSTER_READY;
    if (c->nodes == 0)
        refuse(site, named ? c->name_place : c->role_place, "cluster",
               "expected node= for each of its nodes");
    else if (!named)
        refuse(site, c->node[0].place, "node", "expected cluster=NAME, too");
    else {
        check_nodes(site);
        check_self(site);
        check_timing(site);
        check_key(site, folder);
    }
    if (c->state == CLUSTER_BROKEN) {
        break_guests(site);
        return;
    }
    check_fences(site, folder);
    for (uint32_t i = 0; i < site->guests; i++)
        check_guest(site, i);
}
