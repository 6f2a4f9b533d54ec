/* PID 1 of the lab's guest. It lives to be watched: a heartbeat on the console and by UDP
 * broadcast, durable records on its disk (record.h), answers on TCP; and to die in every way a
 * guest can, when its command line (knobs.h) or a request tells it to.
 *
 * Usage: agent [FILE-INSTEAD-OF-/proc/cmdline]
 *
 * TCP requests, one per line: status, echo TEXT, poweroff, reboot, crash, hang; send, listen and
 * heard deal in whole frames (raw.h), sink and stream in TCP (stream.h).
 * Signals as busybox's poweroff (USR2), reboot (TERM) and halt (USR1) send them to PID 1: that is
 * how the kernel passes on the toolstack's wish. */
#include "knobs.h"
#include "net.h"
#include "raw.h"
#include "record.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct agent {
    struct knobs knobs;
    struct net net;
    bool net_up;
    struct raw_ear ear;
    uint64_t boot;
    uint64_t beats;
    time_t last_console_beat;
    pid_t shell;
    struct diary diary; /* the writer thread's alone once it runs */
    pthread_t writer;
    bool writing;                  /* the thread was started */
    _Atomic uint64_t durable;      /* number of the last durable record */
    _Atomic int disk_error;        /* errno of the write that failed; it is tried again */
    _Atomic bool hung;             /* no more records */
    _Atomic(enum record_kind) end; /* non-zero: write this as the last record and finish */
};

static struct timespec now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return t;
}

static void mount_all(void)
{
    static const char *const table[][2] = {
        {"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/run"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (mount(table[i][0], table[i][1], table[i][0], 0, NULL) && errno != EBUSY)
            fprintf(stderr, "agent: cannot mount %s: %s\n", table[i][1], strerror(errno));
    int console = open("/dev/console", O_RDWR | O_NONBLOCK | O_NOCTTY);
    for (int fd = 0; console >= 0 && fd < 3; fd++)
        dup2(console, fd);
    if (console > 2)
        close(console);
}

/* The end as the kernel sees a broken guest: a panic. */
__attribute__((noreturn)) static void crash(void)
{
    int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)!write(fd, "c", 1);
    _exit(1); /* no sysrq in this kernel: the death of PID 1 is a panic too */
}

/* Everything stands still, but the kernel still answers ping: a guest that only looks alive. */
__attribute__((noreturn)) static void hang(struct agent *agent)
{
    printf("agent: hanging\n");
    atomic_store(&agent->hung, true);
    for (;;)
        pause();
}

static void *write_diary(void *argument)
{
    struct agent *agent = argument;
    struct timespec pause = {.tv_nsec = 1000000000 / agent->knobs.rate - 1};
    enum record_kind kind = RECORD_BOOT;
    for (;;) {
        enum record_kind end = atomic_load(&agent->end);
        if (atomic_load(&agent->hung))
            return NULL;
        if (diary_write(&agent->diary, end ? end : kind)) {
            atomic_store(&agent->disk_error, errno);
        } else {
            atomic_store(&agent->disk_error, 0);
            atomic_store(&agent->durable, agent->diary.next - 1);
            kind = RECORD_BEAT;
            if (end)
                return NULL;
        }
        nanosleep(&pause, NULL);
    }
}

static void start_diary(struct agent *agent)
{
    agent->diary.fd = -1;
    if (!agent->knobs.disk[0])
        return;
    if (diary_open(&agent->diary, agent->knobs.disk, agent->knobs.name, agent->boot)) {
        printf("agent: no diary on %s: %s\n", agent->knobs.disk, strerror(errno));
        return;
    }
    atomic_store(&agent->durable, agent->diary.next - 1);
    agent->writing = pthread_create(&agent->writer, NULL, write_diary, agent) == 0;
}

/* An orderly end: the last record says so, then the kernel is told. */
static void finish(struct agent *agent, enum record_kind kind)
{
    printf("agent: %s\n", kind == RECORD_REBOOT ? "rebooting" : "powering off");
    atomic_store(&agent->end, kind);
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 20;
    if (agent->writing && pthread_timedjoin_np(agent->writer, NULL, &deadline))
        printf("agent: the disk does not take the last record\n");
    else
        sync();
    reboot(kind == RECORD_REBOOT ? RB_AUTOBOOT : RB_POWER_OFF);
    crash();
}

static void describe(struct agent *agent, char *to, size_t size)
{
    struct timespec t = now();
    int error = atomic_load(&agent->disk_error);
    snprintf(to, size,
             "name=%s boot=%016" PRIx64 " beat=%" PRIu64 " up=%lld.%03ld durable=%" PRIu64
             " disk=%s\n",
             agent->knobs.name, agent->boot, agent->beats, (long long)t.tv_sec, t.tv_nsec / 1000000,
             atomic_load(&agent->durable),
             !agent->writing ? "none"
             : error         ? "error"
                             : "ok");
}

static uint64_t monotonic_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* Requests that take time, answered with the nanoseconds that they took; false: it is none. */
static bool answer_timed(const char *request, char *reply, size_t size)
{
    char *at;
    int failed;
    uint64_t began = monotonic_ns();
    if (strncmp(request, "send ", 5) == 0) {
        unsigned long count = strtoul(request + 5, &at, 10), length = strtoul(at, &at, 10);
        failed = raw_send(count, length, at + strspn(at, " "));
    } else if (strncmp(request, "stream ", 7) == 0) {
        unsigned long mib = strtoul(request + 7, &at, 10);
        failed = stream_send(at + strspn(at, " "), mib);
    } else {
        return false;
    }
    if (failed != 0)
        snprintf(reply, size, "error: %s\n", strerror(errno));
    else
        snprintf(reply, size, "ok %" PRIu64 "\n", monotonic_ns() - began);
    return true;
}

/* Those that deal with the network; false: it is none. */
static bool answer_network(struct agent *agent, const char *request, char *reply, size_t size)
{
    int failed = 0;
    if (strncmp(request, "listen ", 7) == 0) {
        failed = raw_listen(&agent->ear, request + 7);
    } else if (strcmp(request, "heard") == 0) {
        raw_hear(&agent->ear);
        snprintf(reply, size, "%" PRIu64 "\n", agent->ear.heard);
    } else if (strcmp(request, "sink") == 0) {
        failed = stream_sink();
    } else {
        return answer_timed(request, reply, size);
    }
    if (failed != 0)
        snprintf(reply, size, "error: %s\n", strerror(errno));
    return true;
}

static void answer(void *context, const char *request, char *reply, size_t size)
{
    struct agent *agent = context;
    snprintf(reply, size, "ok\n");
    if (strcmp(request, "status") == 0)
        describe(agent, reply, size);
    else if (strncmp(request, "echo ", 5) == 0)
        snprintf(reply, size, "%s\n", request + 5);
    else if (strcmp(request, "poweroff") == 0)
        kill(getpid(), SIGUSR2);
    else if (strcmp(request, "reboot") == 0)
        kill(getpid(), SIGTERM);
    else if (strcmp(request, "crash") == 0)
        crash();
    else if (strcmp(request, "hang") == 0)
        hang(agent);
    else if (!answer_network(agent, request, reply, size))
        snprintf(reply, size,
                 "error: status, echo TEXT, poweroff, reboot, crash, hang, send COUNT SIZE FRAME, "
                 "listen PATTERN, heard, sink, stream MIB ADDRESS\n");
}

static void start_shell(struct agent *agent)
{
    agent->shell = fork();
    if (agent->shell != 0)
        return;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    ioctl(0, TIOCSCTTY, 1);
    fcntl(0, F_SETFL, 0);
    execl("/bin/sh", "-sh", (char *)NULL);
    _exit(127);
}

static void reap(struct agent *agent)
{
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == agent->shell && !(WIFEXITED(status) && WEXITSTATUS(status) == 127))
            start_shell(agent);
}

static void on_signal(struct agent *agent, int fd)
{
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            reap(agent);
        else if (agent->knobs.deaf)
            printf("agent: ignoring a request to shut down\n");
        else
            finish(agent, info.ssi_signo == SIGTERM ? RECORD_REBOOT : RECORD_POWEROFF);
    }
}

static void on_beat(struct agent *agent, int fd)
{
    uint64_t ticks;
    if (read(fd, &ticks, sizeof ticks) != sizeof ticks)
        return;
    const struct knobs *knobs = &agent->knobs;
    struct timespec t = now();
    if (knobs->crash != NEVER && t.tv_sec >= knobs->crash)
        crash();
    if (knobs->hang != NEVER && t.tv_sec >= knobs->hang)
        hang(agent);
    if (knobs->poweroff != NEVER && t.tv_sec >= knobs->poweroff)
        finish(agent, RECORD_POWEROFF);
    if (knobs->reboot != NEVER && t.tv_sec >= knobs->reboot)
        finish(agent, RECORD_REBOOT);

    if (!agent->net_up && knobs->ip[0])
        agent->net_up = net_open(&agent->net, knobs->ip) == 0;
    agent->beats++;
    char line[256];
    describe(agent, line, sizeof line);
    if (agent->net_up)
        net_shout(&agent->net, line);
    if (t.tv_sec != agent->last_console_beat || agent->beats == 1)
        printf("heartbeat %s", line);
    agent->last_console_beat = t.tv_sec;
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    static const int wanted[] = {SIGCHLD, SIGTERM, SIGUSR1, SIGUSR2, SIGINT};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        sigaddset(&set, wanted[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int open_timer(int rate)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct itimerspec each = {.it_interval.tv_sec = rate == 1,
                              .it_interval.tv_nsec = rate == 1 ? 0 : 1000000000 / rate,
                              .it_value.tv_nsec = 1};
    timerfd_settime(fd, 0, &each, NULL);
    return fd;
}

int main(int argc, char **argv)
{
    static struct agent agent = {.ear.fd = -1};
    if (getpid() == 1)
        mount_all();
    setvbuf(stdout, NULL, _IOLBF, 0);
    knobs_read(&agent.knobs, argc > 1 ? argv[1] : "/proc/cmdline");
    if (agent.knobs.crash == 0)
        crash();
    /* A number that need not be unguessable: the generator may not be seeded yet. */
    if (getrandom(&agent.boot, sizeof agent.boot, GRND_INSECURE) != sizeof agent.boot)
        agent.boot = (uint64_t)time(NULL) << 20 ^ (uint64_t)now().tv_nsec;

    int signals = open_signals();
    int timer = open_timer(agent.knobs.rate);
    reboot(RB_DISABLE_CAD);
    start_diary(&agent);
    start_shell(&agent);
    for (;;) {
        struct pollfd fds[NET_CLIENTS + 3] = {{.fd = signals, .events = POLLIN},
                                              {.fd = timer, .events = POLLIN}};
        nfds_t count = 2 + (agent.net_up ? net_poll(&agent.net, fds + 2) : 0);
        if (poll(fds, count, -1) < 0 && errno != EINTR)
            crash();
        on_signal(&agent, signals);
        on_beat(&agent, timer);
        raw_hear(&agent.ear); /* before its buffer overflows */
        if (agent.net_up)
            net_serve(&agent.net, answer, &agent);
    }
}
