/* What the network's words say together: each was well-formed by itself. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/site.h"

#define LINKS_MAX (SITE_BONDS_MAX + SITE_VLANS_MAX + SITE_BRIDGES_MAX)

/* A bond, VLAN or bridge, and what it stands on. */
struct link {
    const char *kind, *name;
    struct place place;
    const char (*lower)[SITE_IFACE_SIZE];
    uint32_t lowers;
    bool bad;
};

struct links {
    struct link link[LINKS_MAX];
    uint32_t count;
};

static void collect(struct links *links, struct site *site)
{
    *links = (struct links){0};
    for (uint32_t i = 0; i < site->network.bonds; i++)
        links->link[links->count++] =
            (struct link){.kind = "bond",
                          .name = site->network.bond[i].name,
                          .place = site->network.bond[i].place,
                          .lower = (const char(*)[SITE_IFACE_SIZE])site->network.bond[i].slave,
                          .lowers = site->network.bond[i].slaves};
    for (uint32_t i = 0; i < site->network.vlans; i++)
        links->link[links->count++] =
            (struct link){.kind = "vlan",
                          .name = site->network.vlan[i].name,
                          .place = site->network.vlan[i].place,
                          .lower = (const char(*)[SITE_IFACE_SIZE]) & site->network.vlan[i].parent,
                          .lowers = 1};
    for (uint32_t i = 0; i < site->network.bridges; i++)
        links->link[links->count++] =
            (struct link){.kind = "bridge",
                          .name = site->network.bridge[i].name,
                          .place = site->network.bridge[i].place,
                          .lower = (const char(*)[SITE_IFACE_SIZE])site->network.bridge[i].port,
                          .lowers = site->network.bridge[i].ports};
}

static const struct link *find(const struct links *links, const char *name)
{
    for (uint32_t i = 0; i < links->count; i++)
        if (!links->link[i].bad && strcmp(links->link[i].name, name) == 0)
            return &links->link[i];
    return NULL;
}

__attribute__((format(printf, 3, 4))) static void leave_out(struct site *site, struct link *link,
                                                            const char *format, ...)
{
    char why[200], token[32];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    snprintf(token, sizeof token, "%s=%s", link->kind, link->name);
    site_error(site, link->place, token, "%s; left out", why);
    link->bad = true;
}

static bool is_vlan(const struct link *link)
{
    return link->kind[0] == 'v';
}

/* A bond or bridge has its interfaces to itself. A VLAN does not mind others beside it. */
static const struct link *other_owner(const struct links *links, uint32_t before, const char *lower)
{
    for (uint32_t i = 0; i < before; i++)
        for (uint32_t p = 0; !links->link[i].bad && p < links->link[i].lowers; p++)
            if (!is_vlan(&links->link[i]) && strcmp(links->link[i].lower[p], lower) == 0)
                return &links->link[i];
    return NULL;
}

static void check_uses(struct site *site, struct links *links)
{
    for (uint32_t i = 0; i < links->count; i++) {
        struct link *link = &links->link[i];
        for (uint32_t j = 0; j < i && !link->bad; j++)
            if (!links->link[j].bad && strcmp(links->link[j].name, link->name) == 0)
                leave_out(site, link, "is the name of a %s already; expected names to differ",
                          links->link[j].kind);
        for (uint32_t p = 0; p < link->lowers && !link->bad && !is_vlan(link); p++) {
            const struct link *owner = other_owner(links, i, link->lower[p]);
            for (uint32_t q = 0; q < p; q++)
                if (strcmp(link->lower[p], link->lower[q]) == 0)
                    owner = link;
            if (owner != NULL)
                leave_out(site, link, "%s is in %s %s already; expected once", link->lower[p],
                          owner->kind, owner->name);
        }
    }
}

/* Whether link stands on name, directly or through others; seen: those looked at already. */
static bool reaches(const struct links *links, const struct link *link, const char *name,
                    bool seen[LINKS_MAX])
{
    seen[link - links->link] = true;
    for (uint32_t p = 0; p < link->lowers; p++) {
        const struct link *lower = find(links, link->lower[p]);
        if (strcmp(link->lower[p], name) == 0 ||
            (lower != NULL && !seen[lower - links->link] && reaches(links, lower, name, seen)))
            return true;
    }
    return false;
}

static bool stands_on(const struct links *links, const struct link *link, const char *name)
{
    bool seen[LINKS_MAX] = {false};
    return reaches(links, link, name, seen);
}

/* A loop is broken at its last word. */
static void check_loops(struct site *site, struct links *links)
{
    for (uint32_t i = 0; i < links->count; i++) {
        struct link *link = &links->link[i];
        if (!link->bad && stands_on(links, link, link->name))
            leave_out(site, link, "stands on itself in the end; expected no loop");
    }
}

static void remove_bad(struct site *site, const struct links *links)
{
    uint32_t bonds = 0, vlans = 0, bridges = 0, at = 0;
    for (uint32_t i = 0; i < site->network.bonds; i++)
        if (!links->link[at++].bad)
            site->network.bond[bonds++] = site->network.bond[i];
    for (uint32_t i = 0; i < site->network.vlans; i++)
        if (!links->link[at++].bad)
            site->network.vlan[vlans++] = site->network.vlan[i];
    for (uint32_t i = 0; i < site->network.bridges; i++)
        if (!links->link[at++].bad)
            site->network.bridge[bridges++] = site->network.bridge[i];
    site->network.bonds = bonds;
    site->network.vlans = vlans;
    site->network.bridges = bridges;
}

static void check_addresses(struct site *site)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < site->network.addresses; i++) {
        const struct site_address *a = &site->network.address[i], *other = NULL;
        for (uint32_t j = 0; j < kept; j++)
            if (!a->dhcp && !site->network.address[j].dhcp &&
                a->family == site->network.address[j].family &&
                memcmp(a->address, site->network.address[j].address, sizeof a->address) == 0)
                other = &site->network.address[j];
        if (other == NULL) {
            site->network.address[kept++] = *a;
            continue;
        }
        char text[INET6_ADDRSTRLEN];
        inet_ntop(a->family, a->address, text, sizeof text);
        site_error(site, a->place, text, "is the address of %s already; expected once; left out",
                   other->iface);
    }
    site->network.addresses = kept;
}

/* Carrier says nothing about what is behind a blade chassis' own switch. Where a gateway is known
 * behind a bond, it could be asked. */
static void suggest_arp(struct site *site, const struct links *links, const struct site_bond *bond)
{
    bool able = bond_option_fits(&bond_option[BOND_ARP_INTERVAL], bond->value[BOND_MODE]);
    for (uint32_t i = 0; i < site->network.addresses; i++) {
        const struct site_address *a = &site->network.address[i];
        const struct link *upper = find(links, a->iface);
        if (!able || !a->has_gateway || a->family != AF_INET || upper == NULL ||
            (strcmp(a->iface, bond->name) != 0 && !stands_on(links, upper, bond->name)))
            continue;
        char gateway[INET_ADDRSTRLEN], token[32];
        inet_ntop(AF_INET, a->gateway, gateway, sizeof gateway);
        snprintf(token, sizeof token, "bond=%s", bond->name);
        site_warning(site, bond->place, token,
                     "miimon sees the blade's own links only, not a failure behind them; expected "
                     "arp_interval=200,arp_ip_target=%s,arp_validate=all",
                     gateway);
        return;
    }
}

void site_check_network(struct site *site)
{
    struct links links;
    collect(&links, site);
    check_uses(site, &links);
    check_loops(site, &links);
    remove_bad(site, &links);
    check_addresses(site);
    collect(&links, site);
    for (uint32_t i = 0; i < site->network.bonds; i++)
        if (site->network.bond[i].value[BOND_MIIMON] > 0)
            suggest_arp(site, &links, &site->network.bond[i]);
}
