#include <stddef.h>
#include <string.h>

#include "config/multipath.h"

#define DAY 86400

static const char *const groups[] = {"failover", "multibus", NULL};
static const char *const selectors[] = {"service-time", "queue-length", "round-robin", NULL};
static const char *const hwhandlers[] = {"auto", "none", "alua", "rdac", "emc", "hp_sw", NULL};
static const char *const checkers[] = {"tur", "read", NULL};

/* interval: multipath-tools' polling_interval is 5 s too. no_path_retry: longer than a controller
 * takes to come back, shorter than a guest's own patience with its disk (Linux: 120 s until it
 * complains of hung tasks).
 *
 * timeout, max_retries: a command that is lost is given up after (1 + max_retries) * timeout and
 * goes to another path. The kernel's own 30 s, six times, are for disks with one path. 15 s are
 * more than arrays need for what they do answer, the takeover by their other controller included.
 * fast_io_fail_tmo, dev_loss_tmo: multipath-tools' defaults. */
const struct word_option multipath_option[MULTIPATH_OPTIONS] = {
    /* name, initial, min, max, zero, never, names */
    [MULTIPATH_GROUP] = {"group", GROUP_FAILOVER, 0, 0, NULL, NULL, groups},
    [MULTIPATH_SELECTOR] = {"selector", 0, 0, 0, NULL, NULL, selectors},
    [MULTIPATH_HWHANDLER] = {"hwhandler", HWHANDLER_AUTO, 0, 0, NULL, NULL, hwhandlers},
    [MULTIPATH_CHECKER] = {"checker", CHECKER_TUR, 0, 0, NULL, NULL, checkers},
    [MULTIPATH_INTERVAL] = {"interval", 5, 1, 3600, NULL, NULL, NULL},
    [MULTIPATH_FAILBACK] = {"failback", 0, 1, DAY, "immediate", "manual", NULL},
    [MULTIPATH_NO_PATH_RETRY] = {"no_path_retry", 30, 1, DAY, "fail", "queue", NULL},
    [MULTIPATH_TIMEOUT] = {"timeout", 15, 1, 3600, NULL, NULL, NULL},
    [MULTIPATH_EH_TIMEOUT] = {"eh_timeout", 10, 1, 3600, NULL, NULL, NULL},
    [MULTIPATH_RETRIES] = {"max_retries", 0, 0, 5, NULL, NULL, NULL},
    [MULTIPATH_FAST_IO_FAIL] = {"fast_io_fail_tmo", 5, 1, 599, NULL, "off", NULL},
    [MULTIPATH_DEV_LOSS] = {"dev_loss_tmo", 600, 2, DAY, NULL, "infinity", NULL},
};

bool multipath_is_disk(const char *path, const char *alias)
{
    static const char folder[] = "/dev/mapper/";
    return strncmp(path, folder, sizeof folder - 1) == 0 &&
           strcmp(path + sizeof folder - 1, alias) == 0;
}
