/* Without a version Xen's headers mean its oldest interface, where sched_op is another call. */
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__

#include "cluster/watchdog.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <unistd.h>
#include <xen/sched.h>
#include <xen/xen.h>
#include <xencall.h>

#include "base/file.h"
#include "base/run_dir.h"

struct watchdog {
    xencall_handle *xen;
    struct sched_watchdog *call; /* where Xen can read it */
    uint32_t seconds;
    uint32_t id; /* Xen's number for ours; 0: not armed */
};

static int id_path(char path[PATH_MAX])
{
    return run_path(path, PATH_MAX, "watchdog", NULL);
}

/* The number that an earlier relevod was given. Without it Xen would be asked for a second
 * watchdog, and the first one would fire. */
static uint32_t read_id(void)
{
    char path[PATH_MAX], text[16] = "";
    if (id_path(path) == 0)
        file_read(path, text, sizeof text, NULL);
    return (uint32_t)strtoul(text, NULL, 10);
}

static int write_id(uint32_t id, struct err *e)
{
    char path[PATH_MAX], text[16];
    snprintf(text, sizeof text, "%u\n", id);
    return id_path(path) == 0 ? file_replace(path, text, e) : err_set(e, "path too long");
}

struct watchdog *watchdog_open(uint32_t seconds, bool armed, struct err *e)
{
    struct watchdog *w = calloc(1, sizeof *w);
    if (w == NULL) {
        err_set(e, "out of memory");
        return NULL;
    }
    *w = (struct watchdog){.seconds = seconds};
    w->xen = xencall_open(NULL, 0);
    w->call = w->xen != NULL ? xencall_alloc_buffer(w->xen, sizeof *w->call) : NULL;
    if (w->call == NULL) {
        err_set(e, "Xen's watchdog: %m");
        if (w->xen != NULL)
            xencall_close(w->xen);
        free(w);
        return NULL;
    }
    w->id = armed ? read_id() : 0;
    return w;
}

/* Xen's answer: for a new watchdog (number 0) its number, else 0; or -1. Of 0 seconds: it ends. */
static int call_xen(struct watchdog *w, uint32_t seconds, struct err *e)
{
    *w->call = (struct sched_watchdog){.id = w->id, .timeout = seconds};
    int answer = xencall2(w->xen, __HYPERVISOR_sched_op, SCHEDOP_watchdog, (uintptr_t)w->call);
    return answer >= 0 ? answer : err_set(e, "Xen's watchdog: %m");
}

int watchdog_feed(struct watchdog *w, struct err *e)
{
    int id = call_xen(w, w->seconds, e);
    if (id < 0)
        return -1;
    if (w->id == 0) {
        w->id = (uint32_t)id;
        if (write_id(w->id, e) != 0)
            return -1;
    }
    return 0;
}

int watchdog_disarm(struct watchdog *w, struct err *e)
{
    char path[PATH_MAX];
    if (w->id != 0 && call_xen(w, 0, e) < 0)
        return -1;
    w->id = 0;
    if (id_path(path) == 0)
        unlink(path);
    return 0;
}

/* By the magic SysRq, which goes to Xen's reboot without asking a driver, a file system or a guest:
 * any of them may hang, and this host may own nothing for a moment longer. reboot(2) does ask the
 * drivers. Should both fail, the watchdog is no longer fed. */
_Noreturn void watchdog_reset_host(void)
{
    int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "b", 1) != 1)
        reboot(RB_AUTOBOOT);
    for (;;)
        pause();
}
