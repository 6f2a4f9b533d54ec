/* Addresses and default routes through rtnetlink. These calls wait for the kernel. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct nl_sock;

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
/* Removes that route, unless it is gone. */
int link_remove_gateway(struct nl_sock *sock, int index, int family, const uint8_t *gateway,
                        struct err *e);
