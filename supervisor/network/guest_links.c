#include "network/guest_links.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "network/announce.h"
#include "network/filter.h"
#include "network/link.h"

int guest_links_init(struct guest_links *links, struct err *e)
{
    *links = (struct guest_links){.packets = announce_open(e)};
    return links->packets >= 0 ? 0 : -1;
}

static const struct site_bridge *find_bridge(const struct network_config *c, const char *name)
{
    for (uint32_t i = 0; i < c->bridges; i++)
        if (strcmp(c->bridge[i].name, name) == 0)
            return &c->bridge[i];
    return NULL;
}

/* --- the way out: which links carry a bridge's frames now --- */

static uint32_t mix(uint32_t hash, uint32_t value)
{
    return (hash ^ value) * 16777619U; /* FNV-1a's prime */
}

static uint32_t look_below(const struct network_config *c, struct nl_sock *sock, const char *name,
                           int depth)
{
    struct link_state link;
    uint32_t hash = 2166136261U;
    if (depth == 4 || link_look(sock, name, &link, NULL) != 0 || !link.exists)
        return hash;
    hash = mix(mix(hash, (uint32_t)link.index), link.carrier);
    if (link.kind == LINK_BOND)
        return mix(hash, (uint32_t)link.bond.active);
    for (uint32_t i = 0; i < c->vlans && link.kind == LINK_VLAN; i++)
        if (strcmp(c->vlan[i].name, name) == 0)
            hash = mix(hash, look_below(c, sock, c->vlan[i].parent, depth + 1));
    return hash;
}

/* A bond announces only its own addresses when it fails over: the guests behind it are ours. */
static void notice_way_out(struct guest_links *links, const struct network_config *c,
                           struct nl_sock *sock)
{
    for (uint32_t b = 0; b < c->bridges; b++) {
        uint32_t now = 2166136261U;
        for (uint32_t i = 0; i < c->bridge[b].ports; i++)
            now = mix(now, look_below(c, sock, c->bridge[b].port[i], 0));
        if (links->way_out[b] == now)
            continue;
        links->way_out[b] = now;
        for (uint32_t i = 0; i < links->vifs; i++)
            if (strcmp(links->vif[i].bridge, c->bridge[b].name) == 0)
                links->seen[i].announcements = ANNOUNCE_TIMES;
    }
}

/* --- the interfaces --- */

/* An interface and its bridge as they are: seen for all at once, as each look is a request. */
struct look {
    struct link_state link, bridge;
};

struct looking {
    const struct guest_links *links;
    struct look look[VIFS_MAX]; /* of links->vif */
};

static void see(const struct link_state *link, void *data)
{
    struct looking *l = data;
    for (uint32_t i = 0; i < l->links->vifs; i++) {
        if (strcmp(l->links->vif[i].name, link->name) == 0)
            l->look[i].link = *link;
        if (strcmp(l->links->vif[i].bridge, link->name) == 0)
            l->look[i].bridge = *link;
    }
}

static void notice_guest(struct guest_links *links, uint32_t i, const struct link_state *link)
{
    bool fresh = links->seen[i].index != link->index;
    if (link->carrier && (fresh || !links->seen[i].carrier))
        links->seen[i].announcements = ANNOUNCE_TIMES; /* its guest has begun to use it */
    links->seen[i].index = link->index;
    links->seen[i].carrier = link->carrier;
}

static void begin_status(struct network_vif *status, const struct vif *vif)
{
    memcpy(status->name, vif->name, sizeof status->name);
    memcpy(status->bridge, vif->bridge, sizeof status->bridge);
    status->domid = vif->domid;
    status->devid = vif->devid;
    status->filtered = vif->filtered;
}

static void put_counts(struct network_vif *status, const struct filter_count *count)
{
    for (int class = FILTER_PASS + 1; class < FILTER_CLASSES; class ++)
        status->dropped[class - 1] = count->packets[class];
}

static int converge_one(struct guest_links *links, uint32_t i, struct look *look,
                        struct nl_sock *sock, struct network_vif *status)
{
    struct filter_count count;
    struct err e;
    int rc = vif_converge(sock, &links->vif[i], &look->link, &look->bridge, &count, &e);
    status->good = rc == 0;
    if (rc != 0) {
        snprintf(status->text, sizeof status->text, "%.90s", e.text);
        return rc < 0 ? 1 : 0;
    }
    put_counts(status, &count);
    notice_guest(links, i, &look->link);
    return 0;
}

/* Drops the records of interfaces that are gone; what was noticed of the others stays theirs. */
static void forget_gone(struct guest_links *links, const struct guest_links *before,
                        struct look *look)
{
    uint32_t kept = 0;
    memset(links->seen, 0, sizeof links->seen);
    for (uint32_t i = 0; i < links->vifs; i++) {
        const struct vif *vif = &links->vif[i];
        if (look[i].link.index != vif->index) {
            vif_forget(vif->name);
            continue;
        }
        for (uint32_t j = 0; j < before->vifs; j++)
            if (before->seen[j].index == vif->index)
                links->seen[kept] = before->seen[j];
        look[kept] = look[i];
        links->vif[kept++] = *vif;
    }
    links->vifs = kept;
}

int guest_links_converge(struct guest_links *links, const struct network_config *config,
                         struct nl_sock *sock, struct network_vifs *status)
{
    static struct guest_links before;
    static struct looking l;
    struct err e;
    int failures = 0;
    before = *links;
    l = (struct looking){.links = links};
    links->vifs = vif_load(links->vif, VIFS_MAX);
    if (links->vifs > 0 && link_for_each(sock, see, &l, &e) != 0) {
        log_err("guests' interfaces: %s", e.text);
        *links = before;
        return 1;
    }
    forget_gone(links, &before, l.look);
    *status = (struct network_vifs){.type = NETWORK_VIFS, .vifs = links->vifs};
    for (uint32_t i = 0; i < links->vifs; i++) {
        begin_status(&status->vif[i], &links->vif[i]);
        failures += converge_one(links, i, &l.look[i], sock, &status->vif[i]);
    }
    notice_way_out(links, config, sock);
    return failures;
}

/* --- the counters --- */

struct counting {
    struct guest_links *links;
    bool sent[VIFS_MAX]; /* their guests have, since their counters were read */
};

static void see_received(int index, uint64_t frames, void *data)
{
    struct counting *c = data;
    for (uint32_t i = 0; i < c->links->vifs; i++)
        if (c->links->seen[i].index == index && c->links->seen[i].received != frames) {
            c->links->seen[i].received = frames;
            c->sent[i] = true;
        }
}

int guest_links_count(struct guest_links *links, struct nl_sock *sock, struct network_vifs *status,
                      struct err *e)
{
    struct counting c = {.links = links};
    struct filter_count count;
    if (link_for_each_received(sock, see_received, &c, e) != 0)
        return -1;
    for (uint32_t i = 0; i < links->vifs; i++)
        if (c.sent[i] && filter_read(sock, links->vif[i].index, &count, e) == 0)
            put_counts(&status->vif[i], &count);
    return 0;
}

bool guest_links_announce(struct guest_links *links, const struct network_config *config,
                          struct nl_sock *sock)
{
    bool more = false;
    struct link_state out;
    for (uint32_t i = 0; i < links->vifs; i++) {
        const struct site_bridge *bridge = find_bridge(config, links->vif[i].bridge);
        if (links->seen[i].announcements == 0)
            continue;
        links->seen[i].announcements--;
        more = more || links->seen[i].announcements > 0;
        for (uint32_t p = 0; bridge != NULL && p < bridge->ports; p++)
            if (link_look(sock, bridge->port[p], &out, NULL) == 0 && out.exists && out.up)
                announce_vif(links->packets, out.index, &links->vif[i]);
    }
    return more;
}
