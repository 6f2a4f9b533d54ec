/* The LUNs to assemble, as configured. relevod sends this to the multipath role as it is; only
 * relevod looks at the places. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/place.h"
#include "config/word_option.h"
#include "config/wwid.h"

#define SITE_MULTIPATHS_MAX  256
#define MULTIPATH_ALIAS_SIZE 32

enum multipath_option_id {
    MULTIPATH_GROUP,
    MULTIPATH_SELECTOR,
    MULTIPATH_HWHANDLER,
    MULTIPATH_CHECKER,
    MULTIPATH_INTERVAL,
    MULTIPATH_FAILBACK,
    MULTIPATH_NO_PATH_RETRY,
    MULTIPATH_TIMEOUT,
    MULTIPATH_EH_TIMEOUT,
    MULTIPATH_RETRIES,
    MULTIPATH_FAST_IO_FAIL,
    MULTIPATH_DEV_LOSS,
    MULTIPATH_OPTIONS
};

/* The values of options that have names, in the order of the names. */
enum multipath_group { GROUP_FAILOVER, GROUP_MULTIBUS };
enum multipath_hwhandler { HWHANDLER_AUTO, HWHANDLER_NONE };
enum multipath_checker { CHECKER_TUR, CHECKER_READ };

/* "manual" of failback, "queue" of no_path_retry, "infinity" of dev_loss_tmo: for ever; "off" of
 * fast_io_fail_tmo. */
#define MULTIPATH_NEVER OPTION_NEVER

/* Named as in multipath.conf(5), where they have a name there; numbers are seconds (max_retries:
 * how often). */
extern const struct word_option multipath_option[MULTIPATH_OPTIONS];

struct site_multipath {
    struct place place;
    char alias[MULTIPATH_ALIAS_SIZE];
    char wwid[WWID_SIZE]; /* canonical */
    uint32_t value[MULTIPATH_OPTIONS];
};

struct multipath_config {
    uint32_t maps;
    struct site_multipath map[SITE_MULTIPATHS_MAX];
};

/* Whether a guest's disk of that path is the LUN with this alias. */
bool multipath_is_disk(const char *path, const char *alias);
