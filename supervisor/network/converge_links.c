/* Interfaces: their names, bonds, VLANs and bridges. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "network/pass.h"

/* --- names --- */

struct named {
    const struct network_config *config;
    struct {
        int index;
        bool up;
        char name[SITE_IFACE_SIZE];
    } found[SITE_IFNAMES_MAX];
};

static void find_by_mac(const struct link_state *link, void *data)
{
    struct named *named = data;
    for (uint32_t i = 0; i < named->config->ifnames && link->kind == LINK_OTHER; i++)
        if (memcmp(link->permanent_mac, named->config->ifname[i].mac, 6) == 0) {
            named->found[i].index = link->index;
            named->found[i].up = link->up;
            memcpy(named->found[i].name, link->name, sizeof link->name);
        }
}

/* Whoever has the name and is not meant gets the next free ethN, and its own name in its turn. */
static int make_room(struct pass *p, const char *name, struct err *e)
{
    struct link_state holder;
    if (link_look(p->sock, name, &holder, e) != 0)
        return -1;
    if (!holder.exists)
        return 0;
    if (holder.kind != LINK_OTHER)
        return err_set(e, "the name belongs to an interface of another kind");
    if (holder.up && link_set_down(p->sock, name, e) != 0)
        return -1;
    return link_rename(p->sock, holder.index, "eth%d", e);
}

static int give_name(struct pass *p, const struct site_ifname *rule, int index, bool up,
                     const char *before, struct err *e)
{
    struct link_state now;
    if (make_room(p, rule->name, e) != 0 || (up && link_set_down(p->sock, before, e) != 0) ||
        link_rename(p->sock, index, rule->name, e) != 0)
        return -1;
    log_notice("%s: was %s", rule->name, before);
    return link_look(p->sock, rule->name, &now, e) != 0 ? -1
           : up                                         ? link_set_up(p->sock, rule->name, e)
                                                        : 0;
}

static void converge_name(struct pass *p, uint32_t i)
{
    const struct site_ifname *rule = &p->state->config.ifname[i];
    static struct named named; /* the names move with each rule: looked up afresh */
    struct err e;
    named = (struct named){.config = &p->state->config};
    pass_piece(p, "ifname", rule->name);
    if (link_for_each(p->sock, find_by_mac, &named, &e) != 0)
        pass_failed(p, &e);
    else if (named.found[i].index == 0)
        pass_say(p, false, "no interface has its address yet");
    else if (strcmp(named.found[i].name, rule->name) != 0 &&
             give_name(p, rule, named.found[i].index, named.found[i].up, named.found[i].name, &e) !=
                 0)
        pass_failed(p, &e);
    else
        pass_say(p, true, "has its name");
}

/* --- bonds --- */

static bool must_be_empty(const struct link_state *bond, const struct site_bond *want)
{
    for (int id = 0; id < BOND_OPTIONS; id++)
        if (bond_option[id].only_empty && bond->bond.value[id] != want->value[id] &&
            bond_option_fits(&bond_option[id], want->value[BOND_MODE]))
            return true;
    return false;
}

struct emptying {
    const struct link_state *bond;
    const struct site_bond *keep; /* its own slaves stay; NULL: none */
    char name[SITE_PORTS_MAX][SITE_IFACE_SIZE];
    uint32_t names;
};

static void note_slave(const struct link_state *link, void *data)
{
    struct emptying *w = data;
    if (link->master != w->bond->index || w->names == SITE_PORTS_MAX)
        return;
    for (uint32_t i = 0; w->keep != NULL && i < w->keep->slaves; i++)
        if (strcmp(w->keep->slave[i], link->name) == 0)
            return;
    memcpy(w->name[w->names++], link->name, SITE_IFACE_SIZE);
}

/* Lets slaves go that are not to be kept: first all are listed, for no request fits into a dump. */
static int release(struct pass *p, const struct link_state *bond, const struct site_bond *keep,
                   struct err *e)
{
    struct emptying w = {.bond = bond, .keep = keep};
    int bad = link_for_each(p->sock, note_slave, &w, e);
    for (uint32_t i = 0; i < w.names && bad == 0; i++) {
        log_notice("%s: lets %s go", bond->name, w.name[i]);
        bad = link_set_master(p->sock, w.name[i], 0, e);
    }
    return bad;
}

/* Makes the bond if need be, and its options as they shall be; *bond is as it was last seen. */
static int prepare_bond(struct pass *p, const struct site_bond *want, struct link_state *bond,
                        struct err *e)
{
    if (link_look(p->sock, want->name, bond, e) != 0)
        return -1;
    if (!bond->exists && (link_make_bond(p->sock, want->name, want->value[BOND_MODE], e) != 0 ||
                          link_look(p->sock, want->name, bond, e) != 0))
        return -1;
    if (bond->kind != LINK_BOND)
        return err_set(e, "is there already, and no bond");
    if (must_be_empty(bond, want)) {
        if (bond->up)
            log_notice("%s: interrupted for options that a bond at work cannot take", want->name);
        if (release(p, bond, NULL, e) != 0 || (bond->up && link_set_down(p->sock, want->name, e)))
            return -1;
    }
    if (release(p, bond, want, e) != 0 || link_set_bond(p->sock, bond, want, e) != 0)
        return -1;
    if (want->mtu != 0 && bond->mtu != want->mtu &&
        link_set_mtu(p->sock, want->name, want->mtu, e) != 0)
        return -1;
    return link_look(p->sock, want->name, bond, e);
}

static int check_options(const struct link_state *bond, const struct site_bond *want, struct err *e)
{
    for (int id = 0; id < BOND_OPTIONS; id++)
        if (bond_option_fits(&bond_option[id], want->value[BOND_MODE]) &&
            bond->bond.value[id] != want->value[id])
            return err_set(e, "the kernel keeps %s at %u; expected %u", bond_option[id].name,
                           bond->bond.value[id], want->value[id]);
    return 0;
}

static int enslave(struct pass *p, const char *name, const struct link_state *bond, struct err *e)
{
    struct link_state link;
    if (link_look(p->sock, name, &link, e) != 0)
        return -1;
    if (!link.exists)
        return 0;
    if (link.master != bond->index &&
        ((link.up && link_set_down(p->sock, name, e) != 0) || /* else it is refused */
         link_set_master(p->sock, name, bond->index, e) != 0))
        return -1;
    return link.master == bond->index && !link.up ? link_set_up(p->sock, name, e) : 0;
}

static int set_primary(struct pass *p, const struct site_bond *want, const struct link_state *bond,
                       struct err *e)
{
    struct link_state primary = {0};
    if (!bond_option_fits(&bond_option[BOND_PRIMARY_RESELECT], want->value[BOND_MODE]) ||
        (want->primary[0] != '\0' && link_look(p->sock, want->primary, &primary, e) != 0))
        return want->primary[0] != '\0' ? -1 : 0;
    bool wanted = primary.exists && primary.master == bond->index;
    if (bond->bond.primary == (wanted ? primary.index : 0))
        return 0;
    return link_set_primary(p->sock, want->name, bond->index, wanted ? primary.index : 0, e);
}

/* "active-backup: eth0 active (primary), eth1 stands by" */
static int describe_bond(struct pass *p, const struct site_bond *want,
                         const struct link_state *bond, struct err *e)
{
    char mode[32];
    bool one_carries = bond_option_fits(&bond_option[BOND_PRIMARY_RESELECT], bond->bond.value[0]);
    bond_option_format(&bond_option[BOND_MODE], bond->bond.value[BOND_MODE], mode, sizeof mode);
    pass_say(p, true, "%s: ", mode);
    for (uint32_t i = 0; i < want->slaves; i++) {
        struct link_state link;
        if (link_look(p->sock, want->slave[i], &link, e) != 0)
            return -1;
        bool up = link.exists && link.carrier && !link.slave.dead;
        const char *how = !link.exists                       ? "does not exist yet"
                          : !link.carrier                    ? "has no carrier"
                          : link.slave.dead                  ? "fails its monitor"
                          : !one_carries                     ? "carries"
                          : link.index != bond->bond.active  ? "stands by"
                          : link.index == bond->bond.primary ? "active (primary)"
                                                             : "active";
        pass_add(p, up, "%s %s", want->slave[i], how);
    }
    return 0;
}

static void converge_bond(struct pass *p, const struct site_bond *want)
{
    struct link_state bond;
    struct err e;
    pass_piece(p, "bond", want->name);
    int bad = prepare_bond(p, want, &bond, &e);
    for (uint32_t i = 0; bad == 0 && i < want->slaves; i++)
        bad = enslave(p, want->slave[i], &bond, &e);
    if (bad == 0)
        bad = set_primary(p, want, &bond, &e);
    if (bad == 0 && !bond.up)
        bad = link_set_up(p->sock, want->name, &e);
    if (bad == 0)
        bad = link_look(p->sock, want->name, &bond, &e);
    if (bad == 0)
        bad = check_options(&bond, want, &e);
    if (bad == 0)
        bad = describe_bond(p, want, &bond, &e);
    if (bad != 0)
        pass_failed(p, &e);
}

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
