/* What the multipath role and relevod tell each other once the configuration is sent. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/plan.h"

#define NO_GROUP UINT32_MAX

struct multipath_path {
    char name[PATH_NAME_SIZE];
    char hctl[24];
    uint32_t major, minor;
    uint32_t group;    /* in the map; NO_GROUP: not in it */
    uint32_t failed;   /* 1: device-mapper sends no I/O there */
    uint32_t failures; /* since the table was loaded */
    uint32_t verdict;  /* enum verdict */
    uint32_t access;   /* enum path_access */
    char state[PATH_STATE_SIZE];
    char text[64]; /* why it is not up */
};

/* How one map stands: sent when it has changed. */
struct multipath_status {
    uint32_t map;   /* index in the configuration */
    uint32_t state; /* enum map_state */
    uint32_t exists, queueing, minor, opened;
    uint64_t sectors;
    uint64_t changed_ms; /* clock_ms() of its last change of state; 0: none yet */
    char handler[HANDLER_SIZE];
    char selector[SELECTOR_SIZE];
    uint32_t groups;
    char group_state[MAP_PATHS_MAX];
    uint32_t paths;
    struct multipath_path path[MAP_PATHS_MAX];
    char text[160];
};

/* What relevod asks for. */
enum multipath_request_type {
    MULTIPATH_RESCAN = 1, /* look for new LUNs, new paths and new sizes */
    MULTIPATH_REMOVE,     /* a map, unless it is in use; it then stays away */
    MULTIPATH_ADD,        /* the reverse */
    MULTIPATH_LEAVE,      /* the node goes down: I/O without a path waits seconds, not longer */
    MULTIPATH_RELEASE,    /* its guests are gone: no I/O waits any more */
};

struct multipath_request {
    uint32_t type;
    uint32_t map;          /* of REMOVE and ADD */
    uint32_t delete_paths; /* of REMOVE: 1: its devices, too */
};

bool multipath_request_ok(const void *data, size_t size, uint32_t maps);

/* Whether a message of size bytes is a sane status of one of that many maps. */
bool multipath_status_ok(const void *data, size_t size, uint32_t maps);
