#include "control/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/run_dir.h"
#include "control/request.h"

#define ANSWER_MS 15000
#define REPLY_MAX ((size_t)4 << 20)

static int connect_to_relevod(struct err *e)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (run_path(address.sun_path, sizeof address.sun_path, "control", NULL) != 0)
        return err_set(e, "path of the control socket too long");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    err_set(e, "%s: %m", address.sun_path);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Reads to the end of the reply: the text, to be freed, or NULL. */
static char *read_reply(int fd, struct err *e)
{
    uint64_t until = clock_ms() + ANSWER_MS;
    char *reply = NULL;
    size_t have = 0;
    for (;;) {
        char part[8192];
        uint64_t now = clock_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (now >= until || poll(&p, 1, (int)(until - now)) == 0) {
            err_set(e, "no answer within %d s", ANSWER_MS / 1000);
            break;
        }
        ssize_t n = recv(fd, part, sizeof part, MSG_DONTWAIT);
        if (n == 0 && have > 0)
            return reply;
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        char *more =
            n > 0 && have + (size_t)n < REPLY_MAX ? realloc(reply, have + (size_t)n + 1) : NULL;
        if (more == NULL) {
            err_set(e, n == 0 ? "hung up without an answer" : "cannot read the answer");
            break;
        }
        reply = more;
        memcpy(reply + have, part, (size_t)n);
        have += (size_t)n;
        reply[have] = '\0';
    }
    free(reply);
    return NULL;
}

char *control_ask(const char *request, struct err *e)
{
    char line[REQUEST_MAX + 2];
    int n = snprintf(line, sizeof line, "%s\n", request);
    if ((size_t)n >= sizeof line) {
        err_set(e, "the request is too long");
        return NULL;
    }
    int fd = connect_to_relevod(e);
    char *reply = NULL;
    if (fd >= 0 && send(fd, line, (size_t)n, MSG_NOSIGNAL) != n)
        err_set(e, "cannot send the request");
    else if (fd >= 0)
        reply = read_reply(fd, e);
    if (fd >= 0)
        close(fd);
    return reply;
}
