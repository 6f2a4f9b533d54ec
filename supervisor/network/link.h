/* Interfaces through rtnetlink. These calls wait for the kernel: for roles and hotplug programs,
 * not for relevod's loop. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/site.h"

struct nl_sock;

/* A connected rtnetlink socket, or NULL. */
struct nl_sock *link_open(struct err *e);
void link_close(struct nl_sock *sock);

enum link_kind { LINK_OTHER, LINK_BOND, LINK_VLAN, LINK_BRIDGE };

/* How a bond stands. */
struct bond_state {
    uint32_t value[BOND_OPTIONS];
    uint8_t target[SITE_TARGETS_MAX][4];
    uint32_t targets;
    int primary; /* ifindex; 0: none */
    int active;  /* ifindex of the slave that carries; 0: none, or a mode without */
};

struct link_state {
    bool exists;
    char name[SITE_IFACE_SIZE];
    int index;
    int master; /* ifindex of its bridge or bond; 0: none */
    int parent; /* of a VLAN */
    enum link_kind kind;
    bool ours; /* link_make_… has made it */
    bool up;
    bool carrier;
    uint32_t mtu;
    uint8_t mac[6];
    uint8_t permanent_mac[6]; /* a bond changes the other; mac where the kernel knows none */
    uint16_t vlan_id;
    struct bond_state bond; /* of a bond */
    struct {                /* in a bond: */
        bool dead;          /* its monitor says so */
        uint32_t failures;
    } slave;
    struct { /* in a bridge: */
        bool learning, flooded, locked;
    } port;
};

/* How an interface is now. A missing one is no error. */
int link_look(struct nl_sock *sock, const char *name, struct link_state *state, struct err *e);

/* Calls see() for every interface; state is valid during the call. */
int link_for_each(struct nl_sock *sock, void (*see)(const struct link_state *state, void *data),
                  void *data, struct err *e);

/* Calls see() with the frames that each interface has received so far: cheaper than a look at it.
 */
int link_for_each_received(struct nl_sock *sock,
                           void (*see)(int index, uint64_t frames, void *data), void *data,
                           struct err *e);

int link_make_bond(struct nl_sock *sock, const char *name, uint32_t mode, struct err *e);
int link_make_vlan(struct nl_sock *sock, const char *name, int parent, uint16_t id, struct err *e);
int link_make_bridge(struct nl_sock *sock, const char *name, struct err *e);
int link_remove(struct nl_sock *sock, const char *name, struct err *e);

int link_set_up(struct nl_sock *sock, const char *name, struct err *e);
int link_set_down(struct nl_sock *sock, const char *name, struct err *e);
/* master 0: out of where it is. */
int link_set_master(struct nl_sock *sock, const char *name, int master, struct err *e);
int link_set_address(struct nl_sock *sock, const char *name, const uint8_t mac[6], struct err *e);
int link_set_mtu(struct nl_sock *sock, const char *name, uint32_t mtu, struct err *e);
/* The interface must be down. A name such as eth%d lets the kernel choose the number. */
int link_rename(struct nl_sock *sock, int index, const char *name, struct err *e);

/* Sets those options of a bond that differ from want; option by option, so that an error names the
 * one. A bond without slaves can take all, another not those of only_empty. */
int link_set_bond(struct nl_sock *sock, const struct link_state *now, const struct site_bond *want,
                  struct err *e);
int link_set_primary(struct nl_sock *sock, const char *bond, int index, int primary, struct err *e);

/* A guest's port in its bridge: it neither learns nor is flooded, and takes frames only from mac,
 * whatever it had learned before; or, with mac NULL, an ordinary port. */
int link_guard_port(struct nl_sock *sock, const char *name, int index, const uint8_t mac[6],
                    struct err *e);
