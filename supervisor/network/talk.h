/* Netlink requests and their answers, for messages that libnl-route cannot make or read. Waits for
 * the kernel: for roles and hotplug programs, not for relevod's loop. The socket is link_open()'s.
 */
#pragma once

#include <netlink/msg.h>
#include <netlink/netlink.h>

/* So many requests go in one talk_all(): what the kernel says, should all fail, fits the socket. */
#define TALK_MAX 64

/* A message of this type with its fixed header; NULL when out of memory. */
struct nl_msg *talk_message(int type, int flags, const void *header, size_t size);

/* Sends and frees the message; take() is called for each answer (NULL: none expected). Returns 0 or
 * the kernel's -errno; -ENOMEM also for a message that could not be built (NULL). */
int talk(struct nl_sock *sock, struct nl_msg *message, void (*take)(struct nlmsghdr *h, void *to),
         void *to);

/* Sends (and frees) count requests at once, at most TALK_MAX, and waits once. The kernel does them
 * in order, and goes on after one that fails: error[i] is 0 or the -errno of request i. */
void talk_all(struct nl_sock *sock, struct nl_msg **message, uint32_t count, int *error);
