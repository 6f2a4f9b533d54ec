/* The network as configured. relevod sends it to the network role as it is; only relevod looks at
 * the places. */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/bond_options.h"
#include "config/place.h"

#define SITE_IFNAMES_MAX     32
#define SITE_BONDS_MAX       16
#define SITE_TARGETS_MAX     16 /* the kernel's BOND_MAX_ARP_TARGETS */
#define SITE_VLANS_MAX       64
#define SITE_BRIDGES_MAX     64
#define SITE_PORTS_MAX       8
#define SITE_ADDRESSES_MAX   16
#define SITE_NAMESERVERS_MAX 3  /* the resolver's own limit (MAXNS) */
#define SITE_IFACE_SIZE      16 /* IFNAMSIZ */

/* The interface with this address gets this name. */
struct site_ifname {
    struct place place;
    char name[SITE_IFACE_SIZE];
    uint8_t mac[6];
};

struct site_bond {
    struct place place;
    char name[SITE_IFACE_SIZE];
    char slave[SITE_PORTS_MAX][SITE_IFACE_SIZE];
    uint32_t slaves;
    uint32_t value[BOND_OPTIONS]; /* as it shall be, given or not */
    uint32_t given;               /* bit 1 << option */
    uint8_t target[SITE_TARGETS_MAX][4];
    uint32_t targets;
    char primary[SITE_IFACE_SIZE]; /* empty: none */
    uint32_t mtu;                  /* 0: as it is */
};

struct site_vlan {
    struct place place;
    char name[SITE_IFACE_SIZE];
    char parent[SITE_IFACE_SIZE];
    uint16_t id;
};

struct site_bridge {
    struct place place;
    char name[SITE_IFACE_SIZE];
    char port[SITE_PORTS_MAX][SITE_IFACE_SIZE];
    uint32_t ports;
};

struct site_address {
    struct place place;
    char iface[SITE_IFACE_SIZE];
    bool dhcp;
    int family;          /* AF_INET or AF_INET6 */
    uint8_t address[16]; /* network order; 4 bytes for AF_INET */
    uint8_t gateway[16];
    bool has_gateway;
    uint8_t prefix;
};

struct network_config {
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
    struct place nameserver_place[SITE_NAMESERVERS_MAX];
    uint32_t nameservers;
};
