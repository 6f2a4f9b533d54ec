#include "daemon.h"

#include <qb/qbloop.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/timer.h"
#include "cluster/cluster.h"
#include "control/reload.h"
#include "control/server.h"
#include "guest/guests.h"
#include "network/role.h"
#include "storage/drbd_role.h"
#include "storage/role.h"

/* init kills what is left 120 s after its SIGTERM. */
#define LEAVE_MS 95000
/* The control socket cannot be opened: tried again, as the guests matter more. */
#define CONTROL_RETRY_MS 5000

/* One loop for all of relevod, and libqb's because corosync's client libraries are at home in it:
 * priorities, timers and descriptors on epoll, no threads, no wake-up without cause. */
struct daemon {
    qb_loop_t *loop;
    struct guests guests;
    struct network network;
    struct multipath multipath;
    struct drbd drbd;
    struct node node;
    struct timer control_retry;
};

static void open_control(void *data)
{
    struct daemon *d = data;
    struct err e;
    if (control_open(d->loop, &d->node, &e) != NULL)
        return;
    log_err("no control socket: %s; tried again in %d s", e.text, CONTROL_RETRY_MS / 1000);
    timer_set(&d->control_retry, CONTROL_RETRY_MS);
}

static void on_released(void *data)
{
    struct daemon *d = data;
    qb_loop_stop(d->loop);
}

static void on_mirrors_down(void *data)
{
    struct daemon *d = data;
    multipath_release(&d->multipath, on_released, d);
}

static void on_left(void *data)
{
    struct daemon *d = data;
    drbd_release(&d->drbd, on_mirrors_down, d);
}

static void on_guests_left(void *data)
{
    struct daemon *d = data;
    cluster_finish(d->node.cluster, on_left, d);
}

static int32_t on_terminate(int32_t signal, void *data)
{
    (void)signal;
    struct daemon *d = data;
    log_notice("going down: shutting guests down");
    multipath_leave(&d->multipath);
    cluster_leave(d->node.cluster);
    guests_leave(&d->guests, LEAVE_MS, on_guests_left, d);
    return 0;
}

static void read_incarnation(struct node *node)
{
    if (file_read("/run/incarnation", node->incarnation, sizeof node->incarnation, NULL) != 0)
        node->incarnation[0] = '\0';
    node->incarnation[strcspn(node->incarnation, "\n")] = '\0';
}

static void on_disks(void *data)
{
    struct daemon *d = data;
    cluster_look_at_disks(d->node.cluster);
    guests_converge(&d->guests);
}

/* The worse of what the mirrors and the LUNs say. */
static enum guest_disks ask_disks(const struct guest *guest, char *why, size_t size, void *data)
{
    struct daemon *d = data;
    char text[GUEST_WHY_SIZE];
    enum guest_disks luns = multipath_disks(guest, why, size, &d->multipath);
    enum guest_disks mirrors = drbd_disks(guest, text, sizeof text, &d->drbd);
    if (mirrors <= luns)
        return luns;
    snprintf(why, size, "%s", text);
    return mirrors;
}

/* A mirror is used here as long as a guest on it runs, or is to. */
static void follow_guests(void *data)
{
    struct daemon *d = data;
    const struct drbd_config *mirrors = &d->drbd.site->drbd;
    for (uint32_t i = 0; i < mirrors->mirrors; i++) {
        char path[sizeof DRBD_FOLDER + DRBD_NAME_SIZE];
        bool known;
        snprintf(path, sizeof path, DRBD_FOLDER "%s", mirrors->mirror[i].name);
        if (guests_want_disk(&d->guests, path, &known))
            drbd_use(&d->drbd, i, DRBD_USE_HERE);
        else if (known)
            drbd_use(&d->drbd, i, DRBD_USE_NONE);
    }
}

static int prepare(struct daemon *d, const struct site_source *source, struct err *e)
{
    d->loop = qb_loop_create();
    struct site *site = site_load(source);
    if (d->loop == NULL || site == NULL)
        return err_set(e, "out of memory");
    node_report(site);
    guests_init(&d->guests, d->loop);
    network_init(&d->network, d->loop);
    multipath_init(&d->multipath, d->loop);
    d->multipath.changed = on_disks;
    d->multipath.changed_data = d;
    drbd_init(&d->drbd, d->loop);
    d->drbd.changed = on_disks;
    d->drbd.changed_data = d;
    d->guests.disks = ask_disks;
    d->guests.looked = follow_guests;
    d->guests.disks_data = d;
    d->node = (struct node){.guests = &d->guests,
                            .network = &d->network,
                            .multipath = &d->multipath,
                            .drbd = &d->drbd,
                            .source = *source,
                            .began_ms = clock_ms()};
    read_incarnation(&d->node);
    d->node.cluster = cluster_new(
        d->loop, &(struct cluster_parts){&d->guests, &d->multipath, &d->drbd}, d->node.incarnation);
    if (d->node.cluster == NULL)
        return err_set(e, "out of memory");
    d->control_retry = (struct timer){.loop = d->loop, .fire = open_control, .data = d};
    qb_loop_signal_handle handle;
    if (qb_loop_signal_add(d->loop, QB_LOOP_HIGH, SIGTERM, d, on_terminate, &handle) != 0)
        return err_set(e, "cannot handle SIGTERM");
    return node_take(&d->node, site, e);
}

int daemon_run(const struct site_source *source)
{
    static struct daemon d;
    struct err e;
    signal(SIGPIPE, SIG_IGN);
    if (prepare(&d, source, &e) != 0) {
        log_err("%s", e.text);
        return -1;
    }
    guests_begin(&d.guests);
    open_control(&d);
    qb_loop_run(d.loop);
    return 0;
}
