/* Stage one: init as /init of the initramfs, on its way to the compressed image in there. */
#pragma once
#include <stdbool.h>

/* Whether we stand in the initramfs: a root in memory that holds the image. */
bool initramfs_is_root(void);

/* Mounts the image, moves into it with /dev, /proc, /sys and the site bundle, and executes its
 * /sbin/init. The initramfs stays underneath: the image and the site's files are in it.
 * Returns true if all but the exec worked (said; this process can go on in its place), false if
 * there is no root to go to (said). */
bool initramfs_leave(void);
