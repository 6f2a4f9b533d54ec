/* watchdog.h without Xen: the watchdog is the file $RELEVO_FAKE_XEN/watchdog, whose text is the
 * time (CLOCK_BOOTTIME, ms) at which whoever plays the host has to end it; none: not armed.
 * no_watchdog in that folder: it cannot be opened. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cluster/watchdog.h"

struct watchdog {
    uint32_t seconds;
};

static void path_of(char path[PATH_MAX], const char *name)
{
    const char *world = getenv("RELEVO_FAKE_XEN");
    snprintf(path, PATH_MAX, "%s/%s", world != NULL ? world : "", name);
}

struct watchdog *watchdog_open(uint32_t seconds, bool armed, struct err *e)
{
    static struct watchdog w;
    char path[PATH_MAX];
    (void)armed;
    path_of(path, "no_watchdog");
    if (access(path, F_OK) == 0) {
        err_set(e, "no fake watchdog");
        return NULL;
    }
    w.seconds = seconds;
    return &w;
}

static int write_end(uint64_t end_ms, struct err *e)
{
    char path[PATH_MAX], text[32];
    path_of(path, "watchdog");
    snprintf(text, sizeof text, "%llu\n", (unsigned long long)end_ms);
    return file_replace(path, text, e);
}

int watchdog_feed(struct watchdog *w, struct err *e)
{
    return write_end(clock_ms() + (uint64_t)w->seconds * 1000, e);
}

int watchdog_disarm(struct watchdog *w, struct err *e)
{
    char path[PATH_MAX];
    (void)w;
    (void)e;
    path_of(path, "watchdog");
    unlink(path);
    return 0;
}

_Noreturn void watchdog_reset_host(void)
{
    write_end(1, NULL);
    for (;;)
        pause();
}
