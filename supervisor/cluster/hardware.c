/* relevod's side of the hardware's watchdog. */
#include "cluster/hardware.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define STOP_MS 3000

bool hardware_order_ok(const void *data, size_t size)
{
    const struct hardware_order *o = data;
    return size == sizeof *o && (o->type == HARDWARE_FEED || o->type == HARDWARE_STOP);
}

bool hardware_state_ok(const void *data, size_t size)
{
    const struct hardware_state *s = data;
    return size == sizeof *s && s->type == HARDWARE_STATE &&
           memchr(s->name, '\0', sizeof s->name) != NULL &&
           memchr(s->text, '\0', sizeof s->text) != NULL;
}

static void end_wait(struct hardware *h)
{
    void (*stopped)(void *data) = h->stopped;
    h->stopped = NULL;
    timer_clear(&h->wait);
    if (stopped != NULL)
        stopped(h->stopped_data);
}

static void on_late(void *data)
{
    log_err("the hardware's watchdog has not been stopped in %d s; it may reset this host",
            STOP_MS / 1000);
    end_wait(data);
}

static bool on_message(void *owner, const void *data, size_t size)
{
    struct hardware *h = owner;
    if (!hardware_state_ok(data, size))
        return false;
    h->state = *(const struct hardware_state *)data;
    const struct hardware_state *s = &h->state;
    if (s->text[0] != '\0')
        log_err("the hardware's watchdog, %s: %s; Xen's is what counts", s->name, s->text);
    else if (s->seconds > 0)
        log_notice("the hardware's watchdog is armed, too: %s, after %u s", s->name, s->seconds);
    if (s->seconds == 0)
        end_wait(h);
    if (s->name[0] == '\0') /* there is none: nothing to hold */
        kept_end(&h->process);
    return true;
}

static void on_ended(void *owner)
{
    end_wait(owner);
}

void hardware_init(struct hardware *h, qb_loop_t *loop)
{
    kept_init(&h->process, loop, "watchdog", on_message, h);
    h->process.ended = on_ended;
    h->wait = (struct timer){.loop = loop, .fire = on_late, .data = h};
}

/* One that cannot be sent is lost: the process does not read, and is late anyway. */
static void order(struct hardware *h, enum hardware_type type, uint32_t seconds)
{
    struct hardware_order o = {.type = (uint32_t)type, .seconds = seconds, .at_ms = clock_ms()};
    struct err e;
    if (h->process.child != NULL)
        child_send(h->process.child, &o, sizeof o, &e);
}

void hardware_feed(struct hardware *h, uint32_t seconds)
{
    uint32_t devices = kept_begun(&h->process) ? h->devices : hardware_devices();
    if (devices != h->devices) {
        h->devices = devices;
        kept_take(&h->process, NULL, 0);
    }
    order(h, HARDWARE_FEED, seconds);
}

void hardware_stop(struct hardware *h, void (*stopped)(void *data), void *data)
{
    h->stopped = stopped;
    h->stopped_data = data;
    if (h->process.child == NULL) {
        end_wait(h);
        return;
    }
    order(h, HARDWARE_STOP, 0);
    timer_set(&h->wait, STOP_MS);
}
