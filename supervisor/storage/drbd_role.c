#include "storage/drbd_role.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "storage/drbd.h"
#include "storage/uevent.h"

#define PARAMETERS "/sys/module/drbd/parameters/"
/* Whom the kernel calls when it wants to know about the peer: 80 bytes at most, NUL and all. */
#define HELPER "/usr/lib/relevo/drbd-helper"
/* After a disk has come: device-mapper's names follow the kernel's word a little later. */
#define DEVICE_MS 300

static void ask_numbers(struct mirrors *all)
{
    struct err e;
    all->told_all = false; /* one answer at a time */
    if (drbd_netlink_ask_numbers(&all->netlink, &e) != 0) {
        log_err("drbd: %s", e.text);
        all->told_all = true;
    }
}

static int32_t on_parent(int32_t fd, int32_t events, void *data)
{
    (void)fd;
    (void)events;
    struct mirrors *all = data;
    struct drbd_wish wish;
    ptrdiff_t size = role_receive(&wish, sizeof wish);
    if (size <= 0 || !drbd_wish_ok(&wish, (size_t)size, all->config.mirrors)) {
        qb_loop_stop(all->loop); /* this is its end */
        return 0;
    }
    struct mirror *m = &all->mirror[wish.mirror];
    if (wish.ticket == 0) { /* no order: what is under way goes on */
        wish.order = m->wish.order;
        wish.ticket = m->wish.ticket;
    }
    if (wish.refresh && all->told_all)
        ask_numbers(all);
    m->wish = wish;
    drbd_settle(all);
    return 0;
}

static void take_event(void *data, const struct drbd_event *event)
{
    struct mirrors *all = data;
    if (event->kind == DRBD_EVENT_ALL_TOLD) {
        bool first = !all->numbers;
        all->told_all = true;
        all->numbers = true;
        if (first)
            ask_numbers(all);
        return;
    }
    for (uint32_t i = 0; i < all->config.mirrors; i++)
        if (all->config.mirror[i].me != DRBD_NOBODY &&
            strcmp(all->config.mirror[i].name, event->resource) == 0)
            drbd_note_change(&all->mirror[i], event);
    for (uint32_t i = 0; i < all->strays; i++)
        if (strcmp(all->stray_want[i].name, event->resource) == 0)
            drbd_note_change(&all->stray[i], event);
}

/* Forgets what the kernel has told, and asks for all of it. */
static void ask_all(struct mirrors *all)
{
    struct err e;
    all->told_all = false;
    all->numbers = false;
    for (uint32_t i = 0; i < all->config.mirrors; i++)
        all->mirror[i].view.state = (struct drbd_state){.peer_disk = DRBD_DISK_UNKNOWN};
    for (uint32_t i = 0; i < all->strays; i++)
        all->stray[i].view.state = (struct drbd_state){.peer_disk = DRBD_DISK_UNKNOWN};
    if (drbd_netlink_ask_state(&all->netlink, &e) != 0) {
        log_err("drbd: %s", e.text);
        qb_loop_stop(all->loop); /* relevod starts another */
    }
}

static int32_t on_kernel(int32_t fd, int32_t events, void *data)
{
    (void)fd;
    (void)events;
    struct mirrors *all = data;
    struct err e;
    int result = drbd_netlink_read(&all->netlink, take_event, all, &e);
    if (result < 0) {
        log_err("drbd: %s", e.text);
        qb_loop_stop(all->loop);
    } else if (result > 0) {
        ask_all(all);
    }
    drbd_settle(all);
    return 0;
}

static void drain(int fd)
{
    char text[8192];
    while (recv(fd, text, sizeof text, MSG_DONTWAIT) > 0 || errno == ENOBUFS)
        ;
}

static int32_t on_address(int32_t fd, int32_t events, void *data)
{
    (void)events;
    drain(fd);
    drbd_settle(data);
    return 0;
}

/* Devices that were missing are looked for again. */
static int32_t on_device(int32_t fd, int32_t events, void *data)
{
    (void)events;
    struct mirrors *all = data;
    bool missing = false;
    drain(fd);
    for (uint32_t i = 0; i < all->config.mirrors; i++) {
        struct mirror *m = &all->mirror[i];
        if (m->view.found.kind == DRBD_FOUND_MISSING) {
            m->view.look_at_ms = clock_ms() + DEVICE_MS;
            m->look_ms = 0;
            missing = true;
        }
    }
    if (missing)
        drbd_settle(all);
    return 0;
}

static int open_addresses(void)
{
    struct sockaddr_nl groups = {.nl_family = AF_NETLINK,
                                 .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&groups, sizeof groups) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* parameter: its whole path; without: what follows if it cannot be set. */
static void set_parameter(const char *parameter, const char *value, const char *without)
{
    int fd = open(parameter, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, value, strlen(value)) < 0)
        log_err("drbd: %s: %m; %s", parameter, without);
    if (fd >= 0)
        close(fd);
}

static void set_parameters(void)
{
    /* The kernel would call a program that does not exist, and leave writes frozen. */
    set_parameter(PARAMETERS "usermode_helper", HELPER,
                  "when a peer is lost, writes will wait for an operator");
    /* Zero copy lends TCP the guest's own pages. To a peer that has lost power they are never
     * acknowledged, and as the kernel stops the timers of its own sockets when it closes them
     * (inet_csk_clear_xmit_timers_sync), never given back: blkback waits for them for ever when the
     * guest ends, and no other guest of the host starts or ends any more. */
    set_parameter(PARAMETERS "disable_sendpage", "1",
                  "when a peer loses power, guests may not be able to end");
}

static int watch(struct mirrors *all, int fd, int32_t (*take)(int32_t, int32_t, void *))
{
    return fd >= 0 ? qb_loop_poll_add(all->loop, QB_LOOP_MED, fd, POLLIN, all, take) : -1;
}

static int prepare(struct mirrors *all, struct err *e)
{
    ptrdiff_t size = role_receive(&all->config, sizeof all->config);
    if (size < 0 || !drbd_config_ok(&all->config, (size_t)size))
        return err_set(e, "got a broken configuration");
    all->loop = qb_loop_create();
    if (all->loop == NULL)
        return err_set(e, "out of memory");
    all->settle = (struct timer){.loop = all->loop, .fire = drbd_converge, .data = all};
    all->wake = all->settle;
    uint64_t now = clock_ms();
    for (uint32_t i = 0; i < all->config.mirrors; i++) {
        all->mirror[i] =
            (struct mirror){.all = all,
                            .index = i,
                            .view = {.want = &all->config.mirror[i], .verified_ms = now},
                            /* Not one that an earlier role had. */
                            .break_number = (uint32_t)now | 1};
        if (all->config.mirror[i].me != DRBD_NOBODY)
            drbd_recall(&all->mirror[i]);
    }
    drbd_strays_find(all);
    /* Watch first, look then: nothing that happens between is missed. */
    all->devices = uevent_open(e);
    all->addresses = open_addresses();
    if (drbd_netlink_open(&all->netlink, e) != 0)
        return -1;
    return watch(all, all->netlink.fd, on_kernel) == 0 &&
                   watch(all, all->devices, on_device) == 0 &&
                   watch(all, all->addresses, on_address) == 0 &&
                   watch(all, CHILD_SOCKET, on_parent) == 0
               ? 0
               : -1;
}

int drbd_role(void)
{
    static struct mirrors all;
    struct err e = {.text = "cannot watch the kernel"};
    if (prepare(&all, &e) != 0) {
        log_err("drbd: %s", e.text);
        return 1;
    }
    set_parameters();
    ask_all(&all);
    qb_loop_run(all.loop);
    return 0;
}
