/* One pass over the maps: look at device-mapper, ask the plan, have it done, tell relevod. */
#include <stdio.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "storage/mapper.h"
#include "storage/storage.h"

/* Events come in bursts: one pass for all within this, or within twice what the last pass took:
 * with hundreds of LUNs on a slow machine there would be nothing but passes. */
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
        timer_set(&s->settle, 2 * s->pass_ms > SETTLE_MS ? 2 * s->pass_ms : SETTLE_MS);
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
        return clock_earlier(plan->wake_ms, deed->not_before_ms);
    if (s->deeds < DEEDS_MAX) /* else: whichever ends makes a pass */
        storage_start_steps(s, deed, name, uuid, plan);
    return plan->wake_ms;
}

/* What the role's death must not lose, written down before anything is done that rests on it. */
static void keep_memory(struct storage *s, uint32_t i)
{
    struct lun *lun = &s->lun[i];
    char text[MEMORY_TEXT_SIZE];
    struct err e;
    memory_format(&lun->memory, lun->want->wwid, text);
    if (!storage_is_configured(s, i) || strcmp(text, lun->kept) == 0)
        return;
    if (memory_save(&lun->memory, lun->want->alias, lun->want->wwid, &e) != 0)
        log_err("multipath %s: %s; going on from memory", lun->want->alias, e.text);
    memcpy(lun->kept, text, sizeof lun->kept);
}

/* Its map is gone: away with the devices too, if that was asked for. */
static void delete_paths(struct storage *s, struct lun *lun, struct watched *const *path,
                         uint32_t paths, uint64_t now)
{
    if (!lun->memory.delete_paths || lun->map.exists || now < lun->rescan.not_before_ms)
        return;
    if (paths > 0)
        storage_start_delete(s, &lun->rescan, path, paths);
    else
        lun->memory.delete_paths = false;
}

/* A map that is not to be. In use, it is looked after like the others. */
static bool plan_unwanted(struct storage *s, uint32_t i)
{
    struct lun *lun = &s->lun[i];
    bool ours = lun->seen && lun->map.exists;
    if (ours && lun->map.opened > 0) {
        if (lun->memory.removed)
            log_err("multipath %s: not removed: it is in use (opened %u times)", lun->want->alias,
                    lun->map.opened);
        lun->memory.removed = lun->memory.delete_paths = false;
        return false;
    }
    if (ours)
        plan_removal(&lun->map, &lun->plan);
    else
        lun->plan = (struct map_plan){.state = MAP_REMOVED};
    return true;
}

/* The paths' place: a LUN that is assembled under an earlier name has them in its present one. */
static uint32_t place_of_paths(const struct storage *s, uint32_t i)
{
    for (uint32_t j = 0; j < s->configured && !storage_is_configured(s, i); j++)
        if (strcmp(s->config.map[j].wwid, s->config.map[i].wwid) == 0)
            return j;
    return i;
}

static uint64_t converge_lun(struct storage *s, uint32_t i, uint64_t now)
{
    struct lun *lun = &s->lun[i];
    struct watched *watched[MAP_PATHS_MAX];
    const struct path *path[MAP_PATHS_MAX];
    char uuid[MAP_UUID_SIZE];
    struct err e;
    if (lun->want->alias[0] == '\0')
        return 0;
    if (mapper_look(lun->want->alias, &lun->map, &e) != 0) {
        log_err("multipath %s: %s", lun->want->alias, e.text);
        return now + AGAIN_MS;
    }
    uint32_t paths = storage_paths_of(s, (int)place_of_paths(s, i), watched);
    if (lun->elsewhere[0] == '\0')
        note_failures(s, lun, watched, paths, now);
    for (uint32_t p = 0; p < paths; p++)
        path[p] = &watched[p]->path;
    if (storage_is_wanted(s, i) || !plan_unwanted(s, i))
        plan_map(lun->want, path, paths, &lun->map,
                 lun->elsewhere[0] != '\0' ? lun->elsewhere : NULL, &lun->memory, now, &lun->plan);
    else
        delete_paths(s, lun, watched, paths, now);
    keep_memory(s, i);
    snprintf(uuid, sizeof uuid, MAP_UUID_PREFIX "%s", lun->want->wwid);
    uint64_t wake = act(s, &lun->deed, lun->want->alias, uuid, &lun->plan, now);
    if (storage_is_configured(s, i))
        tell(s, i, watched, paths, now);
    return wake;
}

void storage_converge(void *storage)
{
    struct storage *s = storage;
    struct err e;
    uint64_t now = clock_ms(), wake = 0;
    if ((s->events >= 0 && mapper_arm(s->events, &e) != 0) || storage_see_maps(s, &e) != 0) {
        log_err("multipath: %s", e.text);
        timer_set(&s->wake, AGAIN_MS);
        return;
    }
    for (uint32_t i = 0; i < s->config.maps; i++)
        wake = clock_earlier(wake, converge_lun(s, i, now));
    wake = clock_earlier(wake, storage_start_rescans(s, now));
    wake = clock_earlier(wake, now + LOOK_MS);
    s->pass_ms = clock_ms() - now;
    now += s->pass_ms;
    timer_set(&s->wake, wake > now ? wake - now : 0);
}
