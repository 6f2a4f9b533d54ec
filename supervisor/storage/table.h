/* The multipath target's table and status: from and to the kernel's text. Pure.
 * The formats are those of Linux 6.1's drivers/md/dm-mpath.c (multipath_ctr, multipath_status). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/path.h"

#define TABLE_TEXT_SIZE 4096
#define SELECTOR_SIZE   24

struct table_path {
    uint32_t major, minor;
    uint32_t group;    /* from 0; paths stand in the order of their groups */
    bool failed;       /* of a status */
    uint32_t failures; /* of a status: how often it has failed */
};

struct table {
    bool queueing; /* I/O without a path waits instead of failing */
    char handler[HANDLER_SIZE];
    char selector[SELECTOR_SIZE]; /* the same for all groups; empty where they differ */
    uint32_t groups;
    uint32_t initial;                /* group to begin with, from 0 */
    char group_state[MAP_PATHS_MAX]; /* of a status: A active, E enabled, D disabled */
    uint32_t paths;
    struct table_path path[MAP_PATHS_MAX];
};

/* The parameters to load; -1 if they do not fit. A table without paths is one too: its I/O waits or
 * fails. */
int table_format(const struct table *table, char *text, size_t size);

/* From the parameters as the kernel shows them (it never shows more than was loaded): -1 if they
 * are not understood, or have more paths than MAP_PATHS_MAX. Group states and failures are not in
 * them. */
int table_parse(struct table *table, const char *parameters);

/* Adds what the status line says of the same table; -1 if it is not understood. */
int table_parse_status(struct table *table, const char *status);

/* Whether both put the same paths in the same groups in the same way. Whether they queue, and which
 * group they begin with, can be changed by messages and does not count. */
bool table_same(const struct table *a, const struct table *b);

/* The table's entry of a device, or NULL. */
const struct table_path *table_find(const struct table *table, uint32_t major, uint32_t minor);
