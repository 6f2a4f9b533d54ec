/* The node's whole configuration: what relevod is to bring about.
 *
 * It comes from the kernel command line, from site.conf and from the guest files of the site
 * bundle. The command line wins. A piece that is wrong is left out with an error, and the rest goes
 * on. */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/bond_options.h"
#include "config/guest.h"

#define SITE_ERRORS_MAX      64
#define SITE_GUESTS_MAX      256
#define SITE_WARNINGS_MAX    32
#define SITE_IFNAMES_MAX     32
#define SITE_BONDS_MAX       16
#define SITE_TARGETS_MAX     16 /* the kernel's BOND_MAX_ARP_TARGETS */
#define SITE_VLANS_MAX       64
#define SITE_BRIDGES_MAX     64
#define SITE_PORTS_MAX       8
#define SITE_ADDRESSES_MAX   16
#define SITE_NAMESERVERS_MAX 3  /* the resolver's own limit (MAXNS) */
#define SITE_IFACE_SIZE      16 /* IFNAMSIZ */

/* Where a word stands: line 0 is the command line. */
struct place {
    const char *file;
    int line;
};

struct site_error {
    char text[400];
};

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

struct site {
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
    struct place nameserver_place[SITE_NAMESERVERS_MAX];
    uint32_t nameservers;
    struct guest *guest[SITE_GUESTS_MAX]; /* by falling priority, then by name */
    uint32_t guests;
    struct site_error error[SITE_ERRORS_MAX];
    uint32_t errors;                              /* kept */
    uint32_t errors_dropped;                      /* for want of space */
    struct site_error warning[SITE_WARNINGS_MAX]; /* works, but hardly as meant */
    uint32_t warnings;
};

struct site_source {
    const char *cmdline;  /* a file: /proc/cmdline */
    const char *folder;   /* /site; need not exist */
    const char *hostname; /* used where the command line names none */
};

/* Reads everything. Never fails: what is wrong is in site->error. To be freed with site_free().
 * Reads small files only and runs libxlutil's parser; does not touch Xen. */
struct site *site_load(const struct site_source *source);
void site_free(struct site *site);

struct guest *site_find_guest(struct site *site, const char *name);

/* Adds an error "FILE:LINE: TOKEN: what was expected"; token may be NULL. */
__attribute__((format(printf, 4, 5))) void site_error(struct site *site, struct place place,
                                                      const char *token, const char *format, ...);

/* The same for what is taken as it is, but hardly meant so. */
__attribute__((format(printf, 4, 5))) void site_warning(struct site *site, struct place place,
                                                        const char *token, const char *format, ...);

/* Checks what the network's words say together, and leaves out what cannot be: an interface with
 * two uses, loops, an address twice. */
void site_check_network(struct site *site);

/* Adds a guest, which is then the site's. False, with an error, if the name is taken or there is no
 * room; the guest is then still the caller's. */
bool site_add_guest(struct site *site, struct place place, struct guest *guest);

/* Writes the configuration in canonical form, as `relevod -n` shows it, errors last. */
void site_print(const struct site *site, void (*line)(void *to, const char *text), void *to);
