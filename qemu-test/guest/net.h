/* The guest's network: an address on eth0, a small TCP server, heartbeats by UDP broadcast. */
#pragma once
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define NET_CLIENTS  8
#define NET_LINE     256
#define NET_TCP_PORT 7000
#define NET_UDP_PORT 7001

struct net_client {
    int fd; /* -1: free */
    size_t used;
    char line[NET_LINE];
};

struct net {
    int listener;
    int beacon;
    struct sockaddr_in everyone;
    struct net_client client[NET_CLIENTS];
};

/* Answers one request line (without its newline) into `reply`. */
typedef void (*net_answer)(void *context, const char *request, char *reply, size_t size);

/* Gives eth0 the address ADDRESS/PREFIX and opens the sockets. 0, or -1 with errno (ENODEV: not
 * there yet, try again later). */
int net_open(struct net *net, const char *address);

/* Fills `fds` (room for NET_CLIENTS + 1) with what to poll for; returns how many. */
nfds_t net_poll(const struct net *net, struct pollfd *fds);

/* Serves whatever is ready, never blocking. */
void net_serve(struct net *net, net_answer answer, void *context);

/* Sends `text` to everybody on the guest's network; a loss is not noticed. */
void net_shout(const struct net *net, const char *text);
