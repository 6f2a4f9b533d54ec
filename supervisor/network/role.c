#include "network/role.h"

#include <errno.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/run_dir.h"
#include "network/converge.h"
#include "network/guest_links.h"
#include "network/leave.h"
#include "network/link.h"

/* Changes come in bursts: one pass for all within this. */
#define SETTLE_MS      20
#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS   30000
/* How old the counters of the guests' filters may be; but looking takes 1/50 of the time at most.
 */
#define COUNT_MS    2000
#define COUNT_SHARE 50

struct role;

/* udhcpc for one interface. */
struct dhcp_client {
    struct role *role;
    const char *iface;
    struct child *child;
    struct timer again;
};

struct role {
    qb_loop_t *loop;
    struct network_state state;
    struct network_status status;
    struct nl_sock *requests, *events;
    struct guest_links guests;
    struct network_vifs vifs;
    struct timer settle, retry, announce, count;
    uint32_t retry_ms;
    int records; /* inotify: leases and guests' interfaces */
    struct dhcp_client client[SITE_ADDRESSES_MAX];
};

static void start_dhcp(void *data);

static void dhcp_ended(void *owner, int status, bool timed_out)
{
    struct dhcp_client *client = owner;
    char why[64];
    child_describe_end(status, timed_out, why, sizeof why);
    log_err("DHCP on %s: udhcpc %s; again in %d s", client->iface, why, RETRY_MAX_MS / 1000);
    client->child = NULL;
    timer_set(&client->again, RETRY_MAX_MS);
}

static void start_dhcp(void *data)
{
    static const struct child_events events = {.ended = dhcp_ended};
    struct dhcp_client *client = data;
    /* A discover every 2 s, three times, then a pause of 5 s, for ever; hostname as option 12. */
    char program[] = "/bin/busybox", name[] = "udhcpc", foreground[] = "-f", i[] = "-i", s[] = "-s",
         script[] = "/usr/lib/relevo/dhcp-event", timeout[] = "-T2", tries[] = "-t3",
         pause_s[] = "-A5", x[] = "-x", iface[SITE_IFACE_SIZE], host[80], name_of_node[65] = "";
    snprintf(iface, sizeof iface, "%s", client->iface);
    gethostname(name_of_node, sizeof name_of_node - 1);
    snprintf(host, sizeof host, "hostname:%s", name_of_node);
    char *argv[] = {program, name,  foreground, i, iface, s,   script,
                    timeout, tries, pause_s,    x, host,  NULL};
    struct err e;
    client->child =
        child_start(client->role->loop,
                    &(struct child_spec){.argv = argv, .events = &events, .owner = client}, &e);
    if (client->child == NULL) {
        log_err("DHCP on %s: %s; again in %d s", client->iface, e.text, RETRY_MAX_MS / 1000);
        timer_set(&client->again, RETRY_MAX_MS);
    }
}

/* Runs udhcpc on every DHCP interface that exists. */
static void keep_dhcp_clients(struct role *role)
{
    for (uint32_t i = 0; i < role->state.config.addresses; i++) {
        struct dhcp_client *client = &role->client[i];
        struct link_state link;
        if (!role->state.config.address[i].dhcp || client->child != NULL || client->again.set ||
            link_look(role->requests, role->state.config.address[i].iface, &link, NULL) != 0 ||
            !link.exists)
            continue;
        client->role = role;
        client->iface = role->state.config.address[i].iface;
        client->again = (struct timer){.loop = role->loop, .fire = start_dhcp, .data = client};
        start_dhcp(client);
    }
}

static void announce(void *data)
{
    struct role *role = data;
    if (guest_links_announce(&role->guests, &role->state.config, role->requests))
        timer_set(&role->announce, ANNOUNCE_WAIT_MS);
}

static void tell_vifs(struct role *role, const struct network_vifs *before)
{
    if (memcmp(before, &role->vifs, sizeof *before) != 0 &&
        role_send(&role->vifs, sizeof role->vifs) != 0)
        qb_loop_stop(role->loop);
}

static void count(void *data)
{
    static struct network_vifs before;
    struct role *role = data;
    struct err e;
    uint64_t began = clock_ms();
    before = role->vifs;
    if (guest_links_count(&role->guests, role->requests, &role->vifs, &e) != 0)
        log_err("what filters have dropped: %s", e.text);
    tell_vifs(role, &before);
    uint64_t pause = (clock_ms() - began) * COUNT_SHARE;
    if (role->vifs.vifs > 0)
        timer_set(&role->count, pause > COUNT_MS ? pause : COUNT_MS);
}

static int pass_guests(struct role *role)
{
    static struct network_vifs before;
    before = role->vifs;
    int failures =
        guest_links_converge(&role->guests, &role->state.config, role->requests, &role->vifs);
    tell_vifs(role, &before);
    if (!role->announce.set)
        announce(role);
    if (role->vifs.vifs > 0 && !role->count.set)
        timer_set(&role->count, COUNT_MS);
    return failures;
}

static void pass(void *data)
{
    static struct network_status before;
    struct role *role = data;
    uint64_t began = clock_ms();
    before = role->status;
    int failures = network_converge(&role->state, role->requests, &role->status);
    failures += pass_guests(role);
    keep_dhcp_clients(role);
    if (memcmp(&before, &role->status, sizeof before) != 0) {
        log_info("network: %u pieces and %u guests' interfaces in %llu ms", role->status.pieces,
                 role->vifs.vifs, (unsigned long long)(clock_ms() - began));
        if (role_send(&role->status, sizeof role->status) != 0)
            qb_loop_stop(role->loop);
    }
    if (failures == 0) {
        role->retry_ms = RETRY_FIRST_MS;
        return;
    }
    timer_set(&role->retry, role->retry_ms);
    role->retry_ms = role->retry_ms * 2 < RETRY_MAX_MS ? role->retry_ms * 2 : RETRY_MAX_MS;
}

static int32_t on_parent(int32_t fd, int32_t events, void *data)
{
    (void)fd;
    (void)events;
    struct role *role = data;
    qb_loop_stop(role->loop); /* it never speaks again: this is its end */
    return 0;
}

static int32_t on_kernel(int32_t fd, int32_t events, void *data)
{
    (void)events;
    struct role *role = data;
    char drop[16384];
    ssize_t n;
    /* What has changed does not matter (it may have been lost with ENOBUFS): look at everything. */
    while ((n = recv(fd, drop, sizeof drop, MSG_DONTWAIT)) > 0 || (n < 0 && errno == ENOBUFS))
        ;
    if (!role->settle.set)
        timer_set(&role->settle, SETTLE_MS);
    return 0;
}

static int32_t on_record(int32_t fd, int32_t events, void *data)
{
    (void)events;
    struct role *role = data;
    char drop[4096];
    while (read(fd, drop, sizeof drop) > 0)
        ;
    if (!role->settle.set)
        timer_set(&role->settle, SETTLE_MS);
    return 0;
}

static int watch_kernel(struct role *role, struct err *e)
{
    role->events = nl_socket_alloc();
    if (role->events == NULL)
        return err_set(e, "out of memory");
    nl_join_groups(role->events, RTMGRP_LINK | RTMGRP_TC); /* TC: somebody changes a filter */
    int rc = nl_connect(role->events, NETLINK_ROUTE);
    if (rc < 0)
        return err_set(e, "rtnetlink events: %s", nl_geterror(rc));
    return qb_loop_poll_add(role->loop, QB_LOOP_MED, nl_socket_get_fd(role->events), POLLIN, role,
                            on_kernel);
}

static int watch_folder(struct role *role, const char *name, struct err *e)
{
    char path[PATH_MAX];
    if (run_path(path, sizeof path, name, NULL) != 0 || (mkdir(path, 0700) != 0 && errno != EEXIST))
        return err_set(e, "folder %s: %m", name);
    return inotify_add_watch(role->records, path, IN_MOVED_TO | IN_DELETE) >= 0
               ? 0
               : err_set(e, "%s: %m", path);
}

static int watch_records(struct role *role, struct err *e)
{
    role->records = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (role->records < 0)
        return err_set(e, "inotify: %m");
    if (watch_folder(role, "dhcp", e) != 0 || watch_folder(role, "vif", e) != 0)
        return -1;
    return qb_loop_poll_add(role->loop, QB_LOOP_MED, role->records, POLLIN, role, on_record);
}

static int prepare(struct role *role, struct err *e)
{
    ptrdiff_t size = role_receive(&role->state.config, sizeof role->state.config);
    if (size < 0 || !network_config_ok(&role->state.config, (size_t)size))
        return err_set(e, "got a broken configuration");
    role->loop = qb_loop_create();
    role->requests = link_open(e);
    if (role->loop == NULL || role->requests == NULL)
        return -1;
    network_leave(&role->state.config, role->requests);
    for (uint32_t i = 0; i < role->state.config.addresses; i++)
        if (role->state.config.address[i].dhcp)
            lease_load_applied(&role->state.applied[i], role->state.config.address[i].iface);
    role->settle = (struct timer){.loop = role->loop, .fire = pass, .data = role};
    role->retry = role->settle;
    role->announce = (struct timer){.loop = role->loop, .fire = announce, .data = role};
    role->count = (struct timer){.loop = role->loop, .fire = count, .data = role};
    role->retry_ms = RETRY_FIRST_MS;
    if (guest_links_init(&role->guests, e) != 0)
        return -1;
    /* Watch first, look then: nothing that happens between is missed. */
    if (watch_kernel(role, e) != 0)
        return -1;
    if (watch_records(role, e) != 0) /* other events will have to do */
        log_err("network: %s", e->text);
    return qb_loop_poll_add(role->loop, QB_LOOP_MED, CHILD_SOCKET, POLLIN, role, on_parent);
}

int network_role(void)
{
    static struct role role;
    struct err e = {.text = "out of memory"};
    if (prepare(&role, &e) != 0) {
        log_err("network: %s", e.text);
        return 1;
    }
    pass(&role);
    qb_loop_run(role.loop);
    return 0;
}
