/* Maps of ours that are not configured, or under another name: an earlier configuration's. One that
 * is in use is looked after like any other, or its guest would lose path after path; then it goes.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "storage/mapper.h"
#include "storage/storage.h"

static bool is_free(const struct storage *s, uint32_t i)
{
    const struct lun *lun = &s->lun[i];
    return s->config.map[i].alias[0] == '\0' && lun->deed.child == NULL &&
           lun->rescan.child == NULL;
}

/* A LUN for the map, with every option at its default; NULL: there is no room. */
static struct lun *adopt(struct storage *s, const struct map *map, const char *wwid)
{
    uint32_t i = s->configured;
    while (i < s->config.maps && !is_free(s, i))
        i++;
    if (i == SITE_MULTIPATHS_MAX || strlen(map->name) >= MULTIPATH_ALIAS_SIZE ||
        strlen(wwid) >= WWID_SIZE) {
        log_err("multipath: map %s: not configured, and no room to look after it; left as it is",
                map->name);
        return NULL;
    }
    if (i == s->config.maps)
        s->config.maps++;
    struct site_multipath *want = &s->config.map[i];
    *want = (struct site_multipath){.place = {.line = 0}};
    snprintf(want->alias, sizeof want->alias, "%.31s", map->name);
    snprintf(want->wwid, sizeof want->wwid, "%.111s", wwid);
    for (int id = 0; id < MULTIPATH_OPTIONS; id++)
        want->value[id] = multipath_option[id].initial;
    s->lun[i] = (struct lun){.want = want};
    log_notice("multipath: map %s: not configured; removed as soon as it is not in use", map->name);
    timer_set(&s->scan, 0); /* for its paths */
    return &s->lun[i];
}

static struct lun *find(struct storage *s, const char *name)
{
    for (uint32_t i = 0; i < s->config.maps; i++)
        if (strcmp(s->config.map[i].alias, name) == 0)
            return &s->lun[i];
    return NULL;
}

static void see_map(const struct map *map, void *data)
{
    struct storage *s = data;
    size_t prefix = strlen(MAP_UUID_PREFIX);
    if (strncmp(map->uuid, MAP_UUID_PREFIX, prefix) != 0)
        return;
    const char *wwid = map->uuid + prefix;
    struct lun *lun = find(s, map->name);
    if (lun != NULL && strcmp(lun->want->wwid, wwid) != 0)
        return; /* the name is another LUN's: refused by that LUN's plan */
    for (uint32_t i = 0; i < s->configured; i++)
        if (&s->lun[i] != lun && strcmp(s->config.map[i].wwid, wwid) == 0)
            snprintf(s->lun[i].elsewhere, sizeof s->lun[i].elsewhere, "%s", map->name);
    if (lun == NULL)
        lun = adopt(s, map, wwid);
    if (lun != NULL)
        lun->seen = true;
}

int storage_see_maps(struct storage *s, struct err *e)
{
    for (uint32_t i = 0; i < s->config.maps; i++) {
        s->lun[i].seen = false;
        s->lun[i].elsewhere[0] = '\0';
    }
    if (mapper_for_each(see_map, s, e) != 0)
        return -1;
    for (uint32_t i = s->configured; i < s->config.maps; i++)
        if (!s->lun[i].seen && s->config.map[i].alias[0] != '\0' && s->lun[i].deed.child == NULL) {
            log_notice("multipath: map %s is gone", s->config.map[i].alias);
            s->config.map[i].alias[0] = s->config.map[i].wwid[0] = '\0';
            storage_forget_paths(s, i);
        }
    return 0;
}
