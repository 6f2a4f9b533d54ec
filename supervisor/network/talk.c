#include "network/talk.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Requests that were sent together, and what came back so far. */
struct conversation {
    void (*take)(struct nlmsghdr *h, void *to);
    void *to;
    uint32_t first, count; /* sequence numbers; those of others are left-overs */
    int *error;
    bool done; /* the last one is answered, and so all are */
};

struct nl_msg *talk_message(int type, int flags, const void *header, size_t size)
{
    struct nl_msg *message = nlmsg_alloc_simple(type, NLM_F_REQUEST | flags);
    void *to = message != NULL ? nlmsg_reserve(message, size, NLMSG_ALIGNTO) : NULL;
    if (to == NULL) {
        nlmsg_free(message);
        return NULL;
    }
    memcpy(to, header, size);
    return message;
}

/* Which request a message answers, its number taken; count: none. */
static uint32_t request_of(const struct conversation *c, uint32_t sequence)
{
    uint32_t i = sequence - c->first;
    return i < c->count ? i : c->count;
}

static int on_sequence(struct nl_msg *message, void *data)
{
    const struct conversation *c = data;
    return request_of(c, nlmsg_hdr(message)->nlmsg_seq) < c->count ? NL_OK : NL_SKIP;
}

static int on_valid(struct nl_msg *message, void *data)
{
    const struct conversation *c = data;
    if (c->take != NULL)
        c->take(nlmsg_hdr(message), c->to);
    return NL_OK;
}

static int answered(struct conversation *c, uint32_t sequence, int error)
{
    uint32_t i = request_of(c, sequence);
    if (i == c->count)
        return NL_SKIP;
    c->error[i] = error;
    c->done = i + 1 == c->count;
    return c->done ? NL_STOP : NL_SKIP;
}

static int on_end(struct nl_msg *message, void *data)
{
    return answered(data, nlmsg_hdr(message)->nlmsg_seq, 0);
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *data)
{
    (void)from;
    return answered(data, error->msg.nlmsg_seq, error->error);
}

/* All in one packet. Only the last asks for an ACK (or it is a dump, which has an end): the kernel
 * tells of errors in any case, and in order. */
static int send_all(struct nl_sock *sock, struct nl_msg **message, struct conversation *c)
{
    struct iovec part[TALK_MAX];
    for (uint32_t i = 0; i < c->count; i++) {
        struct nlmsghdr *h = nlmsg_hdr(message[i]);
        nl_complete_msg(sock, message[i]);
        if (i == 0)
            c->first = h->nlmsg_seq;
        if (i + 1 < c->count)
            h->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
        part[i] = (struct iovec){.iov_base = h, .iov_len = NLMSG_ALIGN(h->nlmsg_len)};
    }
    return nl_send_iovec(sock, message[0], part, c->count);
}

/* The kernel has answered all by the time it has taken them: what is left now is nobody's. */
static void drain(struct nl_sock *sock)
{
    char drop[256];
    ssize_t n;
    while ((n = recv(nl_socket_get_fd(sock), drop, sizeof drop, MSG_DONTWAIT)) > 0 ||
           (n < 0 && errno == ENOBUFS))
        ;
}

static int converse(struct nl_sock *sock, struct nl_msg **message, struct conversation *c)
{
    struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
    if (cb == NULL)
        return -ENOMEM;
    nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence, c);
    nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, c);
    nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, c);
    nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, c);
    nl_cb_err(cb, NL_CB_CUSTOM, on_error, c);
    bool broken = send_all(sock, message, c) < 0;
    while (!broken && !c->done)
        broken = nl_recvmsgs(sock, cb) < 0 && !c->done;
    nl_cb_put(cb);
    if (broken)
        drain(sock);
    return broken ? -EIO : 0;
}

static void talk_about(struct nl_sock *sock, struct nl_msg **message, struct conversation *c)
{
    int rc = c->count <= TALK_MAX ? 0 : -E2BIG;
    for (uint32_t i = 0; i < c->count; i++) {
        c->error[i] = 0;
        if (message[i] == NULL)
            rc = -ENOMEM;
    }
    if (rc == 0 && c->count > 0)
        rc = converse(sock, message, c);
    for (uint32_t i = 0; i < c->count; i++) {
        nlmsg_free(message[i]);
        if (rc != 0)
            c->error[i] = rc;
    }
}

int talk(struct nl_sock *sock, struct nl_msg *message, void (*take)(struct nlmsghdr *h, void *to),
         void *to)
{
    int error;
    struct conversation c = {.take = take, .to = to, .count = 1, .error = &error};
    talk_about(sock, &message, &c);
    return error;
}

void talk_all(struct nl_sock *sock, struct nl_msg **message, uint32_t count, int *error)
{
    struct conversation c = {.count = count, .error = error};
    talk_about(sock, message, &c);
}
