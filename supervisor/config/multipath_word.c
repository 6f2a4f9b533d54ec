/* multipath=ALIAS:WWID[:OPTION=VALUE,…] */
#include <stdio.h>
#include <string.h>

#include "config/words.h"

#define EXPECT_ALIAS "expected a name of 1 to 31 letters, digits and _ . + -"
#define EXPECT_WWID  "expected a WWID: naa.6..., eui..., uuid..., t10... or multipath's 36..."

/* A name that stays the same in /dev/mapper (device-mapper mangles others), and is not the
 * control device. */
static bool alias_ok(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length < MULTIPATH_ALIAS_SIZE && name[0] != '.' && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-") ==
               length &&
           strcmp(name, "control") != 0;
}

/* The kernel refuses other pairs (scsi_transport_fc.c); 600 is its SCSI_DEVICE_BLOCK_MAX_TIMEOUT.
 */
static bool loss_ok(struct site *site, const char *token, const struct site_multipath *map)
{
    uint32_t fast = map->value[MULTIPATH_FAST_IO_FAIL], loss = map->value[MULTIPATH_DEV_LOSS];
    if (fast == MULTIPATH_NEVER ? loss <= 600 : fast < loss)
        return true;
    site_error(site, map->place, token,
               fast == MULTIPATH_NEVER
                   ? "without fast_io_fail_tmo, expected dev_loss_tmo=600 or less"
                   : "expected dev_loss_tmo to be more than fast_io_fail_tmo");
    return false;
}

static bool parse(struct site *site, const char *token, struct site_multipath *map, char *value)
{
    char *part[3];
    int n = kv_split(value, ':', part, 3);
    if (n < 2 || !alias_ok(part[0])) {
        site_error(site, map->place, token,
                   n < 2 ? "expected ALIAS:WWID[:OPTION=VALUE,...]" : EXPECT_ALIAS);
        return false;
    }
    snprintf(map->alias, sizeof map->alias, "%s", part[0]);
    if (wwid_canonical(part[1], map->wwid) != 0) {
        site_error(site, map->place, token, EXPECT_WWID);
        return false;
    }
    return (n < 3 || word_options_take(site, map->place, token, multipath_option, MULTIPATH_OPTIONS,
                                       map->value, part[2])) &&
           loss_ok(site, token, map);
}

/* The command line wins silently over a file; twice in one place is an error. */
static bool repeated(struct site *site, const char *token, const struct site_multipath *map)
{
    for (uint32_t i = 0; i < site->multipath.maps; i++) {
        const struct site_multipath *other = &site->multipath.map[i];
        bool alias = strcmp(other->alias, map->alias) == 0,
             wwid = strcmp(other->wwid, map->wwid) == 0;
        if (!alias && !wwid)
            continue;
        if (other->place.line == 0 && map->place.line != 0)
            return true;
        if (alias)
            site_error(site, map->place, token,
                       "alias %s has %s already; expected aliases to "
                       "differ",
                       map->alias, other->wwid);
        else
            site_error(site, map->place, token, "this WWID is %s already; expected WWIDs to differ",
                       other->alias);
        return true;
    }
    return false;
}

void word_multipath(struct site *site, struct place place, char *value)
{
    struct site_multipath map = {.place = place};
    char token[100];
    snprintf(token, sizeof token, "multipath=%s", value);
    for (int id = 0; id < MULTIPATH_OPTIONS; id++)
        map.value[id] = multipath_option[id].initial;
    if (!parse(site, token, &map, value) || repeated(site, token, &map))
        return;
    if (site->multipath.maps == SITE_MULTIPATHS_MAX)
        site_error(site, place, token, "too many; expected at most %d LUNs", SITE_MULTIPATHS_MAX);
    else
        site->multipath.map[site->multipath.maps++] = map;
}
