/* The process that holds the hardware's watchdog: the first one that is not Xen's own (the kernel's
 * xen_wdt), opened at the first feed, which arms it.
 *
 * Linux, Documentation/watchdog/watchdog-api.rst: opening starts it (a BMC's: the first write
 * does), any write feeds it, a 'V' written last lets the close stop it, where the driver has
 * WDIOF_MAGICCLOSE and was not built to have no way out. A process that is killed has not written
 * one: the watchdog runs on, and the next process opens it again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "cluster/hardware.h"
#include "cluster/hardware_device.h"

#define SECONDS_MIN 2   /* less cannot be fed with certainty */
#define SECONDS_OFF 240 /* what it gets before it is stopped, should there be no way out */

static struct {
    int fd; /* -1: none */
    bool looked;
    bool bad;
    struct hardware_state state;
} w = {.fd = -1, .state = {.type = HARDWARE_STATE}};

static int tell(const char *problem)
{
    snprintf(w.state.text, sizeof w.state.text, "%s", problem);
    return role_send(&w.state, sizeof w.state);
}

static void stop(void)
{
    hardware_device_time(w.fd, SECONDS_OFF);
    (void)!write(w.fd, "V", 1);
    close(w.fd);
    w.fd = -1;
    w.state.seconds = 0;
}

/* Whether it is one to be used. Its name can be asked for only when it is open. */
static bool take(int fd)
{
    w.fd = fd;
    hardware_device_name(fd, w.state.name);
    if (strcmp(w.state.name, "xen_wdt") != 0)
        return true;
    stop();
    w.state.name[0] = '\0';
    return false;
}

static int open_one(uint32_t seconds)
{
    for (int i = 0; i < HARDWARE_DEVICES; i++) {
        int fd = hardware_device_open(i);
        if (fd < 0 && errno != ENOENT) {
            snprintf(w.state.name, sizeof w.state.name, "number %d", i);
            return tell(strerror(errno));
        }
        if (fd < 0 || !take(fd))
            continue;
        w.state.seconds = hardware_device_time(w.fd, seconds);
        if (w.state.seconds >= SECONDS_MIN)
            return tell("");
        stop();
        return tell("does not say after what time it resets, or less than 2 s: not used");
    }
    return tell("");
}

static int feed(const struct hardware_order *o)
{
    if (clock_ms() - o->at_ms > HARDWARE_LATE_MS)
        return 0;
    if (!w.looked) {
        w.looked = true;
        if (open_one(o->seconds) != 0)
            return -1;
    }
    if (w.fd < 0)
        return 0;
    bool bad = write(w.fd, "", 1) != 1, news = bad != w.bad;
    w.bad = bad;
    return news ? tell(bad ? strerror(errno) : "") : 0;
}

int hardware_role(void)
{
    struct hardware_order o;
    ptrdiff_t size;
    while ((size = role_receive(&o, sizeof o)) > 0) {
        if (!hardware_order_ok(&o, (size_t)size))
            return 1;
        if (o.type == HARDWARE_STOP) {
            if (w.fd >= 0)
                stop();
            w.looked = true; /* a feed that is on its way does not arm it again */
            if (tell("") != 0)
                return 0;
        } else if (feed(&o) != 0) {
            return 0;
        }
    }
    return size == 0 ? 0 : 1;
}
