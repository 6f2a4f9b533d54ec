/* The devices: a program of the site, or a BMC by ipmitool. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cluster/fence.h"

#define IPMITOOL "/usr/bin/ipmitool"
/* One run of a program. ipmitool gives up by itself before that: -N and -R. */
#define RUN_MS 15000
/* Between two questions whether it is off. */
#define ASK_AGAIN_MS 500

int fence_order(struct fence_order *order, const struct cluster_node *node, const char *folder)
{
    *order = (struct fence_order){.by = node->fence};
    snprintf(order->node, sizeof order->node, "%s", node->name);
    size_t n = 0;
    if (node->fence.kind == FENCE_EXEC)
        n = (size_t)snprintf(order->by.target, sizeof order->by.target, "%s/%s", folder,
                             node->fence.target);
    if (n < sizeof order->by.target)
        n = (size_t)snprintf(order->password_file, sizeof order->password_file,
                             "%s/" CLUSTER_PASSWORD_FILE, folder);
    return node->fence.kind != FENCE_NONE && n < sizeof order->password_file ? 0 : -1;
}

/* Reads what a program says, until it closes its output or time is up; on one line. */
static void read_output(int fd, uint64_t until, char *text, size_t size)
{
    size_t used = 0;
    for (;;) {
        char part[512];
        uint64_t now = clock_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (now >= until || poll(&p, 1, (int)(until - now)) == 0)
            break;
        ssize_t n = read(fd, part, sizeof part);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n && used < size - 1; i++)
            text[used++] = part[i] == '\n' ? ' ' : part[i];
    }
    while (used > 0 && text[used - 1] == ' ')
        used--;
    text[used] = '\0';
}

/* In a group of its own, so that a script's children end with it. */
static void become(char *const argv[], int out)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execv(argv[0], argv);
    dprintf(STDERR_FILENO, "%s: %m", argv[0]);
    _exit(127);
}

/* Its wait status. Killed when time is up. */
static int wait_for(pid_t pid, uint64_t until)
{
    static const struct timespec moment = {.tv_nsec = 10000000};
    int status;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (clock_ms() >= until)
            kill(-pid, SIGKILL);
        nanosleep(&moment, NULL);
    }
    return status;
}

/* Runs a program; its exit status, or -1 with the reason. text: what it said. */
static int run(char *const argv[], char *text, size_t size, struct err *e)
{
    int out[2];
    uint64_t until = clock_ms() + RUN_MS;
    text[0] = '\0';
    if (pipe2(out, O_CLOEXEC) != 0)
        return err_set(e, "pipe: %m");
    pid_t pid = fork();
    if (pid == 0)
        become(argv, out[1]);
    close(out[1]);
    if (pid > 0)
        read_output(out[0], until, text, size);
    close(out[0]);
    if (pid < 0)
        return err_set(e, "no process for %s: %m", argv[0]);
    int status = wait_for(pid, until);
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    return err_set(e, "%s: no end within %d s", argv[0], RUN_MS / 1000);
}

/* The program's verb as the device knows it: "off" or "status". */
static int ask(const struct fence_order *order, const char *verb, char *text, size_t size,
               struct err *e)
{
    struct fence_order o = *order; /* argv is not const */
    char ipmitool[] = IPMITOOL, interface[] = "-I", lanplus[] = "lanplus", host[] = "-H",
         user[] = "-U", file[] = "-f", wait[] = "-N", second[] = "1", tries[] = "-R", four[] = "4",
         suite[] = "-C", chassis[] = "chassis", power[] = "power", verb_copy[16], cipher[8];
    snprintf(verb_copy, sizeof verb_copy, "%s", verb);
    snprintf(cipher, sizeof cipher, "%u", o.by.cipher);
    char *program[] = {o.by.target, o.node, verb_copy, NULL};
    char *bmc[20] = {ipmitool, interface,       lanplus, host,   o.by.target, user, o.by.user,
                     file,     o.password_file, wait,    second, tries,       four};
    int n = 13;
    if (o.by.cipher != 0) {
        bmc[n++] = suite;
        bmc[n++] = cipher;
    }
    bmc[n++] = chassis;
    bmc[n++] = power;
    bmc[n] = verb_copy;
    return run(o.by.kind == FENCE_EXEC ? program : bmc, text, size, e);
}

int fence_is_off(const struct fence_order *order, bool *off, struct err *e)
{
    char text[256];
    int status = ask(order, "status", text, sizeof text, e);
    if (status < 0)
        return -1;
    if (order->by.kind == FENCE_EXEC) {
        *off = status == 0;
        return status <= 1 ? 0
                           : err_set(e, "%s ended with status %d: %s", order->by.target, status,
                                     text[0] != '\0' ? text : "said nothing");
    }
    *off = status == 0 && strstr(text, "Chassis Power is off") != NULL;
    if (*off || (status == 0 && strstr(text, "Chassis Power is on") != NULL))
        return 0;
    return err_set(e, "BMC %s: %s", order->by.target, text[0] != '\0' ? text : "said nothing");
}

int fence_off(const struct fence_order *order, struct err *e)
{
    static const struct timespec again = {.tv_nsec = ASK_AGAIN_MS * 1000000L};
    uint64_t until = clock_ms() + FENCE_MS - 2ULL * RUN_MS;
    struct err why;
    char text[256];
    bool off = false;
    int status = ask(order, "off", text, sizeof text, &why);
    for (;;) {
        int asked = fence_is_off(order, &off, e);
        if (asked == 0 && off)
            return 0;
        if (clock_ms() >= until)
            return asked != 0 ? -1
                              : err_set(e, "still on after \"off\", which %s: %s",
                                        status == 0 ? "was accepted" : "failed",
                                        status < 0        ? why.text
                                        : text[0] != '\0' ? text
                                                          : "nothing said");
        nanosleep(&again, NULL);
    }
}
