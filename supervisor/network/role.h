/* The network's process, and relevod's side of it. Netlink requests wait for the kernel's network
 * lock, which a driver may hold for seconds: so not in relevod's loop. */
#pragma once
#include <qb/qbloop.h>

#include "base/kept.h"
#include "config/site.h"
#include "network/config.h"
#include "network/status.h"

/* The role: converges whenever the kernel tells of a change, until its parent is gone. */
int network_role(void);

/* relevod's side: keeps the role running. */
struct network {
    struct kept process;
    struct network_view view; /* as last told */
};

/* Of one that is all zero. */
void network_init(struct network *network, qb_loop_t *loop);

/* Makes site's network what the role converges to, at start-up and whenever the configuration is
 * read again. The site must outlive its use; the one before may go after the call. */
void network_take(struct network *network, const struct site *site);
