#include "storage/role.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "storage/config.h"
#include "storage/mapper.h"
#include "storage/storage.h"
#include "storage/uevent.h"

/* After events were lost, and after a rescan: look at all devices, once for a burst. */
#define SCAN_MS 50

static void leave(struct storage *s, bool released)
{
    for (uint32_t i = 0; i < s->config.maps; i++) {
        struct plan_memory *memory = &s->lun[i].memory;
        if (memory->leaving_since_ms == 0)
            memory->leaving_since_ms = clock_ms();
        memory->released = memory->released || released;
    }
}

static void carry_out(struct storage *s, const struct multipath_request *r)
{
    struct plan_memory *memory = &s->lun[r->map].memory;
    switch ((enum multipath_request_type)r->type) {
    case MULTIPATH_RESCAN:
        for (uint32_t i = 0; i < s->config.maps; i++)
            s->lun[i].memory.most_paths = 0;
        storage_want_rescan(s, &s->host_scan);
        storage_want_sizes(s);
        return;
    case MULTIPATH_REMOVE:
        s->lun[r->map].told =
            (struct multipath_status){.map = 0}; /* whatever comes of it is told */
        memory->removed = true;
        memory->delete_paths = r->delete_paths != 0;
        return;
    case MULTIPATH_ADD:
        memory->removed = memory->delete_paths = false;
        memory->most_paths = 0;
        storage_want_rescan(s, &s->host_scan); /* its devices may have been deleted */
        return;
    case MULTIPATH_LEAVE:
    case MULTIPATH_RELEASE:
        leave(s, r->type == MULTIPATH_RELEASE);
        return;
    }
}

static int32_t on_parent(int32_t fd, int32_t events, void *data)
{
    (void)fd;
    (void)events;
    struct storage *s = data;
    struct multipath_request request;
    ptrdiff_t size = role_receive(&request, sizeof request);
    if (size > 0 && multipath_request_ok(&request, (size_t)size, s->configured)) {
        carry_out(s, &request);
        timer_set(&s->scan, SCAN_MS);
    } else {
        qb_loop_stop(s->loop); /* this is its end */
    }
    return 0;
}

static int32_t on_mapper(int32_t fd, int32_t events, void *data)
{
    (void)fd;
    (void)events;
    struct err e;
    struct storage *s = data;
    /* Armed anew in any case, lest the loop spins; what comes from here on makes it readable. */
    if (mapper_arm(s->events, &e) != 0)
        log_err("multipath: %s", e.text);
    storage_settle(s);
    return 0;
}

static void see_all(void *data)
{
    storage_see_all(data);
    storage_settle(data);
}

/* The LUN has grown: every path is to learn of it. */
static void on_resized(struct storage *s, const char *hctl)
{
    for (uint32_t i = 0; i < PATHS_MAX; i++)
        if (s->watched[i].used && strcmp(s->watched[i].path.hctl, hctl) == 0)
            storage_want_rescan(s, &s->lun[s->watched[i].lun].rescan);
}

static int32_t on_kernel(int32_t fd, int32_t events, void *data)
{
    (void)events;
    struct storage *s = data;
    char text[8192];
    struct uevent event;
    ssize_t n;
    while ((n = recv(fd, text, sizeof text, MSG_DONTWAIT)) > 0 || (n < 0 && errno == ENOBUFS)) {
        if (n < 0) {
            timer_set(&s->scan, SCAN_MS);
            storage_want_sizes(s);
            continue;
        }
        if (!uevent_parse(text, (size_t)n, &event))
            continue;
        if (event.resized)
            on_resized(s, event.hctl);
        if (event.remapped)
            storage_want_rescan(s, &s->host_scan);
        if (event.name[0] != '\0' && storage_see_path(s, event.name))
            storage_settle(s);
    }
    return 0;
}

static int prepare(struct storage *s, struct err *e)
{
    ptrdiff_t size = role_receive(&s->config, sizeof s->config);
    if (size < 0 || !multipath_config_ok(&s->config, (size_t)size))
        return err_set(e, "got a broken configuration");
    s->loop = qb_loop_create();
    if (s->loop == NULL)
        return err_set(e, "out of memory");
    s->settle = (struct timer){.loop = s->loop, .fire = storage_converge, .data = s};
    s->wake = s->settle;
    s->check = (struct timer){.loop = s->loop, .fire = storage_check, .data = s};
    s->scan = (struct timer){.loop = s->loop, .fire = see_all, .data = s};
    s->configured = s->config.maps;
    memory_forget_others(&s->config);
    for (uint32_t i = 0; i < s->configured; i++) {
        struct lun *lun = &s->lun[i];
        lun->want = &s->config.map[i];
        memory_load(&lun->memory, lun->want->alias, lun->want->wwid);
        memory_format(&lun->memory, lun->want->wwid, lun->kept);
        lun->inherited = lun->memory.most_paths > 0;
    }
    mapper_init();
    /* Watch first, look then: nothing that happens between is missed. */
    s->uevents = uevent_open(e);
    if (s->uevents < 0 ||
        qb_loop_poll_add(s->loop, QB_LOOP_MED, s->uevents, POLLIN, s, on_kernel) != 0)
        return -1;
    s->events = mapper_open_events(e);
    if (s->events < 0 ||
        qb_loop_poll_add(s->loop, QB_LOOP_HIGH, s->events, POLLIN, s, on_mapper) != 0)
        return -1;
    return qb_loop_poll_add(s->loop, QB_LOOP_MED, CHILD_SOCKET, POLLIN, s, on_parent);
}

int multipath_role(void)
{
    static struct storage s;
    struct err e = {.text = "cannot watch the kernel"};
    uint64_t began = clock_ms();
    if (prepare(&s, &e) != 0) {
        log_err("multipath: %s", e.text);
        return 1;
    }
    storage_see_all(&s);
    storage_converge(&s);
    log_info("multipath: %u LUNs looked at in %llu ms", s.config.maps,
             (unsigned long long)(clock_ms() - began));
    qb_loop_run(s.loop);
    return 0;
}
