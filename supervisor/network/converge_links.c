/* Interfaces that stand on others: VLANs and bridges; the order of all, and what is left over. */
#include <string.h>

#include "base/log.h"
#include "network/pass.h"

/* --- VLANs --- */

static int prepare_vlan(struct pass *p, const struct site_vlan *want,
                        const struct link_state *parent, struct link_state *vlan, struct err *e)
{
    if (link_look(p->sock, want->name, vlan, e) != 0)
        return -1;
    if (vlan->exists && vlan->kind != LINK_VLAN)
        return err_set(e, "is there already, and no VLAN");
    if (vlan->exists && (vlan->vlan_id != want->id || vlan->parent != parent->index)) {
        log_notice("%s: made anew, it has another number or stands on another interface",
                   want->name);
        if (link_remove(p->sock, want->name, e) != 0)
            return -1;
        vlan->exists = false;
    }
    if (!vlan->exists && (link_make_vlan(p->sock, want->name, parent->index, want->id, e) != 0 ||
                          link_look(p->sock, want->name, vlan, e) != 0))
        return -1;
    if (vlan->mtu != parent->mtu && link_set_mtu(p->sock, want->name, parent->mtu, e) != 0)
        return -1;
    return vlan->up ? 0 : link_set_up(p->sock, want->name, e);
}

static void converge_vlan(struct pass *p, const struct site_vlan *want)
{
    struct link_state parent, vlan;
    struct err e;
    pass_piece(p, "vlan", want->name);
    if (link_look(p->sock, want->parent, &parent, &e) != 0)
        pass_failed(p, &e);
    else if (!parent.exists)
        pass_say(p, false, "%s does not exist yet", want->parent);
    else if ((!parent.up && link_set_up(p->sock, want->parent, &e) != 0) ||
             prepare_vlan(p, want, &parent, &vlan, &e) != 0)
        pass_failed(p, &e);
    else
        pass_say(p, true, "number %u on %s%s", want->id, want->parent,
                 parent.carrier ? "" : " (no carrier)");
}

/* --- bridges --- */

/* Puts one port into the bridge; 0 also when the port is not there yet. */
static int converge_port(struct pass *p, const char *port, const struct link_state *bridge,
                         struct err *e)
{
    struct link_state link;
    if (link_look(p->sock, port, &link, e) != 0)
        return -1;
    pass_add(p, link.exists, "%s%s", port,
             !link.exists ? " (does not exist yet)" : (link.carrier ? "" : " (no carrier)"));
    if (!link.exists)
        return 0;
    if (link.master != bridge->index && link_set_master(p->sock, port, bridge->index, e) != 0)
        return -1;
    return link.up ? 0 : link_set_up(p->sock, port, e);
}

static int prepare_bridge(struct pass *p, const char *name, struct link_state *bridge,
                          struct err *e)
{
    if (link_look(p->sock, name, bridge, e) != 0)
        return -1;
    if (!bridge->exists &&
        (link_make_bridge(p->sock, name, e) != 0 || link_look(p->sock, name, bridge, e) != 0))
        return -1;
    if (bridge->kind != LINK_BRIDGE)
        return err_set(e, "is there already, and no bridge");
    return bridge->up ? 0 : link_set_up(p->sock, name, e);
}

static void converge_bridge(struct pass *p, const struct site_bridge *want)
{
    struct link_state bridge;
    struct err e;
    pass_piece(p, "bridge", want->name);
    int bad = prepare_bridge(p, want->name, &bridge, &e);
    pass_say(p, true, "%s", "");
    for (uint32_t i = 0; bad == 0 && i < want->ports; i++)
        bad = converge_port(p, want->port[i], &bridge, &e);
    if (bad != 0)
        pass_failed(p, &e);
    else if (want->ports == 0)
        pass_say(p, true, "no ports");
}

/* --- what an earlier configuration had and this one has not --- */

struct cleaning {
    const struct network_config *config;
    char name[SITE_BONDS_MAX + SITE_VLANS_MAX + SITE_BRIDGES_MAX][SITE_IFACE_SIZE];
    uint32_t names;
};

static bool wanted(const struct network_config *c, const struct link_state *link)
{
    for (uint32_t i = 0; i < c->bonds && link->kind == LINK_BOND; i++)
        if (strcmp(c->bond[i].name, link->name) == 0)
            return true;
    for (uint32_t i = 0; i < c->vlans && link->kind == LINK_VLAN; i++)
        if (strcmp(c->vlan[i].name, link->name) == 0)
            return true;
    for (uint32_t i = 0; i < c->bridges && link->kind == LINK_BRIDGE; i++)
        if (strcmp(c->bridge[i].name, link->name) == 0)
            return true;
    return false;
}

static void note_leftover(const struct link_state *link, void *data)
{
    struct cleaning *w = data;
    if (link->ours && !wanted(w->config, link) && w->names < sizeof w->name / sizeof w->name[0])
        memcpy(w->name[w->names++], link->name, SITE_IFACE_SIZE);
}

static void remove_leftovers(struct pass *p)
{
    static struct cleaning w;
    struct err e;
    w = (struct cleaning){.config = &p->state->config};
    if (link_for_each(p->sock, note_leftover, &w, &e) != 0)
        log_err("network: %s", e.text);
    for (uint32_t i = 0; i < w.names; i++) {
        log_notice("%s: is no longer configured; removed", w.name[i]);
        if (link_remove(p->sock, w.name[i], &e) != 0)
            log_err("%s", e.text);
    }
}

void converge_links(struct pass *p)
{
    const struct network_config *c = &p->state->config;
    remove_leftovers(p);
    for (uint32_t i = 0; i < c->ifnames; i++)
        converge_name(p, i);
    for (uint32_t i = 0; i < c->bonds; i++)
        converge_bond(p, &c->bond[i]);
    for (uint32_t i = 0; i < c->vlans; i++)
        converge_vlan(p, &c->vlan[i]);
    for (uint32_t i = 0; i < c->bridges; i++)
        converge_bridge(p, &c->bridge[i]);
}
