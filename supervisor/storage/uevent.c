#include "storage/uevent.h"

#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A thousand disks that come at once send a thousand events of some hundred bytes each. */
#define BUFFER_BYTES (4 << 20)

int uevent_open(struct err *e)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK, .nl_groups = 1};
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (fd < 0)
        return err_set(e, "uevents: %m");
    int bytes = BUFFER_BYTES;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    if (bind(fd, (const struct sockaddr *)&kernel, sizeof kernel) != 0) {
        err_set(e, "uevents: %m");
        close(fd);
        return -1;
    }
    return fd;
}

/* The value of "KEY=value", or NULL if the field is another's. */
static const char *value_of(const char *field, const char *key)
{
    size_t length = strlen(key);
    return strncmp(field, key, length) == 0 && field[length] == '=' ? field + length + 1 : NULL;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

bool uevent_parse(const char *text, size_t size, struct uevent *event)
{
    *event = (struct uevent){.removed = false};
    bool disk = false, scsi = false;
    const char *place = "";
    if (size == 0 || text[size - 1] != '\0')
        return false;
    for (const char *field = text; field < text + size; field += strlen(field) + 1) {
        const char *value;
        if ((value = value_of(field, "ACTION")) != NULL)
            event->removed = strcmp(value, "remove") == 0;
        else if ((value = value_of(field, "DEVTYPE")) != NULL) {
            disk = strcmp(value, "disk") == 0;
            scsi = strcmp(value, "scsi_device") == 0;
        } else if ((value = value_of(field, "DEVPATH")) != NULL)
            place = last_part(value);
        else if ((value = value_of(field, "SDEV_UA")) != NULL) {
            event->resized = strcmp(value, "CAPACITY_DATA_HAS_CHANGED") == 0;
            event->remapped = strcmp(value, "REPORTED_LUNS_DATA_HAS_CHANGED") == 0;
        }
    }
    snprintf(event->name, sizeof event->name, "%.31s", disk ? place : "");
    snprintf(event->hctl, sizeof event->hctl, "%.23s", scsi ? place : "");
    return disk || scsi;
}
