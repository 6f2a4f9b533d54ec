#include <poll.h>
#include <stdio.h>

#include "base/child.h"
#include "base/log.h"
#include "guest/messages.h"
#include "guest/worker.h"

static int send_domains(struct xen *xen, uint32_t ticket, struct err *e)
{
    static struct message_domains m;
    int n = xen_list(xen, m.domain, XEN_DOMAINS_MAX, e);
    if (n < 0)
        return -1;
    m.type = MESSAGE_DOMAINS;
    m.ticket = ticket;
    m.count = (uint32_t)n;
    if (role_send(&m, message_domains_size(m.count)) != 0)
        return err_set(e, "cannot send to relevod: %m");
    return 0;
}

/* Takes one request; 0, -1 with an error, or 1 when the parent is gone. */
static int take_request(uint32_t *ticket, struct err *e)
{
    struct message_list m;
    ptrdiff_t size = role_receive(&m, sizeof m);
    if (size == 0)
        return 1;
    if (size < 0 || !message_ok(&m, (size_t)size) || m.type != MESSAGE_LIST)
        return err_set(e, "the watcher got a broken message");
    *ticket = m.ticket;
    return 0;
}

static int serve(struct xen *xen, int watch_fd, struct err *e)
{
    uint32_t ticket = 0;
    for (;;) {
        struct pollfd fds[] = {{.fd = CHILD_SOCKET, .events = POLLIN},
                               {.fd = watch_fd, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0)
            return err_set(e, "poll: %m");
        if (fds[1].revents != 0 && xen_watch_take(xen, e) != 0)
            return -1;
        int parent = fds[0].revents != 0 ? take_request(&ticket, e) : 0;
        if (parent != 0)
            return parent < 0 ? -1 : 0;
        if (send_domains(xen, ticket, e) != 0)
            return -1;
    }
}

int guest_watcher_role(void)
{
    struct err e;
    struct xen *xen = xen_open(&e);
    if (xen != NULL && xen_prefer_dom0(xen, &e) != 0)
        log_warn("%s", e.text);
    int fd = xen != NULL ? xen_watch(xen, &e) : -1;
    if (fd >= 0 && serve(xen, fd, &e) == 0)
        return 0;
    log_err("watching Xen: %s", e.text);
    return 1;
}
