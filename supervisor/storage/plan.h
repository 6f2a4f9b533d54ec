/* What to do about one map: from how it should be, how its paths are and how device-mapper has it.
 * Pure: the multipath role looks, asks this, has the steps done by a worker, looks again.
 *
 * Rests on four rules. A path carries I/O only while it answers with the LUN's own name. A failed
 * path comes back only on a check that began after it failed. Nothing is reloaded that a message
 * can change. A map that is not ours is left alone. */
#pragma once
#include "config/multipath.h"
#include "storage/path.h"
#include "storage/table.h"

/* What our maps' device-mapper UUIDs begin with; the WWID follows. dmsetup and lsblk take what
 * stands before the first '-' as the kind. */
#define MAP_UUID_PREFIX "mpath-relevo-"
#define MAP_NAME_SIZE   128 /* DM_NAME_LEN */
#define MAP_UUID_SIZE   129 /* DM_UUID_LEN */

/* How device-mapper has a map. */
struct map {
    bool exists;
    char name[MAP_NAME_SIZE];
    char uuid[MAP_UUID_SIZE];
    uint32_t minor;
    bool named; /* its name in /dev/mapper leads to it */
    bool suspended;
    bool loaded;      /* a table waits beside its own: of somebody who died before he resumed */
    uint32_t opened;  /* by how many: guests, mounts, other maps */
    uint64_t sectors; /* 0: it has no table yet */
    bool readable;    /* its table is a multipath table that we understand: */
    struct table table;
};

enum step_kind {
    STEP_CREATE,
    STEP_RELOAD, /* load, and resume without flush */
    STEP_NAME,   /* it was found without, or with another's */
    STEP_CLEAR,  /* drops what was found loaded: it holds on to paths, and a resume would take it */
    STEP_RESUME, /* it was found suspended */
    STEP_FAIL_PATH,
    STEP_REINSTATE_PATH,
    STEP_SWITCH_GROUP,
    STEP_QUEUE,   /* I/O without a path waits */
    STEP_FAIL_IO, /* I/O without a path fails */
    STEP_REMOVE,
    STEPS
};

struct step {
    uint32_t kind;         /* enum step_kind */
    uint32_t major, minor; /* of a path */
    uint32_t group;        /* from 0 */
};

#define PLAN_STEPS_MAX (2 * MAP_PATHS_MAX + 4)

/* What is remembered of a map between looks, and but for the last line over the role's death
 * (storage/memory.h). */
struct plan_memory {
    uint64_t no_path_since_ms; /* 0: it has a path */
    uint64_t better_since_ms;  /* since when a better group than the active one could carry */
    uint32_t most_paths;       /* that were there at once, since the last rescan by hand */
    bool removed;              /* the operator has removed it: it stays away */
    bool delete_paths;         /* and its paths with it */
    uint64_t leaving_since_ms; /* the node goes down; 0: it does not. Released: all I/O is over */
    bool released;
};

enum map_state {
    MAP_WAITING,  /* no path has been seen yet, or it is being assembled */
    MAP_GOOD,     /* every path carries, or could */
    MAP_DEGRADED, /* some do not */
    MAP_QUEUEING, /* no path: I/O waits */
    MAP_LOST,     /* no path: I/O fails */
    MAP_REFUSED,  /* not assembled: the text says why */
    MAP_REMOVED,  /* by the operator, until he adds it again */
    MAP_STATES
};

struct map_plan {
    struct step step[PLAN_STEPS_MAX];
    uint32_t steps;
    struct table table; /* for STEP_CREATE and STEP_RELOAD, and as it should be in any case */
    uint64_t sectors;
    uint64_t wake_ms; /* look again then, should nothing happen before; 0: never */
    enum map_state state;
    char text[160]; /* what is wrong; empty: nothing */
};

/* Plans for a configured map. path: all that have its WWID, at most MAP_PATHS_MAX, in an order that
 * does not change by itself. map: the one of its name, or exists = false. elsewhere: the name under
 * which its UUID is assembled, where that is another; or NULL. */
void plan_map(const struct site_multipath *want, const struct path *const *path, uint32_t paths,
              const struct map *map, const char *elsewhere, struct plan_memory *memory,
              uint64_t now_ms, struct map_plan *plan);

/* Plans for a map of ours that is not to be (any more) and not in use: away with it. Queueing goes
 * first: what still waits for a path would hold the removal up. */
void plan_removal(const struct map *map, struct map_plan *plan);

const char *map_state_name(enum map_state state);
