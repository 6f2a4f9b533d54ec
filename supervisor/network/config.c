#include "network/config.h"

#include <string.h>

static bool closed(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool bridge_ok(const struct site_bridge *bridge)
{
    if (!closed(bridge->name, sizeof bridge->name) || bridge->ports > SITE_PORTS_MAX)
        return false;
    for (uint32_t i = 0; i < bridge->ports; i++)
        if (!closed(bridge->port[i], sizeof bridge->port[i]))
            return false;
    return true;
}

static bool bond_ok(const struct site_bond *bond)
{
    if (!closed(bond->name, sizeof bond->name) || !closed(bond->primary, sizeof bond->primary) ||
        bond->slaves > SITE_PORTS_MAX || bond->targets > SITE_TARGETS_MAX ||
        bond->value[BOND_MODE] >= BOND_MODES)
        return false;
    for (uint32_t i = 0; i < bond->slaves; i++)
        if (!closed(bond->slave[i], sizeof bond->slave[i]))
            return false;
    return true;
}

static bool links_ok(const struct network_config *c)
{
    if (c->ifnames > SITE_IFNAMES_MAX || c->bonds > SITE_BONDS_MAX || c->vlans > SITE_VLANS_MAX ||
        c->bridges > SITE_BRIDGES_MAX)
        return false;
    for (uint32_t i = 0; i < c->ifnames; i++)
        if (!closed(c->ifname[i].name, SITE_IFACE_SIZE))
            return false;
    for (uint32_t i = 0; i < c->bonds; i++)
        if (!bond_ok(&c->bond[i]))
            return false;
    for (uint32_t i = 0; i < c->vlans; i++)
        if (!closed(c->vlan[i].name, SITE_IFACE_SIZE) ||
            !closed(c->vlan[i].parent, SITE_IFACE_SIZE))
            return false;
    for (uint32_t i = 0; i < c->bridges; i++)
        if (!bridge_ok(&c->bridge[i]))
            return false;
    return true;
}

bool network_config_ok(const void *data, size_t size)
{
    const struct network_config *c = data;
    if (size != sizeof *c || !links_ok(c) || c->addresses > SITE_ADDRESSES_MAX ||
        c->nameservers > SITE_NAMESERVERS_MAX)
        return false;
    for (uint32_t i = 0; i < c->addresses; i++)
        if (!closed(c->address[i].iface, SITE_IFACE_SIZE) || c->address[i].prefix > 128)
            return false;
    for (uint32_t i = 0; i < c->nameservers; i++)
        if (!closed(c->nameserver[i], sizeof c->nameserver[i]))
            return false;
    return true;
}
