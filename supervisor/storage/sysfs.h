/* Block devices as sysfs shows them: what a path is, and which LUN it leads to. Reads what the
 * kernel keeps; asks no device. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/multipath.h"
#include "storage/path.h"

/* "/sys", or $RELEVO_SYS (tests). */
const char *sysfs_root(void);

/* An attribute's first line: false where it cannot be read. */
bool sysfs_read(const char *path, char *text, size_t size);
/* Waits as long as the attribute lets it wait: what asks a device is for workers only. */
int sysfs_write(const char *path, const char *text, struct err *e);

/* The device's SCSI address, host:channel:target:lun; false, and empty: it has none. */
bool sysfs_address(const char *name, char *hctl, size_t size);

/* Whether a block device of this name can be a path, by its name. */
bool sysfs_may_be_path(const char *name);

/* Index of the configured LUN that the device leads to by any of its names, or -1. */
int sysfs_find_lun(const char *name, const struct multipath_config *config);

/* Reads the path's device as it is now; what its checker found and what device-mapper did to it
 * stay as they are. -1 when it has gone. */
int sysfs_read_path(const char *name, struct path *path);

/* Calls see() for every block device that may be a path, in the order of their names. */
void sysfs_for_each(void (*see)(const char *name, void *data), void *data);
