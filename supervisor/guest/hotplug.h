/* The programs that libxenlight runs when a guest's disk or interface comes and goes, in the place
 * of Xen's shell scripts. XENBUS_PATH in the environment names the device's folder in xenstore;
 * they return the exit status, and write the reason of a failure to the folder's hotplug-error. */
#pragma once

#include <xenstore.h>

#include "base/err.h"

/* /etc/xen/scripts/block add|remove */
int hotplug_block(int argc, char **argv);

/* /etc/xen/scripts/vif-bridge online|offline [type_if=vif]; $vif is the interface. */
int hotplug_vif(int argc, char **argv);
/* /etc/xen/scripts/vif-unfiltered: the same for a guest with filter="off". */
int hotplug_vif_unfiltered(int argc, char **argv);

/* --- what both use --- */

struct hotplug {
    struct xs_handle *xs;
    const char *path; /* XENBUS_PATH */
    const char *what; /* "block", "vif-bridge" */
};

int hotplug_open(struct hotplug *h, const char *what, struct err *e);

/* A key of the device's folder: 0, or -1 where it is missing or does not fit. */
int hotplug_read(struct hotplug *h, const char *key, char *value, unsigned size);
int hotplug_write(struct hotplug *h, const char *key, const char *value, struct err *e);

/* Reports the outcome to xenstore and the log; returns the exit status. */
int hotplug_close(struct hotplug *h, int result, const struct err *e);
