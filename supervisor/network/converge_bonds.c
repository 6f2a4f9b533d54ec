/* bond=: made, given its options and its slaves. */
#include <string.h>

#include "base/log.h"
#include "network/pass.h"

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

void converge_bond(struct pass *p, const struct site_bond *want)
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
