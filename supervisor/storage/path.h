/* A path to a LUN: one block device of the kernel, as seen in sysfs and by its checker. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "config/multipath.h"

#define MAP_PATHS_MAX   16
#define PATH_NAME_SIZE  32
#define PATH_STATE_SIZE 20 /* the longest of the kernel's is "transport-offline" */
#define HANDLER_SIZE    16

/* How the target lets the path be used (SPC-4, 5.15.2), best first; by the kernel's scsi_dh_alua.
 * Transition is what a path is first seen in; later it keeps what it was until that is over. */
enum path_access {
    ACCESS_NONE, /* the target does not say */
    ACCESS_OPTIMIZED,
    ACCESS_NON_OPTIMIZED,
    ACCESS_LBA_DEPENDENT,
    ACCESS_STANDBY,
    ACCESS_UNAVAILABLE,
    ACCESS_TRANSITION,
    ACCESSES
};

enum verdict {
    VERDICT_NONE, /* not checked yet, or no news */
    VERDICT_UP,
    VERDICT_GHOST, /* alive, but takes I/O only after the group is switched to (standby) */
    VERDICT_DOWN,
    VERDICT_FOREIGN, /* it answers with the name of another LUN */
    VERDICTS
};

struct path {
    char name[PATH_NAME_SIZE]; /* sda */
    char hctl[24];             /* host:channel:target:lun; empty: not SCSI */
    uint32_t major, minor;
    uint64_t sectors; /* of 512 bytes */
    bool read_only;
    bool present;                /* its queue takes I/O and it can be opened */
    char state[PATH_STATE_SIZE]; /* the kernel's word for it */
    enum path_access access;
    bool implicit_only;         /* ALUA, but only the target itself changes the states */
    char handler[HANDLER_SIZE]; /* attached to it; empty: none */
    enum verdict verdict;
    uint64_t checked_ms; /* when the check behind the verdict began */
    uint64_t failed_ms;  /* when device-mapper was first seen to have failed it; 0: it has not */
};

const char *path_access_name(enum path_access access);
const char *verdict_name(enum verdict verdict);
