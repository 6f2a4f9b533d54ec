/* One netlink request and its answers, for messages that libnl-route cannot make or read. Waits for
 * the kernel: for roles and hotplug programs, not for relevod's loop. */
#pragma once

#include <netlink/msg.h>
#include <netlink/netlink.h>

/* A message of this type with its fixed header; NULL when out of memory. */
struct nl_msg *talk_message(int type, int flags, const void *header, size_t size);

/* Sends and frees the message; take() is called for each answer (NULL: none expected). Returns 0 or
 * the kernel's -errno; -ENOMEM also for a message that could not be built (NULL). */
int talk(struct nl_sock *sock, struct nl_msg *message, void (*take)(struct nlmsghdr *h, void *to),
         void *to);
