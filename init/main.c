/* init: process 1 of a node. See init.8.
 *
 * What can fail stands in the first phases; from services() on there is only waiting, acting and
 * reporting. No phase allocates memory. */
#include "crash.h"
#include "fmt.h"
#include "initramfs.h"
#include "loop.h"
#include "mounts.h"
#include "params.h"
#include "rng.h"
#include "say.h"
#include "service.h"
#include "shutdown.h"
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

enum phase { BEGIN, INITRAMFS, SYSTEM, SERVICES };

static struct params params;

/* Standard descriptors that lead nowhere: the console is say()'s, and children get their own. */
static void close_standard_descriptors(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return; /* said by whoever misses /dev */
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        if (fd != null)
            dup2(null, fd);
    }
    if (null > STDERR_FILENO)
        close(null);
}

static enum phase begin(void)
{
    loop_open();
    crash_open();
    reboot(RB_DISABLE_CAD); /* Ctrl-Alt-Del becomes our SIGINT */
    if (chdir("/") != 0)
        say("cannot enter /: %s", strerror(errno));
    return initramfs_is_root() ? INITRAMFS : SYSTEM;
}

static enum phase initramfs(void)
{
    mounts_make_first();
    if (!initramfs_leave()) {
        say("there is no root file system: resetting this host");
        disaster();
    }
    return SYSTEM;
}

/* What keeps lines from the log, though each counts: the kernel takes ten of them in five seconds
 * from each of us, and a socket like syslogd's ten at once, as long as it is not read. */
static void lift_log_limits(void)
{
    static const char *const table[][2] = {{"/proc/sys/kernel/printk_devkmsg", "on"},
                                           {"/proc/sys/net/unix/max_dgram_qlen", "256"}};
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        ssize_t length = (ssize_t)strlen(table[i][1]);
        int fd = open(table[i][0], O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, table[i][1], (size_t)length) != length)
            say("%s: %s: lines of the log may be lost", table[i][0], strerror(errno));
        if (fd >= 0)
            close(fd);
    }
}

static void set_hostname(void)
{
    const char *name = params.hostname[0] != '\0' ? params.hostname : "localhost";
    if (params.hostname[0] == '\0')
        say("no hostname= on the kernel command line: this node is localhost");
    if (sethostname(name, strlen(name)) != 0)
        say("cannot set the hostname %s: %s", name, strerror(errno));
}

static enum phase system_up(void)
{
    mounts_make();
    lift_log_limits();
    close_standard_descriptors();
    params_read(&params);
    set_hostname();
    rng_seed();
    rng_name_this_boot();
    spawn_open();
    return SERVICES;
}

/* A copy of the console's shell for each terminal named by shell=. */
static void add_shells(const struct service *on_console)
{
    static struct service shells[SHELLS_MAX];
    static char names[SHELLS_MAX][sizeof("shell-") + TTY_NAME_MAX];
    static char ttys[SHELLS_MAX][sizeof("/dev/") + TTY_NAME_MAX];
    for (unsigned i = 0; i < params.shells; i++) {
        fmt(names[i], sizeof(names[i]), "shell-%s", params.shell[i]);
        fmt(ttys[i], sizeof(ttys[i]), "/dev/%s", params.shell[i]);
        shells[i] = *on_console;
        shells[i].name = names[i];
        shells[i].tty = ttys[i];
        services_add(&shells[i], params.rescue);
    }
}

static enum phase services(void)
{
    if (params.rescue)
        say("RESCUE: nothing but shells is started; leave with reboot");
    for (unsigned i = 0; i < services_count; i++) {
        services_add(&services_table[i], params.rescue);
        if ((services_table[i].flags & SERVICE_SHELL) != 0)
            add_shells(&services_table[i]);
    }
    services_begin();
    for (;;) {
        unsigned happened = loop_wait(services_deadline());
        if ((happened & CHILD_ENDED) != 0)
            loop_reap();
        services_tick();
        if ((happened & ASKED_POWEROFF) != 0)
            shut_down(END_POWEROFF);
        if ((happened & ASKED_HALT) != 0)
            shut_down(END_HALT);
        if ((happened & ASKED_REBOOT) != 0)
            shut_down(END_REBOOT);
        if (services_host_failure() != NULL)
            shut_down(END_HOST_FAILURE);
    }
}

static enum phase (*const phases[])(void) = {
    [BEGIN] = begin,
    [INITRAMFS] = initramfs,
    [SYSTEM] = system_up,
    [SERVICES] = services,
};

int main(void)
{
    static const char refusal[] = "init: this is process 1 of a node; it is not started by hand\n";
    if (getpid() != 1) {
        ssize_t n = write(STDERR_FILENO, refusal, sizeof(refusal) - 1);
        return n < 0 ? 2 : 1;
    }
    for (enum phase phase = BEGIN;;)
        phase = phases[phase]();
}
