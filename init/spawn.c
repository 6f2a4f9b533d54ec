#include "spawn.h"

#include "fmt.h"
#include "say.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define EXIT_NOT_STARTED 127 /* as shells report a command that could not be executed */

static struct start_failure *failures; /* SERVICES_MAX, shared with the children */

/* execve(2) itself: POSIX's prototype lacks the const that our tables have. */
void execute(const char *path, const char *const *argv)
{
    static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                              "HOME=/root",
                                              "TERM=vt220",
                                              "USER=root",
                                              "LOGNAME=root",
                                              "SHELL=/bin/sh",
                                              NULL};
    syscall(SYS_execve, path, argv, environment);
}

bool spawn_open(void)
{
    void *block = mmap(NULL, SERVICES_MAX * sizeof(*failures), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) {
        say("no shared memory: %s; why a service cannot start will not be known", strerror(errno));
        return false;
    }
    failures = block;
    return true;
}

/* step and what are addresses of constants, the same in parent and child. */
static noreturn void fail(unsigned slot, const char *step, const char *what, int error)
{
    if (failures != NULL)
        failures[slot] = (struct start_failure){.step = step, .what = what, .error = error};
    _exit(EXIT_NOT_STARTED);
}

/* O_NONBLOCK is for the open alone, which may otherwise wait for a modem's carrier. */
static int open_terminal(const char *tty, int flags)
{
    int fd = open(tty, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        fcntl(fd, F_SETFL, flags);
    return fd;
}

/* Ours are above 2 and close on exec: what dup2 makes is all that the program gets. */
static void set_descriptors(int in, int out)
{
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
}

static void take_terminal(const struct service *service, unsigned slot)
{
    int fd = open_terminal(service->tty, O_RDWR);
    if (fd < 0)
        fail(slot, "open", service->tty, errno);
    if (ioctl(fd, TIOCSCTTY, 0) != 0)
        fail(slot, "take the terminal", service->tty, errno);
    set_descriptors(fd, fd);
}

static void use_console(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int out = open_terminal("/dev/console", O_WRONLY);
    set_descriptors(null, out >= 0 ? out : null);
}

static void set_oom_score(const struct service *service)
{
    char text[16];
    size_t n = fmt(text, sizeof(text), "%d", service->oom_score_adj);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, n) != (ssize_t)n)
        say("%s: cannot set its OOM score: %s", service->name, strerror(errno));
    if (fd >= 0)
        close(fd);
}

/* The raw call: musl's sched_setscheduler() returns ENOSYS, as its notion of threads differs from
 * POSIX's processes. A service without its priority is better than none. */
static void set_round_robin(const struct service *service)
{
    const struct sched_param param = {.sched_priority = service->round_robin};
    if (syscall(SYS_sched_setscheduler, 0, SCHED_RR, &param) != 0)
        say("%s: no real-time priority: %s", service->name, strerror(errno));
}

static noreturn void become(const struct service *service, unsigned slot)
{
    const char *path = service->path != NULL ? service->path : service->argv[0];
    sigset_t none;
    setsid();
    if (service->tty != NULL)
        take_terminal(service, slot);
    else
        use_console();
    if (service->oom_score_adj != 0)
        set_oom_score(service);
    if (service->round_robin != 0)
        set_round_robin(service);
    umask(022);
    if (chdir("/") != 0)
        fail(slot, "enter", "/", errno);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execute(path, service->argv);
    fail(slot, "execute", path, errno);
}

pid_t sys_start(const struct service *service, unsigned slot)
{
    if (failures != NULL)
        failures[slot] = (struct start_failure){.step = NULL};
    pid_t pid = fork();
    if (pid == 0)
        become(service, slot);
    return pid;
}

bool sys_start_failed(unsigned slot, struct start_failure *why)
{
    if (failures == NULL || failures[slot].step == NULL)
        return false;
    *why = failures[slot];
    return true;
}
