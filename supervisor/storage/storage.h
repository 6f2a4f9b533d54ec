/* The multipath role from inside: what its parts share. */
#pragma once
#include <qb/qbloop.h>

#include "base/err.h"
#include "base/timer.h"
#include "config/multipath.h"
#include "storage/deed.h"
#include "storage/memory.h"
#include "storage/path.h"
#include "storage/plan.h"
#include "storage/status.h"

#define PATHS_MAX    2048
#define CHECKERS_MAX 64

struct child;
struct storage;

/* A deed under way, or none (child NULL). */
struct deed {
    struct storage *storage;
    struct child *child;
    char what[MAP_NAME_SIZE]; /* for the log */
    enum deed_type type;
    bool wanted; /* a rescan: since the last one began */
    bool failed, answered;
    struct err error;
    uint64_t not_before_ms; /* the last one failed; the next one not before */
    uint32_t retry_ms;
};

/* One LUN: configured, or of a map of ours that is not (any more) and is looked after as long as it
 * is in use. */
struct lun {
    const struct site_multipath *want;
    struct map map;
    bool seen;      /* device-mapper has a map of ours of this name */
    bool inherited; /* from another role, which may have died of what its paths had told it */
    struct plan_memory memory;
    char kept[MEMORY_TEXT_SIZE];   /* the memory as it is written down */
    char elsewhere[MAP_NAME_SIZE]; /* under which name its LUN is assembled; empty: under none */
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

struct storage {
    qb_loop_t *loop;
    struct multipath_config config; /* what is configured, and after it what is not */
    uint32_t configured;
    struct lun lun[SITE_MULTIPATHS_MAX];
    struct watched watched[PATHS_MAX];
    struct checker *checker[CHECKERS_MAX];
    struct deed host_scan;
    struct timer settle, wake, check, scan;
    int events; /* device-mapper's; -1: none */
    int uevents;
    uint32_t deeds, rescans; /* under way; a rescan that waits for a device keeps no map waiting */
    uint32_t check_first; /* the place of the path that is the next to be checked, if it is due */
    uint64_t pass_ms;     /* what the last pass over the maps took */
};

/* --- paths.c: which devices are paths of which LUN --- */

/* Reads the device: it is noted, noted anew, or forgotten. True if that changes anything. */
bool storage_see_path(struct storage *s, const char *name);
/* All of them. */
void storage_see_all(struct storage *s);
/* Of the LUN in this place, which is free from now on. */
void storage_forget_paths(struct storage *s, uint32_t lun);
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
/* Has what is wanted rescanned as far as there are workers; when to look again by itself, or 0. */
uint64_t storage_start_rescans(struct storage *s, uint64_t now);
/* Has the kernel forget the devices. */
void storage_start_delete(struct storage *s, struct deed *deed, struct watched *const *path,
                          uint32_t paths);
/* A LUN's paths are to be asked for their sizes, soon; all LUNs'; all hosts for new devices. */
void storage_want_rescan(struct storage *s, struct deed *rescan);
void storage_want_sizes(struct storage *s);

/* --- strays.c: maps of ours that are not configured --- */

/* Notes which of our maps there are: every LUN's seen and elsewhere, and LUNs for those that are
 * configured nowhere. -1: device-mapper cannot be read. */
int storage_see_maps(struct storage *s, struct err *e);

static inline bool storage_is_configured(const struct storage *s, uint32_t lun)
{
    return lun < s->configured;
}

/* Whether the map is to be there. */
static inline bool storage_is_wanted(const struct storage *s, uint32_t lun)
{
    return storage_is_configured(s, lun) && !s->lun[lun].memory.removed;
}

/* --- converge.c --- */

/* One pass over all maps: looks, plans, has it done, tells relevod. */
void storage_converge(void *storage);
/* A pass soon: for many causes that come together. */
void storage_settle(struct storage *s);
