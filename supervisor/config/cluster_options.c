#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "config/cluster.h"

#define MINUTE 60000
#define HOUR   (60 * MINUTE)

/* token, drift, beat and what follows from them: supervisor/core/SAFETY.md, "The inequality". The
 * watchdog counts whole seconds (Xen's SCHEDOP_watchdog). stop: below what init leaves relevod for
 * leaving (init/services.c). */
const struct cluster_option cluster_option[CLUSTER_OPTIONS] = {
    /* name, initial, min, max, step */
    [CLUSTER_TOKEN] = {"token", 1000, 100, MINUTE, 1},
    [CLUSTER_PORT] = {"port", 5405, 1024, 65534, 1},
    [CLUSTER_BEAT] = {"beat", 500, 50, MINUTE, 1},
    [CLUSTER_LEASE] = {"lease", 3000, 150, 10 * MINUTE, 1},
    [CLUSTER_WATCHDOG] = {"watchdog", 5000, 2000, 10 * MINUTE, 1000},
    [CLUSTER_SILENCE] = {"silence", 0, 100, 10 * MINUTE, 1},
    [CLUSTER_WAIT] = {"wait", 0, 1, HOUR, 1},
    [CLUSTER_MARGIN] = {"margin", 500, 0, 10 * MINUTE, 1},
    [CLUSTER_DRIFT] = {"drift", 500, 0, 99999, 1},
    [CLUSTER_STOP] = {"stop", 90000, 1000, HOUR, 1},
    [CLUSTER_SETTLE] = {"settle", MINUTE, 0, 24 * HOUR, 1},
};

int cluster_option_find(const char *name)
{
    for (int i = 0; i < CLUSTER_OPTIONS; i++)
        if (strcmp(cluster_option[i].name, name) == 0)
            return i;
    return -1;
}

int cluster_option_parse(const struct cluster_option *option, const char *text, uint32_t *value)
{
    if (text[0] == '\0' || strlen(text) > 8 || strspn(text, "0123456789") != strlen(text))
        return -1;
    uint32_t v = (uint32_t)strtoul(text, NULL, 10);
    if (v < option->min || v > option->max || v % option->step != 0)
        return -1;
    *value = v;
    return 0;
}

int cluster_find(const struct cluster_config *cluster, const char *name)
{
    for (uint32_t i = 0; i < cluster->nodes; i++)
        if (strcmp(cluster->node[i].name, name) == 0)
            return (int)i;
    return -1;
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
