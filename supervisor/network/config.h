/* The network as configured: relevod sends it to the network role, as it is. */
#pragma once
#include "config/site.h"

struct network_config {
    char hostname[65];
    struct site_ifname ifname[SITE_IFNAMES_MAX];
    uint32_t ifnames;
    struct site_bond bond[SITE_BONDS_MAX];
    uint32_t bonds;
    struct site_vlan vlan[SITE_VLANS_MAX];
    uint32_t vlans;
    struct site_bridge bridge[SITE_BRIDGES_MAX];
    uint32_t bridges;
    struct site_address address[SITE_ADDRESSES_MAX];
    uint32_t addresses;
    char nameserver[SITE_NAMESERVERS_MAX][INET6_ADDRSTRLEN];
    uint32_t nameservers;
};

void network_config_fill(struct network_config *config, const struct site *site);

/* Whether a message of size bytes is a sane configuration. */
bool network_config_ok(const void *data, size_t size);
