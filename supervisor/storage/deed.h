/* What the multipath role has done by a worker, because it may wait for I/O: a plan's steps on one
 * map, a rescan, or taking devices away. One deed at a time for each map. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "storage/plan.h"

enum deed_type { DEED_STEPS = 1, DEED_RESCAN, DEED_DELETE };

struct deed_steps {
    uint32_t type; /* DEED_STEPS */
    char name[MAP_NAME_SIZE];
    char uuid[MAP_UUID_SIZE];
    uint64_t sectors;
    char parameters[TABLE_TEXT_SIZE]; /* for STEP_CREATE and STEP_RELOAD */
    uint32_t steps;
    struct step step[PLAN_STEPS_MAX];
};

/* DEED_RESCAN asks the paths for their size and identity anew; without any, asks all SCSI hosts for
 * devices that are not known yet. DEED_DELETE has the kernel forget the paths' devices. */
struct deed_paths {
    uint32_t type;
    uint32_t paths;
    char path[MAP_PATHS_MAX][PATH_NAME_SIZE];
};

struct deed_reply {
    int32_t result; /* 0, or -1 and */
    struct err error;
};

bool deed_steps_ok(const void *data, size_t size);
bool deed_paths_ok(const void *data, size_t size);
bool deed_reply_ok(const void *data, size_t size);

/* Carries the steps out, in order; the first that fails ends it. */
int deed_do_steps(const struct deed_steps *deed, struct err *e);
int deed_do_paths(const struct deed_paths *deed, struct err *e);

/* The role: one deed, then it ends. */
int deed_role(void);
