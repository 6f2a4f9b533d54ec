/* What the kernel tells of devices that come, go and change (lib/kobject_uevent.c), as udev hears
 * it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "storage/path.h"

struct uevent {
    bool removed;
    bool resized;              /* the device says that its LUN has another size now */
    bool remapped;             /* it says that its target shows other LUNs now */
    char name[PATH_NAME_SIZE]; /* of the disk; empty: a SCSI device that is not known by its disk */
    char hctl[24];             /* of the SCSI device; empty: none */
};

/* A socket with all of the kernel's events, or -1. */
int uevent_open(struct err *e);

/* From a message as received: false if it is none about a disk or its SCSI device. */
bool uevent_parse(const char *text, size_t size, struct uevent *event);
