#include "storage/drbd_netlink.h"

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <string.h>
#include <sys/socket.h>

#define FAMILY  "drbd"
#define VERSION 1
/* include/linux/drbd_genl.h */
#define CMD_GET_STATUS        2
#define CMD_GET_INITIAL_STATE 38
/* struct drbd_genlmsghdr: minor and flags, both 0 for all. */
#define USER_HEADER 8
/* As the kernel packs a dump. */
#define PACKET_MAX 32768
/* A hundred mirrors that lose their peers at once, five events each. */
#define RECEIVE_BUFFER (1 << 20)

int drbd_netlink_open(struct drbd_netlink *netlink, struct err *e)
{
    struct nl_sock *sock = nl_socket_alloc();
    if (sock == NULL || genl_connect(sock) != 0)
        return err_set(e, "cannot open a netlink socket: %m");
    int group = genl_ctrl_resolve_grp(sock, FAMILY, "events");
    *netlink = (struct drbd_netlink){
        .sock = sock, .family = genl_ctrl_resolve(sock, FAMILY), .fd = nl_socket_get_fd(sock)};
    if (group < 0 || netlink->family < 0)
        return err_set(e, "this kernel has no DRBD");
    nl_socket_disable_seq_check(sock);
    if (nl_socket_set_buffer_size(sock, RECEIVE_BUFFER, 0) != 0 ||
        nl_socket_add_membership(sock, group) != 0 || nl_socket_set_nonblocking(sock) != 0)
        return err_set(e, "cannot listen to DRBD's events: %m");
    return 0; /* the socket is the process's, to its end */
}

static int ask(const struct drbd_netlink *netlink, uint8_t command, struct err *e)
{
    struct nl_msg *m = nlmsg_alloc();
    void *user = m != NULL ? genlmsg_put(m, NL_AUTO_PORT, NL_AUTO_SEQ, netlink->family, USER_HEADER,
                                         NLM_F_DUMP, command, VERSION)
                           : NULL;
    int result = -1;
    if (user != NULL) {
        memset(user, 0, USER_HEADER);
        result = nl_send_auto(netlink->sock, m);
    }
    nlmsg_free(m);
    return result >= 0 ? 0 : err_set(e, "cannot ask the kernel's DRBD");
}

int drbd_netlink_ask_state(const struct drbd_netlink *netlink, struct err *e)
{
    return ask(netlink, CMD_GET_INITIAL_STATE, e);
}

int drbd_netlink_ask_numbers(const struct drbd_netlink *netlink, struct err *e)
{
    return ask(netlink, CMD_GET_STATUS, e);
}

static void take_packet(char *packet, size_t size,
                        void (*take)(void *data, const struct drbd_event *event), void *data)
{
    struct drbd_event event;
    while (size >= NLMSG_HDRLEN) {
        const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)packet;
        size_t length = NLMSG_ALIGN(nlh->nlmsg_len);
        if (nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > size)
            return;
        drbd_event_parse(packet, size, &event);
        if (event.kind != DRBD_EVENT_OTHER)
            take(data, &event);
        if (length >= size)
            return;
        packet += length;
        size -= length;
    }
}

int drbd_netlink_read(const struct drbd_netlink *netlink,
                      void (*take)(void *data, const struct drbd_event *event), void *data,
                      struct err *e)
{
    static _Alignas(struct nlmsghdr) char packet[PACKET_MAX];
    ssize_t n;
    while ((n = recv(netlink->fd, packet, sizeof packet, MSG_DONTWAIT)) > 0)
        take_packet(packet, (size_t)n, take, data);
    if (n < 0 && errno == ENOBUFS)
        return 1;
    return n < 0 && (errno == EAGAIN || errno == EINTR)
               ? 0
               : err_set(e, "cannot read DRBD's events: %m");
}
