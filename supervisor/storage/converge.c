/* One pass over the maps: look at device-mapper, ask the plan, have it done, tell relevod. */
#include <stdio.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "storage/mapper.h"
#include "storage/storage.h"

/* Events come in bursts: one pass for all within this. */
#define SETTLE_MS 20
/* So many maps are worked on at once: at boot there may be hundreds. */
#define DEEDS_MAX 16
/* Device-mapper could not be read. */
#define AGAIN_MS 5000
/* Who opens or closes a map makes no event: it is looked at now and then. */
#define LOOK_MS 10000

void storage_settle(struct storage *s)
{
    if (!s->settle.set)
        timer_set(&s->settle, SETTLE_MS);
}

/* What device-mapper says of each path, with the time when that was first seen. */
static void note_failures(struct storage *s, struct lun *lun, struct watched *const *path,
                          uint32_t paths, uint64_t now)
{
    for (uint32_t i = 0; i < paths; i++) {
        struct watched *w = path[i];
        const struct table_path *t =
            lun->map.readable ? table_find(&lun->map.table, w->path.major, w->path.minor) : NULL;
        if (t == NULL || !t->failed) {
            w->path.failed_ms = 0;
        } else if (w->path.failed_ms == 0) {
            w->path.failed_ms = now;
            w->interval_ms = lun->want->value[MULTIPATH_INTERVAL] * 1000;
            storage_check_within(w, w->interval_ms);
            log_warn("multipath %s: path %s carries no more I/O", lun->want->alias, w->path.name);
        }
    }
    timer_set(&s->check, 0);
}

static struct multipath_path path_status(const struct lun *lun, const struct watched *w)
{
    const struct path *p = &w->path;
    const struct table_path *t =
        lun->map.readable ? table_find(&lun->map.table, p->major, p->minor) : NULL;
    struct multipath_path out = {.major = p->major,
                                 .minor = p->minor,
                                 .group = t != NULL ? t->group : NO_GROUP,
                                 .failed = t != NULL && t->failed,
                                 .failures = t != NULL ? t->failures : 0,
                                 .verdict = p->verdict,
                                 .access = p->access};
    memcpy(out.name, p->name, sizeof out.name);
    memcpy(out.hctl, p->hctl, sizeof out.hctl);
    memcpy(out.state, p->state, sizeof out.state);
    memcpy(out.text, w->text, sizeof out.text);
    return out;
}

static void tell(struct storage *s, uint32_t index, struct watched *const *path, uint32_t paths,
                 uint64_t now)
{
    static struct multipath_status status;
    struct lun *lun = &s->lun[index];
    const struct map *map = &lun->map;
    status = (struct multipath_status){.map = index,
                                       .state = lun->plan.state,
                                       .exists = map->exists,
                                       .queueing = map->table.queueing,
                                       .minor = map->minor,
                                       .opened = map->opened,
                                       .sectors = map->sectors,
                                       .groups = map->table.groups,
                                       .paths = paths};
    memcpy(status.handler, map->table.handler, sizeof status.handler);
    memcpy(status.selector, map->table.selector, sizeof status.selector);
    memcpy(status.group_state, map->table.group_state, sizeof status.group_state);
    for (uint32_t i = 0; i < paths; i++)
        status.path[i] = path_status(lun, path[i]);
    snprintf(status.text, sizeof status.text, "%.159s",
             lun->deed.failed ? lun->deed.error.text : lun->plan.text);
    if (status.state != lun->told.state || lun->changed_ms == 0)
        lun->changed_ms = now;
    status.changed_ms = lun->changed_ms;
    if (memcmp(&status, &lun->told, sizeof status) == 0)
        return;
    lun->told = status;
    if (role_send(&status, sizeof status) != 0)
        qb_loop_stop(s->loop);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/* Has the plan done, if it is time: when to look again by itself, or 0. */
static uint64_t act(struct storage *s, struct deed *deed, const char *name, const char *uuid,
                    const struct map_plan *plan, uint64_t now)
{
    if (plan->steps == 0 || deed->child != NULL) {
        if (plan->steps == 0)
            deed->failed = false;
        return plan->wake_ms;
    }
    if (now < deed->not_before_ms)
        return earlier(plan->wake_ms, deed->not_before_ms);
    if (s->deeds < DEEDS_MAX) /* else: whichever ends makes a pass */
        storage_start_steps(s, deed, name, uuid, plan);
    return plan->wake_ms;
}

/* The maps of device-mapper that are ours. */
struct names {
    struct storage *s;
    const char *elsewhere[SITE_MULTIPATHS_MAX];
    char name[SITE_MULTIPATHS_MAX][MAP_NAME_SIZE];
};

static struct stray *find_stray(struct storage *s, const char *name)
{
    struct stray *place = NULL;
    for (uint32_t i = 0; i < STRAYS_MAX; i++) {
        if (strcmp(s->stray[i].name, name) == 0)
            return &s->stray[i];
        if (s->stray[i].name[0] == '\0' && s->stray[i].deed.child == NULL && place == NULL)
            place = &s->stray[i];
    }
    if (place != NULL) {
        *place = (struct stray){.seen = false};
        snprintf(place->name, sizeof place->name, "%s", name);
    }
    return place;
}

/* A map of ours under a name that is not configured for it is a stray. */
static void see_map(const struct map *map, void *data)
{
    struct names *names = data;
    struct storage *s = names->s;
    size_t prefix = strlen(MAP_UUID_PREFIX);
    if (strncmp(map->uuid, MAP_UUID_PREFIX, prefix) != 0)
        return;
    for (uint32_t i = 0; i < s->config.maps; i++) {
        if (strcmp(s->config.map[i].wwid, map->uuid + prefix) != 0)
            continue;
        if (strcmp(s->config.map[i].alias, map->name) == 0)
            return;
        snprintf(names->name[i], sizeof names->name[i], "%s", map->name);
        names->elsewhere[i] = names->name[i];
    }
    struct stray *stray = find_stray(s, map->name);
    if (stray != NULL)
        stray->seen = true;
}

static uint64_t converge_lun(struct storage *s, uint32_t i, const char *elsewhere, uint64_t now)
{
    struct lun *lun = &s->lun[i];
    struct watched *watched[MAP_PATHS_MAX];
    const struct path *path[MAP_PATHS_MAX];
    char uuid[MAP_UUID_SIZE];
    struct err e;
    if (mapper_look(lun->want->alias, &lun->map, &e) != 0) {
        log_err("multipath %s: %s", lun->want->alias, e.text);
        return now + AGAIN_MS;
    }
    uint32_t paths = storage_paths_of(s, (int)i, watched);
    note_failures(s, lun, watched, paths, now);
    for (uint32_t p = 0; p < paths; p++)
        path[p] = &watched[p]->path;
    plan_map(lun->want, path, paths, &lun->map, elsewhere, &lun->memory, now, &lun->plan);
    snprintf(uuid, sizeof uuid, MAP_UUID_PREFIX "%s", lun->want->wwid);
    uint64_t wake = act(s, &lun->deed, lun->want->alias, uuid, &lun->plan, now);
    tell(s, i, watched, paths, now);
    return wake;
}

static uint64_t converge_stray(struct storage *s, struct stray *stray, uint64_t now)
{
    static struct map_plan plan;
    struct map map;
    if (!stray->seen && stray->deed.child == NULL)
        stray->name[0] = '\0';
    if (stray->name[0] == '\0' || mapper_look(stray->name, &map, NULL) != 0 || !map.exists)
        return 0;
    plan_unwanted(&map, &plan);
    if (strcmp(stray->text, plan.text) != 0)
        log_warn("multipath: map %s: %s", stray->name, plan.text);
    snprintf(stray->text, sizeof stray->text, "%s", plan.text);
    return act(s, &stray->deed, stray->name, map.uuid, &plan, now);
}

void storage_converge(void *storage)
{
    static struct names names;
    struct storage *s = storage;
    struct err e;
    uint64_t now = clock_ms(), wake = 0;
    names = (struct names){.s = s};
    for (uint32_t i = 0; i < STRAYS_MAX; i++)
        s->stray[i].seen = false;
    if ((s->events >= 0 && mapper_arm(s->events, &e) != 0) ||
        mapper_for_each(see_map, &names, &e) != 0) {
        log_err("multipath: %s", e.text);
        timer_set(&s->wake, AGAIN_MS);
        return;
    }
    for (uint32_t i = 0; i < STRAYS_MAX; i++)
        wake = earlier(wake, converge_stray(s, &s->stray[i], now));
    for (uint32_t i = 0; i < s->config.maps; i++)
        wake = earlier(wake, converge_lun(s, i, names.elsewhere[i], now));
    wake = earlier(wake, now + LOOK_MS);
    timer_set(&s->wake, wake > now ? wake - now : 0);
}
