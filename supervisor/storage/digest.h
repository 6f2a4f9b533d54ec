/* A node's LUNs in a few bytes, for nodes to compare: a site's list is to be the same on all, and a
 * guest goes where its LUNs are seen. Pure. */
#pragma once
#include "config/multipath.h"
#include "storage/status.h"

struct multipath_digest {
    uint64_t
        list; /* of aliases and WWIDs, in whatever order: nodes that differ here differ there */
    /* One bit for each LUN, in the order of the aliases: it has a path that carries. Comparable
     * where the list is the same. */
    uint8_t seen[(SITE_MULTIPATHS_MAX + 7) / 8];
};

/* status: one for each LUN. */
void multipath_digest(const struct multipath_config *config, const struct multipath_status *status,
                      struct multipath_digest *digest);

/* Whether a node with this digest and the same list sees the LUN; false for an unknown alias. */
bool multipath_is_seen(const struct multipath_digest *digest, const struct multipath_config *config,
                       const char *alias);
