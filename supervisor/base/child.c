#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    qb_loop_t *loop;
    const struct child_events *events;
    void *owner;
    pid_t pid;
    int pidfd;
    int socket; /* -1: a program, or closed */
    qb_loop_timer_handle deadline;
    bool timed_out;
};

static void close_socket(struct child *child)
{
    if (child->socket < 0)
        return;
    qb_loop_poll_del(child->loop, child->socket);
    close(child->socket);
    child->socket = -1;
}

/* One message to the owner; false when there is none to take now. */
static bool take_message(struct child *child)
{
    static char buffer[CHILD_MESSAGE_MAX]; /* one loop, one message at a time */
    if (child->socket < 0)
        return false;
    ssize_t n = recv(child->socket, buffer, sizeof buffer, MSG_DONTWAIT | MSG_TRUNC);
    if (n > 0 && (size_t)n <= sizeof buffer) {
        if (child->events->message != NULL)
            child->events->message(child->owner, buffer, (size_t)n);
        return true;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n > 0)
        child_kill(child);
    close_socket(child);
    return false;
}

static int32_t on_socket(int32_t fd, int32_t events, void *data)
{
    (void)fd;
    (void)events;
    take_message(data);
    return 0; /* closing has taken the descriptor out of the loop already */
}

static int32_t on_exit_of(int32_t fd, int32_t events, void *data)
{
    (void)events;
    struct child *child = data;
    int status = 0;
    if (waitpid(child->pid, &status, WNOHANG) == 0)
        return 0;
    /* What it said before it died counts, up to a bound: its death must not flood the loop. */
    for (int i = 0; i < 64 && take_message(child); i++)
        ;
    close_socket(child);
    qb_loop_timer_del(child->loop, child->deadline);
    qb_loop_poll_del(child->loop, fd);
    close(fd);
    child->events->ended(child->owner, status, child->timed_out);
    free(child);
    return 0;
}

static void on_deadline(void *data)
{
    struct child *child = data;
    child->deadline = 0;
    child->timed_out = true;
    child_kill(child);
}

/* init keeps relevod from the kernel's OOM killer; a child that takes too much is its first choice.
 */
static void give_up_oom_protection(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = write(fd, "0", 1); /* no harm done where it fails */
    (void)n;
    close(fd);
}

/* In the new process: only async-signal-safe calls from here to exec. */
static _Noreturn void become(const struct child_spec *spec, int socket, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    give_up_oom_protection();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (spec->role == NULL) {
        execv(spec->argv[0], spec->argv);
        _exit(127);
    }
    if (socket != CHILD_SOCKET)
        dup2(socket, CHILD_SOCKET);
    else
        fcntl(CHILD_SOCKET, F_SETFD, 0);
    char self[] = "relevod", flag[] = "--role", role[32];
    strncpy(role, spec->role, sizeof role - 1);
    role[sizeof role - 1] = '\0';
    char *argv[] = {self, flag, role, NULL};
    execv("/proc/self/exe", argv);
    _exit(127);
}

static int watch(struct child *child, uint32_t deadline_ms)
{
    if (child->socket >= 0 &&
        qb_loop_poll_add(child->loop, QB_LOOP_MED, child->socket, POLLIN, child, on_socket) != 0)
        return -1;
    if (qb_loop_poll_add(child->loop, QB_LOOP_MED, child->pidfd, POLLIN, child, on_exit_of) != 0)
        return -1;
    if (deadline_ms == 0)
        return 0;
    return qb_loop_timer_add(child->loop, QB_LOOP_MED, (uint64_t)deadline_ms * 1000000, child,
                             on_deadline, &child->deadline);
}

/* A child that cannot be watched is not left behind. */
static struct child *abandon(struct child *child)
{
    close_socket(child);
    if (child->pid > 0) {
        kill(child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0); /* returns at once: it has only just been forked */
    }
    if (child->pidfd >= 0) {
        qb_loop_poll_del(child->loop, child->pidfd);
        close(child->pidfd);
    }
    free(child);
    return NULL;
}

struct child *child_start(qb_loop_t *loop, const struct child_spec *spec, struct err *e)
{
    const char *name = spec->role != NULL ? spec->role : spec->argv[0];
    struct child *child = malloc(sizeof *child);
    if (child == NULL) {
        err_set(e, "%s: out of memory", name);
        return NULL;
    }
    *child = (struct child){
        .loop = loop, .events = spec->events, .owner = spec->owner, .pidfd = -1, .socket = -1};
    int pair[2] = {-1, -1};
    if (spec->role != NULL && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        err_set(e, "cannot make a socket for %s: %m", name);
        return abandon(child);
    }
    child->socket = pair[0];
    pid_t parent = getpid();
    child->pid = fork();
    if (child->pid == 0)
        become(spec, pair[1], parent);
    if (child->pid < 0)
        err_set(e, "cannot start %s: %m", name);
    if (pair[1] >= 0)
        close(pair[1]);
    if (child->pid < 0)
        return abandon(child);
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0); /* close-on-exec by itself */
    if (child->pidfd < 0 || watch(child, spec->deadline_ms) != 0) {
        err_set(e, "cannot watch %s: %m", name);
        return abandon(child);
    }
    return child;
}

int child_send(struct child *child, const void *data, size_t size, struct err *e)
{
    if (size > CHILD_MESSAGE_MAX)
        return err_set(e, "message of %zu bytes to a child, at most %d fit", size,
                       CHILD_MESSAGE_MAX);
    if (child->socket < 0)
        return err_set(e, "the child is gone");
    if (send(child->socket, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size)
        return err_set(e, "cannot send to the child: %m");
    return 0;
}

void child_kill(struct child *child)
{
    kill(child->pid, SIGKILL); /* not reaped yet, so the pid is still its own */
}

int child_pid(const struct child *child)
{
    return child->pid;
}

void child_describe_end(int status, bool timed_out, char *text, size_t size)
{
    if (timed_out)
        snprintf(text, size, "killed after its deadline");
    else if (WIFSIGNALED(status))
        snprintf(text, size, "killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == 127)
        snprintf(text, size, "could not be executed");
    else
        snprintf(text, size, "exited with status %d", WEXITSTATUS(status));
}

ptrdiff_t role_receive(void *data, size_t size)
{
    ssize_t n;
    do
        n = recv(CHILD_SOCKET, data, size, MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == ECONNRESET)
        return 0; /* the parent died with something of ours unread */
    return n < 0 || (size_t)n > size ? -1 : n;
}

int role_send(const void *data, size_t size)
{
    return send(CHILD_SOCKET, data, size, MSG_NOSIGNAL) == (ssize_t)size ? 0 : -1;
}
