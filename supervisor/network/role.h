/* The network's process, and relevod's side of it. Netlink requests wait for the kernel's network
 * lock, which a driver may hold for seconds: so not in relevod's loop. */
#pragma once
#include <qb/qbloop.h>

#include "base/kept.h"
#include "network/config.h"
#include "network/status.h"

/* The role: converges whenever the kernel tells of a change, until its parent is gone. */
int network_role(void);

/* relevod's side: keeps the role running. */
struct network {
    struct kept process;
    struct network_view view; /* as last told */
};

/* The configuration stays the caller's, and must outlive the network. */
void network_begin(struct network *network, qb_loop_t *loop, const struct network_config *config);
