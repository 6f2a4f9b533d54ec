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

/* What a packet holds. */
enum wire_kind {
    WIRE_MESSAGE,   /* of core/, encoded */
    WIRE_HEARTBEAT, /* such a one, and the next says it all again: the first to be dropped */
    WIRE_CARD,      /* struct card: also from those that configure the cluster otherwise */
    WIRE_KINDS
};

struct wire_config {
    uint32_t type;
    uint8_t self;     /* this node's number */
    uint64_t cluster; /* core_site.cluster: what others say who have another is not for core/ */
};

struct wire_packet {
    uint32_t type;
    uint8_t node; /* to, or from */
    uint8_t kind; /* enum wire_kind */
    uint8_t data[CODEC_MESSAGE_MAX];
};

struct wire_view {
    uint32_t type;
    bool connected; /* to corosync */
    bool quorate;   /* as corosync counts */
    nodeset members;
};

/* How many bytes a packet with so much data takes. */
size_t wire_packet_size(size_t data);

/* Whether data is a whole, sane message of this type. */
bool wire_ok(const void *data, size_t size, enum wire_type type);
