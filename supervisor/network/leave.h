/* From one configuration to the next: taking away what the next has no more. What relevod has made
 * is known by its mark (link_mark.h); addresses, routes and ports have none, so that what was
 * configured is kept in RUN_DIR/network, also for the next process. */
#pragma once
#include "network/config.h"

struct nl_sock;

/* Takes away addresses, leases, default routes and bridges' ports that were configured and are not
 * in next, then notes next as what is configured. Whatever is kept is not touched. What fails is
 * told and left. */
void network_leave(const struct network_config *next, struct nl_sock *sock);
