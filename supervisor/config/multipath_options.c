#include <stdio.h>
#include <stdlib.h>
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
const struct multipath_option multipath_option[MULTIPATH_OPTIONS] = {
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

int multipath_option_find(const char *name)
{
    for (int i = 0; i < MULTIPATH_OPTIONS; i++)
        if (strcmp(multipath_option[i].name, name) == 0)
            return i;
    return -1;
}

void multipath_option_names(char *text, size_t size)
{
    text[0] = '\0';
    for (int i = 0; i < MULTIPATH_OPTIONS; i++)
        snprintf(text + strlen(text), size - strlen(text), "%s%s", i > 0 ? ", " : "",
                 multipath_option[i].name);
}

static int parse_name(const char *const *names, const char *text, uint32_t *value)
{
    for (uint32_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], text) == 0) {
            *value = i;
            return 0;
        }
    return -1;
}

int multipath_option_parse(const struct multipath_option *option, const char *text, uint32_t *value)
{
    if (option->names != NULL)
        return parse_name(option->names, text, value);
    if (option->zero != NULL && strcmp(text, option->zero) == 0)
        *value = 0;
    else if (option->never != NULL && strcmp(text, option->never) == 0)
        *value = MULTIPATH_NEVER;
    else if (text[0] == '\0' || strlen(text) > 6 || strspn(text, "0123456789") != strlen(text))
        return -1;
    else {
        *value = (uint32_t)strtoul(text, NULL, 10);
        return *value >= option->min && *value <= option->max ? 0 : -1;
    }
    return 0;
}

void multipath_option_format(const struct multipath_option *option, uint32_t value, char *text,
                             size_t size)
{
    if (option->names != NULL)
        snprintf(text, size, "%s", option->names[value]);
    else if (value == 0 && option->zero != NULL)
        snprintf(text, size, "%s", option->zero);
    else if (value == MULTIPATH_NEVER && option->never != NULL)
        snprintf(text, size, "%s", option->never);
    else
        snprintf(text, size, "%u", value);
}

void multipath_option_allowed(const struct multipath_option *option, char *text, size_t size)
{
    if (option->names == NULL) {
        snprintf(text, size, "%s%s%s%s%u to %u", option->zero != NULL ? option->zero : "",
                 option->zero != NULL ? ", " : "", option->never != NULL ? option->never : "",
                 option->never != NULL ? " or " : "", option->min, option->max);
        return;
    }
    text[0] = '\0';
    for (uint32_t i = 0; option->names[i] != NULL; i++)
        snprintf(text + strlen(text), size - strlen(text), "%s%s", i > 0 ? ", " : "",
                 option->names[i]);
}
