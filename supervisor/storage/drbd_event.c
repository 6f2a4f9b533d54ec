#include "storage/drbd_event.h"

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

/* include/linux/drbd_genl.h: commands, */
enum {
    CMD_EVENT = 1,
    CMD_GET_STATUS = 2,
    CMD_RESOURCE = 34,
    CMD_DEVICE = 35,
    CMD_CONNECTION = 36,
    CMD_PEER = 37,
    CMD_HELPER = 40,
};
/* what a message has at its top, */
enum {
    TOP_CONTEXT = 2,
    TOP_NUMBERS = 8,
    TOP_RESOURCE = 15,
    TOP_DEVICE = 16,
    TOP_CONNECTION = 17,
    TOP_PEER = 18,
    TOP_NOTIFICATION = 23,
    TOP_HELPER = 24,
    TOP_MAX = TOP_HELPER
};
/* and inside these. */
enum { CONTEXT_RESOURCE = 2 };
enum { RESOURCE_ROLE = 1, RESOURCE_NO_DATA = 3, RESOURCE_FENCING = 4 };
enum { DEVICE_DISK = 1 };
enum { CONNECTION_STATE = 1, CONNECTION_ROLE = 2 };
enum { PEER_REPLICATION = 1, PEER_DISK = 2 };
enum { NOTIFICATION_TYPE = 1 };
enum { HELPER_NAME = 1 };
enum {
    NUMBERS_CAPACITY = 3,
    NUMBERS_UUIDS = 7,
    NUMBERS_FLAGS = 8,
    NUMBERS_OUT_OF_SYNC = 10,
    NUMBERS_SYNC_TOTAL = 11,
    NUMBERS_SYNC_FAILED = 12,
    INSIDE_MAX = 23
};
/* enum drbd_notification_type */
enum { NOTIFY_DESTROY = 3, NOTIFY_CALL = 4, NOTIFY_RESPONSE = 5, NOTIFY_FLAGS = 0x8000 };
/* struct drbd_genlmsghdr: minor, flags or return code. */
#define USER_HEADER 8
/* One bit stands for so much. */
#define BYTES_PER_BIT 4096

static uint64_t number(struct nlattr *const *attr, int type)
{
    const struct nlattr *a = attr[type];
    switch (a != NULL ? nla_len(a) : 0) {
    case 1:
        return nla_get_u8(a);
    case 4:
        return nla_get_u32(a);
    case 8:
        return nla_get_u64(a);
    default:
        return 0;
    }
}

static void text(struct nlattr *const *attr, int type, char *to, size_t size)
{
    const struct nlattr *a = attr[type];
    size_t length = a != NULL ? strnlen(nla_data(a), (size_t)nla_len(a)) : 0;
    if (length >= size)
        length = 0;
    if (length > 0)
        memcpy(to, nla_data(a), length);
    to[length] = '\0';
}

static bool open_top(struct nlattr *const *top, int type, struct nlattr *inside[INSIDE_MAX + 1])
{
    return top[type] != NULL && nla_parse_nested(inside, INSIDE_MAX, top[type], NULL) == 0;
}

static void read_resource(struct nlattr *const *in, struct drbd_event *event)
{
    event->state.role = (uint32_t)number(in, RESOURCE_ROLE);
    event->state.no_data = number(in, RESOURCE_NO_DATA) != 0;
    event->state.frozen = number(in, RESOURCE_FENCING) != 0;
}

static void read_device(struct nlattr *const *in, struct drbd_event *event)
{
    event->state.disk = (uint32_t)number(in, DEVICE_DISK);
}

static void read_connection(struct nlattr *const *in, struct drbd_event *event)
{
    event->state.link = (uint32_t)number(in, CONNECTION_STATE);
    event->state.peer_role = (uint32_t)number(in, CONNECTION_ROLE);
}

static void read_peer(struct nlattr *const *in, struct drbd_event *event)
{
    event->state.replication = (uint32_t)number(in, PEER_REPLICATION);
    event->state.peer_disk = (uint32_t)number(in, PEER_DISK);
}

static void read_helper(struct nlattr *const *in, struct drbd_event *event)
{
    text(in, HELPER_NAME, event->helper, sizeof event->helper);
}

static void read_numbers(struct nlattr *const *in, struct drbd_event *event)
{
    struct drbd_state *s = &event->state;
    const struct nlattr *uuids = in[NUMBERS_UUIDS];
    s->sectors = number(in, NUMBERS_CAPACITY);
    event->numbers = uuids != NULL && nla_len(uuids) >= (int)sizeof s->uuid;
    if (!event->numbers)
        return;
    memcpy(s->uuid, nla_data(uuids), sizeof s->uuid);
    s->flags = (uint32_t)number(in, NUMBERS_FLAGS);
    s->out_of_sync = number(in, NUMBERS_OUT_OF_SYNC) * BYTES_PER_BIT;
    s->sync_total = number(in, NUMBERS_SYNC_TOTAL) * BYTES_PER_BIT;
    s->sync_fail = number(in, NUMBERS_SYNC_FAILED) * BYTES_PER_BIT;
}

static const struct subject {
    uint8_t command, top;
    bool may_lack; /* what is gone is told of without a body */
    enum drbd_event_kind kind;
    void (*read)(struct nlattr *const *in, struct drbd_event *event);
} subjects[] = {
    {CMD_RESOURCE, TOP_RESOURCE, true, DRBD_EVENT_RESOURCE, read_resource},
    {CMD_DEVICE, TOP_DEVICE, true, DRBD_EVENT_DEVICE, read_device},
    {CMD_CONNECTION, TOP_CONNECTION, true, DRBD_EVENT_CONNECTION, read_connection},
    {CMD_PEER, TOP_PEER, true, DRBD_EVENT_PEER, read_peer},
    {CMD_HELPER, TOP_HELPER, false, DRBD_EVENT_HELPER, read_helper},
    {CMD_EVENT, TOP_NUMBERS, false, DRBD_EVENT_NUMBERS, read_numbers},
    {CMD_GET_STATUS, TOP_NUMBERS, false, DRBD_EVENT_NUMBERS, read_numbers},
};

static enum drbd_event_kind read_body(uint8_t command, struct nlattr *const *top,
                                      struct drbd_event *event)
{
    struct nlattr *in[INSIDE_MAX + 1] = {NULL};
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        const struct subject *s = &subjects[i];
        if (s->command != command)
            continue;
        if (!(s->may_lack && event->gone) && !open_top(top, s->top, in))
            return DRBD_EVENT_OTHER;
        s->read(in, event);
        return s->kind;
    }
    return DRBD_EVENT_OTHER;
}

void drbd_event_parse(void *message, size_t size, struct drbd_event *event)
{
    struct nlmsghdr *nlh = message;
    struct nlattr *top[TOP_MAX + 1], *in[INSIDE_MAX + 1];
    *event = (struct drbd_event){.kind = DRBD_EVENT_OTHER};
    if (size < sizeof *nlh || nlh->nlmsg_len > size)
        return;
    if (nlh->nlmsg_type == NLMSG_DONE) {
        event->kind = DRBD_EVENT_ALL_TOLD;
        return;
    }
    if (nlh->nlmsg_type < NLMSG_MIN_TYPE ||
        nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN + USER_HEADER)
        return;
    const struct genlmsghdr *genl = nlmsg_data(nlh);
    if (genlmsg_parse(nlh, USER_HEADER, top, TOP_MAX, NULL) != 0 || !open_top(top, TOP_CONTEXT, in))
        return;
    text(in, CONTEXT_RESOURCE, event->resource, sizeof event->resource);
    if (open_top(top, TOP_NOTIFICATION, in)) {
        uint32_t type = (uint32_t)number(in, NOTIFICATION_TYPE) & ~(uint32_t)NOTIFY_FLAGS;
        event->gone = type == NOTIFY_DESTROY || type == NOTIFY_RESPONSE;
    }
    event->kind = read_body(genl->cmd, top, event);
}

static void enter_numbers(const struct drbd_event *event, struct drbd_state *s)
{
    const struct drbd_state *e = &event->state;
    s->sectors = e->sectors;
    if (!event->numbers)
        return;
    memcpy(s->uuid, e->uuid, sizeof s->uuid);
    s->flags = e->flags;
    s->out_of_sync = e->out_of_sync;
    s->sync_total = e->sync_total;
    s->sync_fail = e->sync_fail;
}

void drbd_event_apply(const struct drbd_event *event, struct drbd_state *s)
{
    const struct drbd_state *e = &event->state;
    switch (event->kind) {
    case DRBD_EVENT_RESOURCE:
        s->resource = !event->gone;
        s->role = e->role;
        s->no_data = e->no_data;
        s->frozen = e->frozen;
        break;
    case DRBD_EVENT_DEVICE:
        s->device = !event->gone;
        s->disk = event->gone ? DRBD_DISKLESS : e->disk;
        break;
    case DRBD_EVENT_CONNECTION:
        s->connection = !event->gone;
        s->peer_role = e->peer_role;
        s->link = event->gone ? DRBD_STANDALONE : e->link;
        break;
    case DRBD_EVENT_PEER:
        s->peer_disk = event->gone ? DRBD_DISK_UNKNOWN : e->peer_disk;
        s->replication = event->gone ? DRBD_STANDALONE : e->replication;
        break;
    case DRBD_EVENT_NUMBERS:
        enter_numbers(event, s);
        break;
    case DRBD_EVENT_HELPER:
        if (strcmp(event->helper, "fence-peer") == 0)
            s->asking = !event->gone;
        break;
    case DRBD_EVENT_OTHER:
    case DRBD_EVENT_ALL_TOLD:
        break;
    }
    s->conn = s->link < DRBD_WF_REPORT_PARAMS || s->replication < DRBD_WF_REPORT_PARAMS
                  ? s->link
                  : s->replication;
}
