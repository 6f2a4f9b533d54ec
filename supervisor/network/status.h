/* What the network role tells relevod: how each configured piece stands. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/site.h"
#include "network/filter_rules.h"

#define NETWORK_PIECES_MAX                                                                         \
    (SITE_IFNAMES_MAX + SITE_BONDS_MAX + SITE_VLANS_MAX + SITE_BRIDGES_MAX + SITE_ADDRESSES_MAX)

/* Every message begins with its type. */
enum network_message { NETWORK_STATUS = 1, NETWORK_VIFS };

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

/* A guest's interface, and what its filter has dropped, by the classes of filter_rules.h. */
struct network_vif {
    char name[SITE_IFACE_SIZE];
    char bridge[SITE_IFACE_SIZE];
    int32_t domid, devid;
    bool filtered, good;
    char text[94]; /* why it is not good; of this length there is no padding: compared as a whole */
    uint64_t dropped[FILTER_CLASSES - 1];
};

struct network_vifs {
    uint32_t type; /* NETWORK_VIFS */
    uint32_t vifs;
    struct network_vif vif[VIFS_MAX];
};

/* What relevod keeps of both. */
struct network_view {
    struct network_status status;
    struct network_vifs vifs;
};

/* Takes a message of size bytes into the view; false if it is not sane. */
bool network_view_take(struct network_view *view, const void *data, size_t size);

/* Whether a message of size bytes is a sane one of its type. */
bool network_status_ok(const void *data, size_t size);
bool network_vifs_ok(const void *data, size_t size);
