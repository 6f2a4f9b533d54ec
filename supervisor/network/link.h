/* Interfaces and addresses through rtnetlink (libnl-route). These calls wait for the kernel: for
 * roles, not for relevod's loop. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct nl_sock;

/* A connected rtnetlink socket, or NULL. */
struct nl_sock *link_open(struct err *e);
void link_close(struct nl_sock *sock);

struct link_state {
    bool exists;
    int index;
    int master; /* ifindex of its bridge; 0: none */
    bool up;
    bool carrier;
    uint32_t mtu;
};

/* How an interface is now. A missing one is no error. */
int link_look(struct nl_sock *sock, const char *name, struct link_state *state, struct err *e);

int link_make_bridge(struct nl_sock *sock, const char *name, struct err *e);
int link_set_up(struct nl_sock *sock, const char *name, struct err *e);
int link_set_master(struct nl_sock *sock, const char *name, int master, struct err *e);
int link_set_address(struct nl_sock *sock, const char *name, const uint8_t mac[6], struct err *e);
int link_set_mtu(struct nl_sock *sock, const char *name, uint32_t mtu, struct err *e);

/* One IP address with its prefix, on interface index; family AF_INET or AF_INET6. */
struct link_ip {
    int family;
    uint8_t address[16];
    uint8_t prefix;
};

/* Adds, unless it is there; *added tells which. */
int link_add_ip(struct nl_sock *sock, int index, const struct link_ip *ip, bool *added,
                struct err *e);
/* Removes, unless it is gone. */
int link_remove_ip(struct nl_sock *sock, int index, const struct link_ip *ip, struct err *e);

/* Makes gateway the default route of its family through interface index. */
int link_set_gateway(struct nl_sock *sock, int index, int family, const uint8_t *gateway,
                     struct err *e);
