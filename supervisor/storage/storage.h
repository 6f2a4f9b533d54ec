/* The multipath role from inside: what its parts share. */
#pragma once
#include <qb/qbloop.h>

#include "base/err.h"
#include "base/timer.h"
#include "config/multipath.h"
#include "storage/path.h"
#include "storage/plan.h"
#include "storage/status.h"

#define PATHS_MAX    2048
#define CHECKERS_MAX 64
#define STRAYS_MAX   16

struct child;
struct storage;

/* A deed under way, or none (child NULL). */
struct deed {
    struct storage *storage;
    struct child *child;
    char what[MAP_NAME_SIZE]; /* for the log */
    bool rescan;              /* devices are to be looked at again afterwards */
    bool failed, answered;
    struct err error;
    uint64_t not_before_ms; /* the last one failed; the next one not before */
    uint32_t retry_ms;
};

/* One configured LUN. */
struct lun {
    const struct site_multipath *want;
    struct map map;
    struct plan_memory memory;
    struct map_plan plan;
    struct deed deed;
    struct deed rescan;
    uint64_t changed_ms;
    struct multipath_status told; /* what relevod knows */
};

struct checker;

/* A place for a path. */
struct watched {
    bool used;
    struct path path;
    int lun;
    uint64_t check_at_ms;
    uint32_t interval_ms;
    struct checker *checker; /* asking now */
    char text[64];           /* what the last check said */
};

/* A map of ours that is not configured. */
struct stray {
    char name[MAP_NAME_SIZE]; /* empty: a free place */
    bool seen;
    char text[160];
    struct deed deed;
};

struct storage {
    qb_loop_t *loop;
    struct multipath_config config;
    struct lun lun[SITE_MULTIPATHS_MAX];
    struct watched watched[PATHS_MAX];
    struct stray stray[STRAYS_MAX];
    struct checker *checker[CHECKERS_MAX];
    struct deed host_scan;
    struct timer settle, wake, check, scan;
    int events; /* device-mapper's; -1: none */
    int uevents;
    uint32_t deeds; /* under way */
};

/* --- paths.c: which devices are paths of which LUN --- */

/* Reads the device: it is noted, noted anew, or forgotten. True if that changes anything. */
bool storage_see_path(struct storage *s, const char *name);
/* All of them. */
void storage_see_all(struct storage *s);
/* The LUN's paths in the order of their addresses: how many, at most MAP_PATHS_MAX. */
uint32_t storage_paths_of(struct storage *s, int lun, struct watched *found[MAP_PATHS_MAX]);

/* --- checks.c: asking them --- */

/* Has all checks that are due made, and sets the timer for the next. */
void storage_check(void *storage);
/* The path's check comes at the latest after delay_ms. */
void storage_check_within(struct watched *w, uint32_t delay_ms);

/* --- deeds.c: what is done to maps --- */

void storage_start_steps(struct storage *s, struct deed *deed, const char *name, const char *uuid,
                         const struct map_plan *plan);
/* paths 0: for new devices on all hosts. */
void storage_start_rescan(struct storage *s, struct deed *deed, struct watched *const *path,
                          uint32_t paths);
/* Everything: hosts for new devices, paths for new sizes. */
void storage_rescan(struct storage *s);

/* --- converge.c --- */

/* One pass over all maps: looks, plans, has it done, tells relevod. */
void storage_converge(void *storage);
/* A pass soon: for many causes that come together. */
void storage_settle(struct storage *s);
