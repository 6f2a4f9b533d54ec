/* xen.h on libxenlight and libxenstore. */
#include <libxl.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenstore.h>

#include "base/clock.h"
#include "guest/xen.h"
#include "guest/xen_build.h"
#include "guest/xen_console.h"
#include "guest/xen_log.h"

/* Memory of a domain that has just gone is wiped by Xen's idle CPUs before it is free again. */
#define SCRUB_WAIT_MS 10000
/* Domains have processors by their weight, and 256 unless a guest's file says otherwise. */
#define DOM0_WEIGHT 8192

struct xen {
    struct xen_log log;
    libxl_ctx *ctx;
    struct xs_handle *xs;
};

static int failed(struct xen *xen, const char *what, int rc, struct err *e)
{
    if (xen->log.first_error[0] != '\0')
        return err_set(e, "%s: %s", what, xen->log.first_error);
    return err_set(e, "%s: libxenlight error %d", what, rc);
}

struct xen *xen_open(struct err *e)
{
    struct xen *xen = calloc(1, sizeof *xen);
    if (xen == NULL) {
        err_set(e, "out of memory");
        return NULL;
    }
    xen_log_init(&xen->log);
    xen->xs = xs_open(0);
    if (xen->xs == NULL)
        err_set(e, "cannot reach xenstored: %m");
    else if (libxl_ctx_alloc(&xen->ctx, LIBXL_VERSION, 0, &xen->log.vtable) != 0)
        err_set(e, "cannot reach the hypervisor: %s",
                xen->log.first_error[0] != '\0' ? xen->log.first_error : "is this Xen?");
    else
        return xen;
    xen_close(xen);
    return NULL;
}

void xen_close(struct xen *xen)
{
    if (xen->ctx != NULL)
        libxl_ctx_free(xen->ctx);
    if (xen->xs != NULL)
        xs_close(xen->xs);
    free(xen);
}

/* How a domain that is shut down came to it. */
static enum guest_end end_of(const libxl_dominfo *info)
{
    switch (info->shutdown_reason) {
    case LIBXL_SHUTDOWN_REASON_POWEROFF:
        return GUEST_END_POWEROFF;
    case LIBXL_SHUTDOWN_REASON_REBOOT:
    case LIBXL_SHUTDOWN_REASON_SOFT_RESET:
        return GUEST_END_REBOOT;
    case LIBXL_SHUTDOWN_REASON_UNKNOWN:
    case LIBXL_SHUTDOWN_REASON_SUSPEND:
    case LIBXL_SHUTDOWN_REASON_CRASH:
    case LIBXL_SHUTDOWN_REASON_WATCHDOG:
        break;
    }
    return GUEST_END_CRASH;
}

static enum xen_state state_of(const libxl_dominfo *info)
{
    if (info->dying)
        return XEN_DYING;
    /* Suspended is how a domain looks while it is saved or moved: it goes on. */
    if (info->shutdown && info->shutdown_reason != LIBXL_SHUTDOWN_REASON_SUSPEND)
        return XEN_ENDED;
    return info->paused && info->cpu_time == 0 ? XEN_UNBUILT : XEN_RUNNING;
}

int xen_prefer_dom0(struct xen *xen, struct err *e)
{
    libxl_domain_sched_params params;
    xen_log_reset(&xen->log);
    libxl_domain_sched_params_init(&params);
    params.weight = DOM0_WEIGHT;
    int rc = libxl_domain_sched_params_set(xen->ctx, 0, &params);
    libxl_domain_sched_params_dispose(&params);
    return rc == 0 ? 0 : failed(xen, "dom0's share of the processors cannot be set", rc, e);
}

static void read_name(struct xen *xen, uint32_t domid, char name[GUEST_NAME_SIZE])
{
    char path[48];
    snprintf(path, sizeof path, "/local/domain/%u/name", domid);
    unsigned length;
    char *text = xs_read(xen->xs, XBT_NULL, path, &length);
    snprintf(name, GUEST_NAME_SIZE, "%s", text != NULL ? text : "");
    free(text);
}

int xen_list(struct xen *xen, struct xen_domain *domain, int max, struct err *e)
{
    xen_log_reset(&xen->log);
    int count = 0, n = 0;
    libxl_dominfo *info = libxl_list_domain(xen->ctx, &n);
    if (info == NULL)
        return failed(xen, "cannot list domains", ERROR_FAIL, e);
    for (int i = 0; i < n && count < max; i++) {
        if (info[i].domid == 0)
            continue;
        struct xen_domain *d = &domain[count++];
        *d = (struct xen_domain){.domid = info[i].domid,
                                 .state = (uint8_t)state_of(&info[i]),
                                 .end = (uint8_t)end_of(&info[i]),
                                 .paused = info[i].paused};
        memcpy(d->uuid, libxl_uuid_bytearray(&info[i].uuid), sizeof d->uuid);
        read_name(xen, d->domid, d->name);
    }
    libxl_dominfo_list_free(info, n);
    return count;
}

/* Free memory in KiB, after waiting for what is being wiped if that would be enough. */
static int free_memory(struct xen *xen, uint64_t need_kib, uint64_t *free_kib, struct err *e)
{
    uint64_t until = clock_ms() + SCRUB_WAIT_MS;
    for (;;) {
        libxl_physinfo info;
        libxl_physinfo_init(&info);
        int rc = libxl_get_physinfo(xen->ctx, &info);
        uint64_t scrub_kib = info.scrub_pages * 4; /* pages of 4 KiB */
        *free_kib = info.free_pages * 4;
        libxl_physinfo_dispose(&info);
        if (rc != 0)
            return failed(xen, "cannot ask for free memory", rc, e);
        if (*free_kib >= need_kib || *free_kib + scrub_kib < need_kib || clock_ms() >= until)
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
}

static int check_memory(struct xen *xen, libxl_domain_config *config, struct err *e)
{
    uint64_t need_kib = 0, free_kib = 0;
    int rc = libxl_domain_need_memory(xen->ctx, config, 0, &need_kib);
    if (rc != 0)
        return failed(xen, "cannot tell how much memory it needs", rc, e);
    if (free_memory(xen, need_kib, &free_kib, e) != 0)
        return -1;
    if (free_kib < need_kib)
        return err_set(e, "too little memory: needs %llu MiB, the host has %llu MiB free",
                       (unsigned long long)((need_kib + 1023) / 1024),
                       (unsigned long long)(free_kib / 1024));
    return 0;
}

static int build_and_run(struct xen *xen, libxl_domain_config *config, uint32_t *domid,
                         struct err *e)
{
    int rc = libxl_domain_create_new(xen->ctx, config, domid, NULL, NULL);
    if (rc != 0)
        return failed(xen, "cannot be built", rc, e);
    rc = libxl_domain_unpause(xen->ctx, *domid, NULL);
    if (rc == 0)
        return 0;
    failed(xen, "cannot be unpaused", rc, e);
    libxl_domain_destroy(xen->ctx, *domid, NULL);
    return -1;
}

int xen_create(struct xen *xen, const struct guest *guest, uint32_t *domid, struct err *e)
{
    libxl_domain_config config;
    libxl_domain_config_init(&config);
    xen_log_reset(&xen->log);
    int result = -1;
    if (xen_build_config(xen->ctx, guest, &config, e) == 0 && check_memory(xen, &config, e) == 0)
        result = build_and_run(xen, &config, domid, e);
    libxl_domain_config_dispose(&config);
    return result;
}

int xen_destroy(struct xen *xen, uint32_t domid, struct err *e)
{
    xen_log_reset(&xen->log);
    int rc = libxl_domain_destroy(xen->ctx, domid, NULL);
    return rc == 0 ? 0 : failed(xen, "cannot be destroyed", rc, e);
}

int xen_last_words(struct xen *xen, uint32_t domid, char text[XEN_CONSOLE_SIZE], struct err *e)
{
    return xen_console_read(xen->xs, domid, text, e);
}

/* libxl_domain_shutdown() does this and then waits up to a minute for the guest to take notice: the
 * waiting is relevod's, who has a deadline for it. */
int xen_shutdown(struct xen *xen, uint32_t domid, struct err *e)
{
    static const char request[] = "poweroff";
    char path[64];
    unsigned length;
    snprintf(path, sizeof path, "/local/domain/%u/control/shutdown", domid);
    char *present = xs_read(xen->xs, XBT_NULL, path, &length); /* made with the domain */
    free(present);
    if (present == NULL || !xs_write(xen->xs, XBT_NULL, path, request, sizeof request - 1))
        return err_set(e, "xenstore %s: %m", path);
    return 0;
}

int xen_disks(struct xen *xen, uint32_t domid, struct guest_disk *disk, int max, struct err *e)
{
    xen_log_reset(&xen->log);
    int count = 0, n = 0;
    libxl_device_disk *found = libxl_device_disk_list(xen->ctx, domid, &n);
    for (int i = 0; found != NULL && i < n && count < max; i++, count++) {
        disk[i] = (struct guest_disk){.writable = found[i].readwrite != 0};
        snprintf(disk[i].path, sizeof disk[i].path, "%s",
                 found[i].pdev_path != NULL ? found[i].pdev_path : "");
        snprintf(disk[i].vdev, sizeof disk[i].vdev, "%.15s",
                 found[i].vdev != NULL ? found[i].vdev : "");
    }
    if (found == NULL && n != 0)
        return failed(xen, "cannot list its disks", ERROR_FAIL, e);
    libxl_device_disk_list_free(found, n);
    return count;
}

int xen_attach(struct xen *xen, uint32_t domid, const struct guest_disk *disk, struct err *e)
{
    libxl_device_disk device;
    xen_log_reset(&xen->log);
    int result = xen_build_disk(disk, &device, e);
    if (result == 0) {
        int rc = libxl_device_disk_add(xen->ctx, domid, &device, NULL);
        result = rc == 0 ? 0 : failed(xen, "cannot be attached", rc, e);
    }
    libxl_device_disk_dispose(&device);
    return result;
}

int xen_detach(struct xen *xen, uint32_t domid, const char *vdev, struct err *e)
{
    libxl_device_disk device;
    xen_log_reset(&xen->log);
    libxl_device_disk_init(&device);
    int rc = libxl_vdev_to_device_disk(xen->ctx, domid, vdev, &device);
    int result = rc == 0 ? 0 : err_set(e, "it has no such disk");
    if (rc == 0) {
        rc = libxl_device_disk_safe_remove(xen->ctx, domid, &device, NULL);
        result = rc == 0 ? 0
                         : err_set(e, "the guest does not give it back: is it mounted? (%.200s)",
                                   xen->log.first_error);
    }
    libxl_device_disk_dispose(&device);
    return result;
}

int xen_watch(struct xen *xen, struct err *e)
{
    if (!xs_watch(xen->xs, "@introduceDomain", "domains") ||
        !xs_watch(xen->xs, "@releaseDomain", "domains"))
        return err_set(e, "cannot watch xenstore: %m");
    int fd = xs_fileno(xen->xs);
    return fd >= 0 ? fd : err_set(e, "cannot watch xenstore: no descriptor");
}

int xen_watch_take(struct xen *xen, struct err *e)
{
    /* xs_read_watch() and xs_check_watch() queue events of one connection: take all there is. */
    char **event;
    while ((event = xs_check_watch(xen->xs)) != NULL)
        free(event);
    unsigned length;
    char *alive = xs_read(xen->xs, XBT_NULL, "/local/domain/0/domid", &length);
    free(alive);
    return alive != NULL ? 0 : err_set(e, "xenstored is gone: %m");
}
