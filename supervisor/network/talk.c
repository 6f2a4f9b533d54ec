#include "network/talk.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct answer {
    void (*take)(struct nlmsghdr *h, void *to);
    void *to;
    bool done;
    int error;
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

static int on_valid(struct nl_msg *message, void *data)
{
    struct answer *answer = data;
    if (answer->take != NULL)
        answer->take(nlmsg_hdr(message), answer->to);
    return NL_OK;
}

static int on_end(struct nl_msg *message, void *data)
{
    (void)message;
    struct answer *answer = data;
    answer->done = true;
    return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *data)
{
    (void)from;
    struct answer *answer = data;
    answer->done = true;
    answer->error = error->error;
    return NL_STOP;
}

int talk(struct nl_sock *sock, struct nl_msg *message, void (*take)(struct nlmsghdr *h, void *to),
         void *to)
{
    struct answer answer = {.take = take, .to = to};
    struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
    if (message == NULL || cb == NULL) {
        nlmsg_free(message);
        nl_cb_put(cb);
        return -ENOMEM;
    }
    nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, &answer);
    nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, &answer);
    nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, &answer);
    nl_cb_err(cb, NL_CB_CUSTOM, on_error, &answer);
    int sent = nl_send_auto(sock, message); /* asks for an ACK, or it is a dump, which has an end */
    nlmsg_free(message);
    while (sent >= 0 && !answer.done)
        if (nl_recvmsgs(sock, cb) < 0 && !answer.done)
            sent = -1;
    nl_cb_put(cb);
    return sent < 0 ? -EIO : answer.error;
}
