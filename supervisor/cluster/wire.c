#include "cluster/wire.h"

#include <string.h>

#include "base/child.h"

_Static_assert(sizeof(struct wire_packet) <= CHILD_MESSAGE_MAX, "a full ledger fits a message");

size_t wire_packet_size(size_t data)
{
    return offsetof(struct wire_packet, data) + data;
}

/* A byte that is neither 0 nor 1 is not a bool to look at. */
static bool is_flag(const void *data, size_t at)
{
    return ((const uint8_t *)data)[at] <= 1;
}

bool wire_ok(const void *data, size_t size, enum wire_type type)
{
    uint32_t is;
    if (size < sizeof is)
        return false;
    memcpy(&is, data, sizeof is);
    if (is != (uint32_t)type)
        return false;
    switch (type) {
    case WIRE_CONFIG:
        return size == sizeof(struct wire_config) &&
               ((const struct wire_config *)data)->self < CORE_NODES;
    case WIRE_SEND:
    case WIRE_HEARD:
        return size > wire_packet_size(0) && size <= wire_packet_size(CODEC_MESSAGE_MAX) &&
               ((const struct wire_packet *)data)->kind < WIRE_KINDS;
    case WIRE_VIEW:
        return size == sizeof(struct wire_view) &&
               is_flag(data, offsetof(struct wire_view, connected)) &&
               is_flag(data, offsetof(struct wire_view, quorate));
    }
    return false;
}
