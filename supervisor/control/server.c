#include "control/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/run_dir.h"
#include "base/timer.h"
#include "control/request.h"

/* Out of descriptors or of places: no accept until then, rather than a spinning loop. */
#define PAUSE_MS 1000

struct client {
    struct control *control;
    int fd; /* -1: the place is free */
    struct timer timeout;
    size_t have;
    char request[REQUEST_MAX + 1];
    char *reply;
    size_t reply_size, sent;
};

struct control {
    qb_loop_t *loop;
    struct node *node;
    int fd;
    bool listening; /* fd is in the loop */
    struct timer resume;
    struct client client[CONTROL_CLIENTS_MAX];
};

static int32_t on_connect(int32_t fd, int32_t events, void *data);
static int32_t on_client(int32_t fd, int32_t events, void *data);

static void listen_again(void *data)
{
    struct control *control = data;
    if (!control->listening)
        control->listening = qb_loop_poll_add(control->loop, QB_LOOP_MED, control->fd, POLLIN,
                                              control, on_connect) == 0;
    if (!control->listening)
        timer_set(&control->resume, PAUSE_MS);
}

static void pause_listening(struct control *control)
{
    qb_loop_poll_del(control->loop, control->fd);
    control->listening = false;
    timer_set(&control->resume, PAUSE_MS);
}

static void hang_up(struct client *client)
{
    qb_loop_poll_del(client->control->loop, client->fd);
    timer_clear(&client->timeout);
    close(client->fd);
    free(client->reply);
    client->reply = NULL;
    client->fd = -1;
}

static void on_timeout(void *data)
{
    struct client *client = data;
    log_info("control: a client took longer than %d s; hung up", CONTROL_TIMEOUT_MS / 1000);
    hang_up(client);
}

static void write_reply(struct client *client)
{
    ssize_t n = send(client->fd, client->reply + client->sent, client->reply_size - client->sent,
                     MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) {
        hang_up(client);
        return;
    }
    client->sent += n > 0 ? (size_t)n : 0;
    if (client->sent == client->reply_size)
        hang_up(client);
}

/* Carries out a whole request line and begins to reply. */
static void answer(struct client *client)
{
    struct control *control = client->control;
    client->reply = request_answer(control->node, client->request, &client->reply_size);
    client->sent = 0;
    if (client->reply == NULL ||
        qb_loop_poll_mod(control->loop, QB_LOOP_MED, client->fd, POLLOUT, client, on_client) != 0)
        hang_up(client);
    else
        write_reply(client);
}

static void read_request(struct client *client)
{
    ssize_t n =
        recv(client->fd, client->request + client->have, REQUEST_MAX - client->have, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        hang_up(client);
        return;
    }
    client->have += (size_t)n;
    client->request[client->have] = '\0';
    char *end = strchr(client->request, '\n');
    if (end != NULL) {
        *end = '\0';
        answer(client);
    } else if (client->have == REQUEST_MAX || strlen(client->request) < client->have) {
        /* Too long, or a NUL byte: answered as what it is, an unknown request. */
        answer(client);
    }
}

static int32_t on_client(int32_t fd, int32_t events, void *data)
{
    (void)fd;
    (void)events;
    struct client *client = data;
    if (client->reply != NULL)
        write_reply(client);
    else
        read_request(client);
    return 0;
}

static bool may_talk(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static struct client *free_place(struct control *control)
{
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (control->client[i].fd < 0)
            return &control->client[i];
    return NULL;
}

static void welcome(struct control *control, struct client *client, int fd)
{
    client->control = control;
    client->fd = fd;
    client->have = 0;
    client->timeout = (struct timer){.loop = control->loop, .fire = on_timeout, .data = client};
    if (!may_talk(fd) ||
        qb_loop_poll_add(control->loop, QB_LOOP_MED, fd, POLLIN, client, on_client) != 0 ||
        !timer_set(&client->timeout, CONTROL_TIMEOUT_MS))
        hang_up(client);
}

static int32_t on_connect(int32_t fd, int32_t events, void *data)
{
    (void)events;
    struct control *control = data;
    struct client *place = free_place(control);
    if (place == NULL) {
        pause_listening(control);
        return 0;
    }
    /* cppcheck-suppress nullPointer ; its posix.cfg forbids what accept4(2) allows */
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client >= 0)
        welcome(control, place, client);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
        pause_listening(control);
    return 0;
}

static int open_socket(struct err *e)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (run_path(address.sun_path, sizeof address.sun_path, "control", NULL) != 0)
        return err_set(e, "path of the control socket too long");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(e, "control socket: %m");
    unlink(address.sun_path); /* an earlier relevod's */
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(address.sun_path, 0600) != 0 || listen(fd, CONTROL_CLIENTS_MAX) != 0) {
        err_set(e, "%s: %m", address.sun_path);
        close(fd);
        return -1;
    }
    return fd;
}

struct control *control_open(qb_loop_t *loop, struct node *node, struct err *e)
{
    int fd = open_socket(e);
    struct control *control = fd >= 0 ? calloc(1, sizeof *control) : NULL;
    if (control == NULL) {
        if (fd >= 0) {
            err_set(e, "out of memory");
            close(fd);
        }
        return NULL;
    }
    control->loop = loop;
    control->node = node;
    control->fd = fd;
    control->resume = (struct timer){.loop = loop, .fire = listen_again, .data = control};
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
        control->client[i].fd = -1;
    listen_again(control);
    return control;
}
