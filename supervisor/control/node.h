/* What the control socket can show and command: relevod's parts, seen from outside. */
#pragma once
#include "config/site.h"
#include "guest/guests.h"
#include "network/status.h"
#include "storage/role.h"

struct node {
    struct site *site;
    struct guests *guests;
    const struct network_view *network;
    struct multipath *multipath;
    char incarnation[24]; /* of this boot; empty when unknown */
    uint64_t began_ms;    /* when this relevod began */
};
