#include "crash.h"

#include "say.h"
#include "service.h"

#include <fcntl.h>
#include <linux/reboot.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

/* The kernel saves all registers of the processor there, 11 KiB with AMX, before we run. */
static char stack[32 * 1024];

static const struct {
    int signal;
    const char *name;
} crashes[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGILL, "SIGILL"},
               {SIGFPE, "SIGFPE"},   {SIGABRT, "SIGABRT"}, {SIGSYS, "SIGSYS"}};

/* Where the linker put us, so that an address can be looked up in the file: addr2line -e init. */
extern const char __executable_start[];

noreturn void reset_host(void)
{
    int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "b", 1) != 1)
        say_last_words("no sysrq: trying reboot(2)");
    syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART, NULL);
    say_last_words("neither sysrq nor reboot(2) resets this host: reset it by hand");
    for (;;)
        pause();
}

static void stall(void)
{
    struct timespec left = {.tv_sec = timing.disaster_ms / 1000,
                            .tv_nsec = timing.disaster_ms % 1000 * 1000000L};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) != 0)
        ; /* interrupted: sleep what is left */
}

noreturn void disaster(void)
{
    stall();
    reset_host();
}

static void crashed(int signal, siginfo_t *info, void *context)
{
    static volatile sig_atomic_t entered;
    if (getpid() != 1) /* a child, before its exec */
        _exit(128 + signal);
    if (entered++ > 0) /* the handler crashed in its turn */
        reset_host();

    const char *name = "a signal";
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        if (crashes[i].signal == signal)
            name = crashes[i].name;
    }
    const ucontext_t *at = context;
    unsigned long where = (uintptr_t)at->uc_mcontext.gregs[REG_RIP] - (uintptr_t)__executable_start;
    if (info->si_code <= 0) /* by kill(2) and its kin */
        say_last_words("CRASH of process 1: %s, sent by process %d, at init+0x%lx; resetting "
                       "this host in %d s",
                       name, (int)info->si_pid, where, timing.disaster_ms / 1000);
    else
        say_last_words("CRASH of process 1: %s at address 0x%lx, at init+0x%lx; resetting "
                       "this host in %d s",
                       name, (unsigned long)(uintptr_t)info->si_addr, where,
                       timing.disaster_ms / 1000);
    disaster();
}

void crash_open(void)
{
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    sigaltstack(&alternate, NULL);
    struct sigaction action = {.sa_sigaction = crashed,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        sigdelset(&action.sa_mask, crashes[i].signal);
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        sigaction(crashes[i].signal, &action, NULL);
}
