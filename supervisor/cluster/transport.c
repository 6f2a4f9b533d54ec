#include "cluster/transport.h"

#include <corosync/cpg.h>
#include <corosync/quorum.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/child.h"
#include "base/log.h"
#include "cluster/wire.h"

#define RECONNECT_MS 250 /* corosync is not there: tried again after */
#define AGAIN_MS     5   /* corosync takes nothing now: tried again after */
#define QUEUE_MAX    64  /* messages that wait for it */

/* All clusters of this key and network that corosync does not tell apart. */
#define GROUP "relevo"

/* What goes over the network. */
struct parcel {
    uint64_t cluster;
    uint8_t to;
    uint8_t kind; /* enum wire_kind */
    uint8_t data[CODEC_MESSAGE_MAX];
};

struct queued {
    size_t size;
    struct parcel parcel;
};

static struct transport {
    struct wire_config config;
    struct cpg_name group;
    cpg_handle_t cpg;
    quorum_handle_t quorum;
    bool cpg_open, quorum_open;
    struct pollfd fd[3]; /* the parent, CPG, quorum */
    struct wire_view view;
    bool news;                       /* view has not been told yet */
    bool reported;                   /* that corosync is not there */
    struct queued *queue[QUEUE_MAX]; /* the oldest first */
    int queued;
} t;

/* ---- towards relevod ---- */

/* What relevod cannot take now is lost, as if the network had lost it; never waited for: corosync
 * would keep for us what we do not read. */
static bool tell(const void *data, size_t size)
{
    return send(CHILD_SOCKET, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
}

static void tell_view(void)
{
    if (t.news)
        t.news = !tell(&t.view, sizeof t.view);
}

static void on_deliver(cpg_handle_t handle, const struct cpg_name *group, uint32_t id, uint32_t pid,
                       void *message, size_t size)
{
    (void)handle;
    (void)group;
    (void)pid;
    static struct wire_packet packet;
    static struct parcel parcel; /* the message need not be aligned */
    size_t length = size - offsetof(struct parcel, data);
    if (size <= offsetof(struct parcel, data) || length > CODEC_MESSAGE_MAX || id == 0 ||
        id > CORE_NODES || id - 1 == t.config.self)
        return;
    memcpy(&parcel, message, size);
    if (parcel.kind >= WIRE_KINDS || (parcel.to != EVERYBODY && parcel.to != t.config.self) ||
        (parcel.cluster != t.config.cluster && parcel.kind != WIRE_CARD))
        return;
    packet.type = WIRE_HEARD;
    packet.node = (uint8_t)(id - 1);
    packet.kind = parcel.kind;
    memcpy(packet.data, parcel.data, length);
    tell(&packet, wire_packet_size(length));
}

/* Who has a relevod in the group is not asked: one that is restarted must not look like a node that
 * is gone. */
static void on_group(cpg_handle_t handle, const struct cpg_name *group,
                     const struct cpg_address *members, size_t n, const struct cpg_address *left,
                     size_t n_left, const struct cpg_address *joined, size_t n_joined)
{
    (void)handle;
    (void)group;
    (void)members;
    (void)n;
    (void)left;
    (void)n_left;
    (void)joined;
    (void)n_joined;
}

static void on_quorum(quorum_handle_t handle, uint32_t quorate, uint64_t ring, uint32_t count,
                      uint32_t *id)
{
    (void)handle;
    (void)ring;
    t.view.quorate = quorate != 0;
    t.view.members = 0;
    for (uint32_t i = 0; i < count; i++)
        if (id[i] >= 1 && id[i] <= CORE_NODES)
            t.view.members |= node_bit((uint8_t)(id[i] - 1));
    t.news = true;
}

/* ---- the connection ---- */

static void empty_queue(void)
{
    while (t.queued > 0)
        free(t.queue[--t.queued]);
}

static void disconnect(const char *doing, cs_error_t why)
{
    if (!t.reported)
        log_err("transport: corosync is not reached (%s: error %d); tried for ever", doing,
                (int)why);
    t.reported = true;
    if (t.cpg_open)
        cpg_finalize(t.cpg);
    if (t.quorum_open)
        quorum_finalize(t.quorum);
    t.cpg_open = t.quorum_open = false;
    t.fd[1].fd = t.fd[2].fd = -1;
    empty_queue(); /* what was to be said is old by the time that it could be */
    t.news |= t.view.connected;
    t.view = (struct wire_view){.type = WIRE_VIEW};
}

/* CS_OK, or what failed in *doing. */
static cs_error_t open_cpg(const char **doing)
{
    cpg_callbacks_t calls = {.cpg_deliver_fn = on_deliver, .cpg_confchg_fn = on_group};
    *doing = "cpg_initialize";
    cs_error_t e = cpg_initialize(&t.cpg, &calls);
    t.cpg_open = e == CS_OK;
    if (e == CS_OK) {
        *doing = "cpg_join";
        e = cpg_join(t.cpg, &t.group);
    }
    return e == CS_OK ? cpg_fd_get(t.cpg, &t.fd[1].fd) : e;
}

static cs_error_t open_quorum(const char **doing)
{
    quorum_callbacks_t calls = {.quorum_notify_fn = on_quorum};
    uint32_t type;
    *doing = "quorum_initialize";
    cs_error_t e = quorum_initialize(&t.quorum, &calls, &type);
    t.quorum_open = e == CS_OK;
    if (e == CS_OK) {
        *doing = "quorum_trackstart";
        e = quorum_trackstart(t.quorum, CS_TRACK_CURRENT | CS_TRACK_CHANGES);
    }
    return e == CS_OK ? quorum_fd_get(t.quorum, &t.fd[2].fd) : e;
}

static void try_to_connect(void)
{
    const char *doing;
    cs_error_t e = open_cpg(&doing);
    if (e == CS_OK)
        e = open_quorum(&doing);
    if (e != CS_OK) {
        disconnect(doing, e);
        return;
    }
    log_line(t.reported ? LOG_NOTICE : LOG_INFO, "transport: corosync is reached");
    t.reported = false;
    t.view.connected = true;
    t.news = true;
}

/* ---- towards the network ---- */

static void take_out(int i)
{
    free(t.queue[i]);
    t.queued--;
    for (; i < t.queued; i++)
        t.queue[i] = t.queue[i + 1];
}

/* Room for one more: the oldest heartbeat goes, or else the oldest of all. */
static void make_room(void)
{
    int i = 0;
    while (i < t.queued && t.queue[i]->parcel.kind != WIRE_HEARTBEAT)
        i++;
    take_out(i < t.queued ? i : 0);
}

static void enqueue(const struct wire_packet *packet, size_t size)
{
    size_t length = size - wire_packet_size(0);
    struct queued *q = malloc(offsetof(struct queued, parcel.data) + length);
    if (q == NULL)
        return;
    q->size = offsetof(struct parcel, data) + length;
    q->parcel.cluster = t.config.cluster;
    q->parcel.to = packet->node;
    q->parcel.kind = packet->kind;
    memcpy(q->parcel.data, packet->data, length);
    if (t.queued == QUEUE_MAX)
        make_room();
    t.queue[t.queued++] = q;
}

static void send_queued(void)
{
    while (t.queued > 0) {
        struct queued *q = t.queue[0];
        struct iovec part = {.iov_base = &q->parcel, .iov_len = q->size};
        cs_error_t e = cpg_mcast_joined(t.cpg, CPG_TYPE_AGREED, &part, 1);
        if (e == CS_ERR_TRY_AGAIN)
            return;
        if (e != CS_OK) {
            disconnect("cpg_mcast_joined", e);
            return;
        }
        take_out(0);
    }
}

/* ---- the loop ---- */

/* One message of relevod; false when it is gone or not sane. */
static bool take_from_parent(void)
{
    static struct wire_packet packet;
    ptrdiff_t size = role_receive(&packet, sizeof packet);
    if (size == 0)
        return false;
    if (size < 0 || !wire_ok(&packet, (size_t)size, WIRE_SEND)) {
        log_err("transport: got a broken message from relevod");
        return false;
    }
    if (t.view.connected)
        enqueue(&packet, (size_t)size);
    return true;
}

static void dispatch(void)
{
    cs_error_t e = CS_OK;
    if (t.fd[2].revents != 0 && (e = quorum_dispatch(t.quorum, CS_DISPATCH_ALL)) != CS_OK &&
        e != CS_ERR_TRY_AGAIN) {
        disconnect("quorum_dispatch", e);
        return;
    }
    if (t.fd[1].revents != 0 && (e = cpg_dispatch(t.cpg, CS_DISPATCH_ALL)) != CS_OK &&
        e != CS_ERR_TRY_AGAIN)
        disconnect("cpg_dispatch", e);
}

static int serve(void)
{
    for (;;) {
        if (!t.view.connected)
            try_to_connect();
        tell_view();
        t.fd[0].events = (short)(POLLIN | (t.news ? POLLOUT : 0));
        int wait = !t.view.connected ? RECONNECT_MS : t.queued > 0 ? AGAIN_MS : -1;
        if (poll(t.fd, 3, wait) < 0 && errno != EINTR)
            return 1;
        if ((t.fd[0].revents & ~POLLOUT) != 0 && !take_from_parent())
            return 0;
        if (t.view.connected)
            dispatch();
        if (t.view.connected)
            send_queued();
    }
}

int transport_role(void)
{
    ptrdiff_t size = role_receive(&t.config, sizeof t.config);
    if (size <= 0 || !wire_ok(&t.config, (size_t)size, WIRE_CONFIG))
        return size == 0 ? 0 : 1;
    t.group.length = (uint32_t)snprintf(t.group.value, sizeof t.group.value, GROUP);
    t.view.type = WIRE_VIEW;
    t.fd[0] = (struct pollfd){.fd = CHILD_SOCKET};
    t.fd[1] = (struct pollfd){.fd = -1, .events = POLLIN};
    t.fd[2] = (struct pollfd){.fd = -1, .events = POLLIN};
    return serve();
}
