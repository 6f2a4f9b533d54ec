/* Brings the kernel's network to what is configured, as far as the interfaces are there. */
#pragma once
#include "network/config.h"
#include "network/lease.h"
#include "network/status.h"

struct nl_sock;

/* What converging remembers between its runs. */
struct network_state {
    struct network_config config;
    struct lease applied[SITE_ADDRESSES_MAX]; /* family 0: none */
    char resolv_conf[512];                    /* as last written */
};

/* One pass: looks at each piece, does what is missing, says how it stands. Idempotent. Returns how
 * many pieces failed for a reason that no event will cure. */
int network_converge(struct network_state *state, struct nl_sock *sock,
                     struct network_status *status);
