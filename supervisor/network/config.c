#include "network/config.h"

#include <string.h>

void network_config_fill(struct network_config *config, const struct site *site)
{
    *config = (struct network_config){
        .bridges = site->bridges, .addresses = site->addresses, .nameservers = site->nameservers};
    memcpy(config->hostname, site->hostname, sizeof config->hostname);
    memcpy(config->bridge, site->bridge, sizeof config->bridge);
    memcpy(config->address, site->address, sizeof config->address);
    memcpy(config->nameserver, site->nameserver, sizeof config->nameserver);
    for (int i = 0; i < SITE_BRIDGES_MAX; i++) /* pointers mean nothing to another process */
        config->bridge[i].place = (struct place){0};
    for (int i = 0; i < SITE_ADDRESSES_MAX; i++)
        config->address[i].place = (struct place){0};
}

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

bool network_config_ok(const void *data, size_t size)
{
    const struct network_config *c = data;
    if (size != sizeof *c || c->bridges > SITE_BRIDGES_MAX || c->addresses > SITE_ADDRESSES_MAX ||
        c->nameservers > SITE_NAMESERVERS_MAX || !closed(c->hostname, sizeof c->hostname))
        return false;
    for (uint32_t i = 0; i < c->bridges; i++)
        if (!bridge_ok(&c->bridge[i]))
            return false;
    for (uint32_t i = 0; i < c->addresses; i++)
        if (!closed(c->address[i].iface, SITE_IFACE_SIZE) || c->address[i].prefix > 128)
            return false;
    for (uint32_t i = 0; i < c->nameservers; i++)
        if (!closed(c->nameserver[i], sizeof c->nameserver[i]))
            return false;
    return true;
}
