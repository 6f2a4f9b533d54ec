/* The kernel's DRBD over generic netlink: its state and every change of it. Reading does not wait;
 * opening asks the kernel two questions. */
#pragma once
#include "base/err.h"
#include "storage/drbd_event.h"

struct nl_sock;

struct drbd_netlink {
    struct nl_sock *sock;
    int family;
    int fd; /* readable: there is something to read */
};

/* Joins the events; -1 where the kernel has no DRBD, or on failure. */
int drbd_netlink_open(struct drbd_netlink *netlink, struct err *e);

/* Asks for the whole state, which comes as events; DRBD_EVENT_ALL_TOLD closes it. Not while another
 * answer is still coming. */
int drbd_netlink_ask_state(const struct drbd_netlink *netlink, struct err *e);
/* Asks for the generations and numbers of all, in the same way. */
int drbd_netlink_ask_numbers(const struct drbd_netlink *netlink, struct err *e);

/* Takes what has come: 0; 1: the kernel had to drop events, ask anew; -1: broken. */
int drbd_netlink_read(const struct drbd_netlink *netlink,
                      void (*take)(void *data, const struct drbd_event *event), void *data,
                      struct err *e);
