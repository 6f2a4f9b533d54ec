#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void set_address(struct ifreq *request, uint32_t address)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = address};
    memcpy(&request->ifr_addr, &in, sizeof in);
}

/* eth0 up with ADDRESS/PREFIX; tells its broadcast address. */
static int configure(const char *text, uint32_t *broadcast)
{
    char address[64];
    struct in_addr host;
    int length = snprintf(address, sizeof address, "%s", text);
    char *slash = strchr(address, '/');
    long prefix = slash ? strtol(slash + 1, NULL, 10) : 0;
    if (slash)
        *slash = 0;
    if ((size_t)length >= sizeof address || prefix < 1 || prefix > 30 ||
        inet_pton(AF_INET, address, &host) != 1) {
        errno = EINVAL;
        return -1;
    }
    uint32_t mask = htonl(~((uint32_t)0xffffffff >> prefix));
    *broadcast = host.s_addr | ~mask;

    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "eth0"};
    int failed = fd < 0;
    set_address(&request, host.s_addr);
    failed = failed || ioctl(fd, SIOCSIFADDR, &request);
    set_address(&request, mask);
    failed = failed || ioctl(fd, SIOCSIFNETMASK, &request);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    failed = failed || ioctl(fd, SIOCSIFFLAGS, &request);
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return failed ? -1 : 0;
}

static int listen_tcp(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(NET_TCP_PORT)};
    int one = 1;
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
                    bind(fd, (struct sockaddr *)&any, sizeof any) || listen(fd, NET_CLIENTS))) {
        close(fd);
        return -1;
    }
    return fd;
}

int net_open(struct net *net, const char *address)
{
    uint32_t broadcast;
    if (configure(address, &broadcast))
        return -1;
    for (int i = 0; i < NET_CLIENTS; i++)
        net->client[i].fd = -1;
    net->everyone = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(NET_UDP_PORT), .sin_addr.s_addr = broadcast};
    net->listener = listen_tcp();
    net->beacon = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    if (net->listener < 0 || net->beacon < 0 ||
        setsockopt(net->beacon, SOL_SOCKET, SO_BROADCAST, &one, sizeof one))
        return -1;
    return 0;
}

nfds_t net_poll(const struct net *net, struct pollfd *fds)
{
    nfds_t count = 0;
    fds[count++] = (struct pollfd){.fd = net->listener, .events = POLLIN};
    for (int i = 0; i < NET_CLIENTS; i++)
        if (net->client[i].fd >= 0)
            fds[count++] = (struct pollfd){.fd = net->client[i].fd, .events = POLLIN};
    return count;
}

static void hang_up(struct net_client *client)
{
    close(client->fd);
    client->fd = -1;
}

static void welcome(struct net *net)
{
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    int fd = accept4(net->listener, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    for (int i = 0; fd >= 0 && i < NET_CLIENTS; i++)
        if (net->client[i].fd < 0) {
            net->client[i] = (struct net_client){.fd = fd};
            return;
        }
    if (fd >= 0)
        close(fd);
}

static void serve_client(struct net_client *client, net_answer answer, void *context)
{
    ssize_t got = recv(client->fd, client->line + client->used, NET_LINE - 1 - client->used, 0);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            hang_up(client);
        return;
    }
    client->used += (size_t)got;
    client->line[client->used] = 0;
    for (char *end; (end = strchr(client->line, '\n'));) {
        char reply[NET_LINE * 2];
        *end = 0;
        answer(context, client->line, reply, sizeof reply);
        if (send(client->fd, reply, strlen(reply), MSG_NOSIGNAL) < 0) {
            hang_up(client);
            return;
        }
        client->used -= (size_t)(end + 1 - client->line);
        memmove(client->line, end + 1, client->used + 1);
    }
    if (client->used == NET_LINE - 1) /* no line of ours is that long */
        hang_up(client);
}

void net_serve(struct net *net, net_answer answer, void *context)
{
    welcome(net);
    for (int i = 0; i < NET_CLIENTS; i++)
        if (net->client[i].fd >= 0)
            serve_client(&net->client[i], answer, context);
}

void net_shout(const struct net *net, const char *text)
{
    (void)sendto(net->beacon, text, strlen(text), 0, (const struct sockaddr *)&net->everyone,
                 sizeof net->everyone);
}
