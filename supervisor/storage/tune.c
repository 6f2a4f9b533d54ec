#include "storage/tune.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "storage/sysfs.h"

/* What the kernel takes for "never" (scsi_transport_fc.c reads it as a number). */
#define DEV_LOSS_NEVER 2147483647U

#define FOLDER_SIZE (PATH_MAX - 32) /* with room for an attribute's name */

static void set(const struct site_multipath *want, const char *file, const char *value)
{
    char now[32];
    struct err e;
    if (!sysfs_read(file, now, sizeof now) || strcmp(now, value) == 0)
        return;
    if (sysfs_write(file, value, &e) != 0)
        log_warn("multipath %s: %s; stays %s", want->alias, e.text, now);
}

static void set_number(const struct site_multipath *want, const char *file, uint32_t value)
{
    char text[16];
    snprintf(text, sizeof text, "%u", value);
    set(want, file, text);
}

/* The folder of the remote port that the path leads through; false: it is not Fibre Channel. */
static bool find_port(const char *name, char folder[FOLDER_SIZE])
{
    char link[PATH_MAX], place[PATH_MAX];
    snprintf(link, sizeof link, "%s/block/%s/device", sysfs_root(), name);
    const char *port = realpath(link, place) != NULL ? strstr(place, "/rport-") : NULL;
    if (port == NULL)
        return false;
    int length = (int)strcspn(port + 1, "/");
    return snprintf(folder, FOLDER_SIZE, "%s/class/fc_remote_ports/%.*s", sysfs_root(), length,
                    port + 1) < FOLDER_SIZE;
}

/* fast_io_fail_tmo must be less than dev_loss_tmo whenever it is written, and dev_loss_tmo 600 or
 * less whenever it is off: raise dev_loss_tmo so far, then the one, then the other. */
uint32_t tune_order(uint32_t loss_now_s, uint32_t loss_s, uint32_t fast_s,
                    struct tune_write write[TUNE_WRITES_MAX])
{
    uint32_t n = 0;
    bool off = fast_s == MULTIPATH_NEVER;
    if (off)
        write[n++] = (struct tune_write){.dev_loss = true, .value_s = loss_s};
    else if (loss_now_s <= fast_s)
        write[n++] = (struct tune_write){.dev_loss = true, .value_s = fast_s + 1};
    write[n++] = (struct tune_write){.value_s = fast_s};
    if (!off)
        write[n++] = (struct tune_write){.dev_loss = true, .value_s = loss_s};
    return n;
}

static void tune_port(const struct site_multipath *want, const char folder[FOLDER_SIZE])
{
    struct tune_write write[TUNE_WRITES_MAX];
    char file[PATH_MAX], now[32];
    snprintf(file, sizeof file, "%s/dev_loss_tmo", folder);
    if (!sysfs_read(file, now, sizeof now))
        return;
    uint32_t loss_s = want->value[MULTIPATH_DEV_LOSS];
    uint32_t n = tune_order((uint32_t)strtoul(now, NULL, 10),
                            loss_s == MULTIPATH_NEVER ? DEV_LOSS_NEVER : loss_s,
                            want->value[MULTIPATH_FAST_IO_FAIL], write);
    for (uint32_t i = 0; i < n; i++) {
        snprintf(file, sizeof file, "%s/%s", folder,
                 write[i].dev_loss ? "dev_loss_tmo" : "fast_io_fail_tmo");
        if (write[i].value_s == MULTIPATH_NEVER)
            set(want, file, "off");
        else
            set_number(want, file, write[i].value_s);
    }
}

void tune_path(const struct site_multipath *want, const char *name)
{
    static const struct {
        const char *attribute;
        enum multipath_option_id option;
    } attributes[] = {{"device/timeout", MULTIPATH_TIMEOUT},
                      {"device/eh_timeout", MULTIPATH_EH_TIMEOUT}};
    char file[PATH_MAX], folder[FOLDER_SIZE], hctl[24];
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        snprintf(file, sizeof file, "%s/block/%s/%s", sysfs_root(), name, attributes[i].attribute);
        set_number(want, file, want->value[attributes[i].option]);
    }
    if (sysfs_address(name, hctl, sizeof hctl)) {
        snprintf(file, sizeof file, "%s/block/%s/device/scsi_disk/%s/max_retries", sysfs_root(),
                 name, hctl);
        set_number(want, file, want->value[MULTIPATH_RETRIES]);
    }
    if (find_port(name, folder))
        tune_port(want, folder);
}
