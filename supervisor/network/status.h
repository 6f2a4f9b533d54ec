/* What the network role tells relevod: how each configured piece stands. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/site.h"

#define NETWORK_PIECES_MAX                                                                         \
    (SITE_IFNAMES_MAX + SITE_BONDS_MAX + SITE_VLANS_MAX + SITE_BRIDGES_MAX + SITE_ADDRESSES_MAX)

/* Every message begins with its type. */
enum network_message { NETWORK_STATUS = 1 };

struct network_piece {
    char kind[8];               /* the parameter's name: bond, vlan … */
    char name[SITE_IFACE_SIZE]; /* the interface */
    bool good;
    char text[160]; /* "ports eth0 eth1", "10.0.0.2/24", "eth1 does not exist yet" */
};

struct network_status {
    uint32_t type; /* NETWORK_STATUS */
    uint32_t pieces;
    struct network_piece piece[NETWORK_PIECES_MAX];
};

/* Whether a message of size bytes is a sane status. */
bool network_status_ok(const void *data, size_t size);
