/* What relevod and its transport role say to each other. Both sides are the same binary, and check
 * every message all the same: the role listens to the network. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/codec.h"

enum wire_type {
    WIRE_CONFIG = 1, /* relevod, first of all */
    WIRE_SEND,       /* relevod: to be sent to a node, or to EVERYBODY */
    WIRE_HEARD,      /* the role: has come from a node */
    WIRE_VIEW,       /* the role: whom corosync sees; at each change */
};

struct wire_config {
    uint32_t type;
    uint8_t self;     /* this node's number */
    uint64_t cluster; /* core_site.cluster: who configures other nodes is another cluster's */
};

struct wire_packet {
    uint32_t type;
    uint8_t node;                    /* to, or from */
    bool heartbeat;                  /* the next one says it all again: the first to be dropped */
    uint8_t data[CODEC_MESSAGE_MAX]; /* the rest of the packet: a message, encoded */
};

struct wire_view {
    uint32_t type;
    bool connected; /* to corosync */
    bool quorate;   /* as corosync counts */
    nodeset members;
};

/* How many bytes a packet with a message of that size takes. */
size_t wire_packet_size(size_t message);

/* Whether data is a whole, sane message of this type. */
bool wire_ok(const void *data, size_t size, enum wire_type type);
