/* Corosync: its configuration from the site's, and its start. */
#pragma once
#include <stddef.h>

#include "config/site.h"

/* corosync.conf(5) for a site whose cluster is READY. key: the key's file; folder: where corosync
 * may keep its state. -1: does not fit. */
int corosync_conf(const struct cluster_config *cluster, const char *key, const char *folder,
                  char *text, size_t size);

/* The program that init starts as corosync: waits until the node's own addresses on the cluster's
 * networks exist, writes the configuration and becomes corosync. 0 at once where no cluster is
 * configured; -1 and a line in the log on failure. Blocks. */
int corosync_start(const struct site_source *source);
