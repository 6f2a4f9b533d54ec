/* relevod's parts, and the configuration that they all take. */
#pragma once
#include "cluster/cluster.h"
#include "config/site.h"
#include "guest/guests.h"
#include "network/role.h"
#include "storage/drbd_role.h"
#include "storage/role.h"

struct node {
    struct site *site;
    struct guests *guests;
    struct network *network;
    struct multipath *multipath;
    struct drbd *drbd;
    struct cluster *cluster;
    struct site_source source; /* where site comes from */
    char incarnation[24];      /* of this boot; empty when unknown */
    uint64_t began_ms;         /* when this relevod began */
};

/* Makes site the node's configuration: every part takes it and goes to work, at start-up and at
 * each reload. Returns -1 when out of memory; nothing has changed then, and site is still the
 * caller's. The configuration before is freed: a part that fails in taking must come first. */
int node_take(struct node *node, struct site *site, struct err *e);

/* Logs a configuration's errors and what it holds. */
void node_report(const struct site *site);
