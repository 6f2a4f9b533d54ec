/* A guest's disk: tells blkback the device's number, after checks that keep one disk from having
 * two writers. A file with a raw image becomes a loop device first. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/run_dir.h"
#include "guest/hotplug.h"

/* Loop devices are handed out by number; another process may take the one we were offered. */
#define LOOP_ATTEMPTS 16

struct device {
    char path[256];  /* the block device */
    char number[32]; /* major:minor, hexadecimal, as blkback reads it */
    bool writable;
};

/* Binds a free loop device to the file; its descriptor, or -1. */
static int bind_loop(int file, bool writable, char *path, size_t size, struct err *e)
{
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        return err_set(e, "/dev/loop-control: %m");
    struct loop_config config = {.fd = (uint32_t)file, .block_size = 512};
    config.info.lo_flags = LO_FLAGS_DIRECT_IO | (writable ? 0U : (unsigned)LO_FLAGS_READ_ONLY);
    int loop = -1;
    for (int i = 0; i < LOOP_ATTEMPTS && loop < 0; i++) {
        int index = ioctl(control, LOOP_CTL_GET_FREE);
        snprintf(path, size, "/dev/loop%d", index);
        loop = index >= 0 ? open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC) : -1;
        int rc = loop >= 0 ? ioctl(loop, LOOP_CONFIGURE, &config) : -1;
        if (rc != 0 && errno == EINVAL) { /* a file system without direct I/O, such as tmpfs */
            config.info.lo_flags &= ~(unsigned)LO_FLAGS_DIRECT_IO;
            rc = loop >= 0 ? ioctl(loop, LOOP_CONFIGURE, &config) : -1;
        }
        if (rc != 0) {
            err_set(e, "%s: %m", path);
            if (loop >= 0)
                close(loop);
            loop = -1;
        }
    }
    close(control);
    return loop;
}

/* Makes a loop device of the file that device->path names, and notes it for the removal. */
static int attach_file(struct hotplug *h, struct device *device, struct err *e)
{
    char path[32];
    int file = open(device->path, (device->writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (file < 0)
        return err_set(e, "%s: %m", device->path);
    int loop = bind_loop(file, device->writable, path, sizeof path, e);
    close(file);
    if (loop < 0)
        return -1;
    int result = hotplug_write(h, "node", path, e);
    if (result != 0)
        ioctl(loop, LOOP_CLR_FD);
    close(loop);
    snprintf(device->path, sizeof device->path, "%s", path);
    return result;
}

/* Mounted, part of a device-mapper or software RAID device, swap: then dom0 has it. */
static int check_not_held(const struct device *device, struct err *e)
{
    int fd = open(device->path, O_RDONLY | O_EXCL | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, errno == EBUSY ? "%s is in use by this host" : "%s: %m", device->path);
    int read_only = 0;
    int rc = ioctl(fd, BLKROGET, &read_only);
    close(fd);
    if (rc == 0 && read_only != 0 && device->writable)
        return err_set(e, "%s can only be read; expected access r", device->path);
    return 0;
}

/* Whether the vbd in folder other uses the device in a way that excludes ours. */
static bool conflicts(struct hotplug *h, const char *other, const struct device *device)
{
    struct hotplug o = {.xs = h->xs, .path = other};
    char number[32], mode[8] = "w";
    const char *ours = strstr(h->path, "backend/vbd/"); /* may be given as an absolute path */
    if ((ours != NULL && strcmp(other, ours) == 0) ||
        hotplug_read(&o, "physical-device", number, sizeof number) != 0 ||
        strcmp(number, device->number) != 0)
        return false;
    hotplug_read(&o, "mode", mode, sizeof mode);
    return device->writable || mode[0] == 'w';
}

static int check_vbds_of(struct hotplug *h, const char *domid, const struct device *device,
                         struct err *e)
{
    char folder[128], path[256];
    unsigned n = 0;
    int result = 0;
    snprintf(folder, sizeof folder, "backend/vbd/%s", domid);
    char **vbd = xs_directory(h->xs, XBT_NULL, folder, &n);
    for (unsigned i = 0; vbd != NULL && i < n && result == 0; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, vbd[i]);
        if (conflicts(h, path, device))
            result = err_set(e, "%s is in use by domain %s already", device->path, domid);
    }
    free(vbd);
    return result;
}

/* Two guests with one disk destroy it, unless both only read. */
static int check_not_shared(struct hotplug *h, const struct device *device, struct err *e)
{
    unsigned n = 0;
    int result = 0;
    char **domid = xs_directory(h->xs, XBT_NULL, "backend/vbd", &n);
    for (unsigned i = 0; domid != NULL && i < n && result == 0; i++)
        result = check_vbds_of(h, domid[i], device, e);
    free(domid);
    return result;
}

/* From the look at the other disks to the entry of ours: one at a time. The lock goes with the
 * process; where relevod's folder is missing (xl alone), it is done without. */
static void lock_disks(void)
{
    char path[256];
    static int lock;
    if (run_path(path, sizeof path, "disks.lock", NULL) == 0 &&
        (lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) >= 0)
        flock(lock, LOCK_EX);
}

static int add(struct hotplug *h, struct err *e)
{
    struct device device;
    char mode[8] = "r", number[32];
    if (hotplug_read(h, "physical-device", number, sizeof number) == 0)
        return 0; /* done already */
    if (hotplug_read(h, "params", device.path, sizeof device.path) != 0)
        return err_set(e, "no params in xenstore");
    hotplug_read(h, "mode", mode, sizeof mode);
    device.writable = mode[0] == 'w';
    struct stat st;
    if (stat(device.path, &st) != 0)
        return err_set(e, "%s: %m", device.path);
    if (S_ISREG(st.st_mode) && (attach_file(h, &device, e) != 0 || stat(device.path, &st) != 0))
        return -1;
    if (!S_ISBLK(st.st_mode))
        return err_set(e, "%s: expected a block device or a file", device.path);
    snprintf(device.number, sizeof device.number, "%x:%x", major(st.st_rdev), minor(st.st_rdev));
    lock_disks();
    if (check_not_held(&device, e) != 0 || check_not_shared(h, &device, e) != 0)
        return -1;
    /* physical-device is what blkback waits for: last of the two. */
    if (hotplug_write(h, "physical-device-path", device.path, e) != 0 ||
        hotplug_write(h, "physical-device", device.number, e) != 0)
        return -1;
    return hotplug_write(h, "hotplug-status", "connected", e);
}

static int take_away(struct hotplug *h, struct err *e)
{
    char node[64];
    if (hotplug_read(h, "node", node, sizeof node) != 0)
        return 0; /* not a loop device of ours */
    int fd = open(node, O_RDONLY | O_CLOEXEC);
    int rc = fd >= 0 ? ioctl(fd, LOOP_CLR_FD) : -1;
    if (rc != 0 && errno != ENXIO)
        err_set(e, "%s: %m", node);
    else
        rc = 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

int hotplug_block(int argc, char **argv)
{
    struct hotplug h;
    struct err e;
    const char *command = argc > 1 ? argv[1] : "";
    int result = hotplug_open(&h, "block", &e);
    if (result == 0 && strcmp(command, "add") == 0)
        result = add(&h, &e);
    else if (result == 0 && strcmp(command, "remove") == 0)
        result = take_away(&h, &e);
    else if (result == 0)
        result = err_set(&e, "%.20s: expected add or remove", command);
    return hotplug_close(&h, result, &e);
}
