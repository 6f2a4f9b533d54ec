#include "loop.h"

#include "fmt.h"
#include "say.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define REAP_AT_ONCE 256
#define SLOW_LOOK_MS 1000 /* where the kernel lacks signalfd or inotify: an image built wrong */

/* What each signal does. The first four are what busybox's reboot, halt and poweroff send, and the
 * kernel on Ctrl-Alt-Del. All others are ignored. */
static const struct {
    int signal;
    unsigned means;
    const char *name;
} table[] = {
    {SIGTERM, ASKED_REBOOT, "SIGTERM: reboot"},
    {SIGUSR1, ASKED_HALT, "SIGUSR1: halt"},
    {SIGUSR2, ASKED_POWEROFF, "SIGUSR2: power off"},
    {SIGINT, ASKED_REBOOT, "Ctrl-Alt-Del: reboot"},
    {SIGCHLD, CHILD_ENDED, NULL},
};

static int signals = -1;
static int paths = -1;
static bool more_to_reap;

void loop_open(void)
{
    sigset_t all;
    sigset_t wanted;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL); /* what is ignored would stay so in every child */
    sigfillset(&all);
    sigdelset(&all, SIGSEGV); /* crashes are handled, see crash.h */
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGABRT);
    sigdelset(&all, SIGSYS);
    sigprocmask(SIG_SETMASK, &all, NULL);

    sigemptyset(&wanted);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        sigaddset(&wanted, table[i].signal);
    signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        say("no signal descriptor: %s; looking for ended children every second", strerror(errno));
    paths = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (paths < 0)
        say("no inotify: %s; looking for paths every second", strerror(errno));
}

void sys_watch(const char *path)
{
    char folder[SAY_MAX];
    fmt(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL && slash != folder)
        *slash = '\0';
    unlink(path);
    if (inotify_add_watch(paths, folder, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
        say("cannot watch %s for %s: %s", folder, path, strerror(errno));
}

static unsigned read_signals(void)
{
    struct signalfd_siginfo got[8];
    unsigned happened = 0;
    ssize_t n;
    while ((n = read(signals, got, sizeof(got))) > 0) {
        for (size_t g = 0; g < (size_t)n / sizeof(got[0]); g++) {
            for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
                if (got[g].ssi_signo != (unsigned)table[i].signal)
                    continue;
                happened |= table[i].means;
                if (table[i].name != NULL)
                    say("%s, asked by process %u", table[i].name, got[g].ssi_pid);
            }
        }
    }
    return happened;
}

/* Which path it was does not matter: the engine looks at every path it waits for. */
static unsigned read_paths(void)
{
    char events[4096];
    unsigned happened = 0;
    while (read(paths, events, sizeof(events)) > 0)
        happened = PATH_APPEARED;
    return happened;
}

static int milliseconds_until(int64_t deadline)
{
    if (more_to_reap)
        return 0;
    int64_t left = deadline == NEVER ? -1 : deadline - sys_now();
    if (deadline != NEVER && left < 0)
        left = 0;
    if ((signals < 0 || paths < 0) && (left < 0 || left > SLOW_LOOK_MS))
        left = SLOW_LOOK_MS;
    return left > INT_MAX ? INT_MAX : (int)left;
}

unsigned loop_wait(int64_t deadline)
{
    struct pollfd fds[] = {{.fd = signals, .events = POLLIN}, {.fd = paths, .events = POLLIN}};
    unsigned happened = 0;
    poll(fds, 2, milliseconds_until(deadline));
    if (more_to_reap || signals < 0)
        happened |= CHILD_ENDED;
    if (fds[0].revents != 0)
        happened |= read_signals();
    if (fds[1].revents != 0)
        happened |= read_paths();
    return happened;
}

bool loop_reap(void)
{
    more_to_reap = false;
    for (int i = 0; i < REAP_AT_ONCE; i++) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid < 0)
            return false; /* ECHILD: nobody is left */
        if (pid == 0)
            return true;
        services_ended(pid, status);
    }
    more_to_reap = true;
    return true;
}
