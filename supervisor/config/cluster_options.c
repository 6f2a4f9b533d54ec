#include <arpa/inet.h>
#include <string.h>

#include "base/hash.h"
#include "config/cluster.h"

#define MINUTE 60000
#define HOUR   (60 * MINUTE)

/* What beat, lease and silence are derived from: cluster_check.c. watchdog, margin and drift:
 * supervisor/core/SAFETY.md, "The inequality". stop: below what init leaves relevod for leaving
 * (init/services.c). */
const struct word_option cluster_option[CLUSTER_OPTIONS] = {
    /* name, initial, min, max, zero, never, names */
    [CLUSTER_TOKEN] = {"token", 1000, 100, MINUTE, NULL, NULL, NULL},
    [CLUSTER_PORT] = {"port", 5405, 1024, 65534, NULL, NULL, NULL},
    [CLUSTER_BEAT] = {"beat", 0, 20, MINUTE, "auto", NULL, NULL},
    [CLUSTER_LEASE] = {"lease", 0, 60, 10 * MINUTE, "auto", NULL, NULL},
    [CLUSTER_WATCHDOG] = {"watchdog", 5000, 2000, 10 * MINUTE, NULL, NULL, NULL},
    [CLUSTER_SILENCE] = {"silence", 0, 100, 10 * MINUTE, "auto", NULL, NULL},
    [CLUSTER_WAIT] = {"wait", 0, 1, HOUR, "auto", NULL, NULL},
    [CLUSTER_MARGIN] = {"margin", 200, 0, 10 * MINUTE, NULL, NULL, NULL},
    [CLUSTER_DRIFT] = {"drift", 500, 0, 99999, NULL, NULL, NULL},
    [CLUSTER_STOP] = {"stop", 90000, 1000, HOUR, NULL, NULL, NULL},
    [CLUSTER_SETTLE] = {"settle", MINUTE, 0, 24 * HOUR, NULL, NULL, NULL},
};

int cluster_find(const struct cluster_config *cluster, const char *name)
{
    for (uint32_t i = 0; i < cluster->nodes; i++)
        if (strcmp(cluster->node[i].name, name) == 0)
            return (int)i;
    return -1;
}

bool cluster_runs_guests(const struct cluster_config *cluster, const char *name)
{
    int node = cluster_find(cluster, name);
    return node >= 0 && !cluster->node[node].witness;
}

uint64_t cluster_id(const char *name)
{
    uint64_t id = hash_text(name, 0);
    return id != 0 ? id : 1;
}

void cluster_address_format(const struct cluster_address *a, char text[INET6_ADDRSTRLEN])
{
    inet_ntop(a->family, a->address, text, INET6_ADDRSTRLEN);
}
