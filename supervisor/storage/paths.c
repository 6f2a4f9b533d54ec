#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "storage/storage.h"
#include "storage/sysfs.h"
#include "storage/tune.h"

static struct watched *find(struct storage *s, const char *name)
{
    for (uint32_t i = 0; i < PATHS_MAX; i++)
        if (s->watched[i].used && strcmp(s->watched[i].path.name, name) == 0)
            return &s->watched[i];
    return NULL;
}

/* A place that no checker still refers to. */
static struct watched *free_place(struct storage *s)
{
    for (uint32_t i = 0; i < PATHS_MAX; i++)
        if (!s->watched[i].used && s->watched[i].checker == NULL)
            return &s->watched[i];
    return NULL;
}

static bool forget(struct storage *s, struct watched *w, const char *why)
{
    log_notice("multipath %s: path %s %s", s->config.map[w->lun].alias, w->path.name, why);
    w->used = false;
    return true;
}

static bool note(struct storage *s, const char *name, int lun)
{
    struct watched *w = free_place(s);
    if (w == NULL) {
        log_err("multipath %s: path %s: there are %d paths already; left out",
                s->config.map[lun].alias, name, PATHS_MAX);
        return false;
    }
    *w = (struct watched){.used = true, .lun = lun};
    if (sysfs_read_path(name, &w->path) != 0) {
        w->used = false;
        return false;
    }
    w->interval_ms = s->config.map[lun].value[MULTIPATH_INTERVAL] * 1000;
    w->check_at_ms = clock_ms();
    tune_path(&s->config.map[lun], name);
    log_notice("multipath %s: path %s (%u:%u%s%s)", s->config.map[lun].alias, name, w->path.major,
               w->path.minor, w->path.hctl[0] != '\0' ? ", " : "", w->path.hctl);
    return true;
}

/* What of a path is a cause to look at its map. */
static bool differs(const struct path *a, const struct path *b)
{
    return a->sectors != b->sectors || a->read_only != b->read_only || a->present != b->present ||
           a->access != b->access || strcmp(a->handler, b->handler) != 0 ||
           strcmp(a->state, b->state) != 0;
}

bool storage_see_path(struct storage *s, const char *name)
{
    struct watched *w = find(s, name);
    struct path now = w != NULL ? w->path : (struct path){.access = ACCESS_NONE};
    if (!sysfs_may_be_path(name))
        return false;
    if (sysfs_read_path(name, &now) != 0)
        return w != NULL && forget(s, w, "is gone");
    int lun = sysfs_find_lun(name, &s->config);
    if (w == NULL)
        return lun >= 0 && note(s, name, lun);
    bool same = now.major == w->path.major && now.minor == w->path.minor && lun == w->lun;
    if (!same) {
        forget(s, w, lun == w->lun ? "has become another device" : "leads to another LUN now");
        return lun < 0 || note(s, name, lun);
    }
    bool changed = differs(&w->path, &now);
    w->path = now;
    return changed;
}

static void see(const char *name, void *data)
{
    storage_see_path(data, name);
}

void storage_see_all(struct storage *s)
{
    for (uint32_t i = 0; i < PATHS_MAX; i++)
        if (s->watched[i].used)
            storage_see_path(s, s->watched[i].path.name); /* gone, perhaps */
    sysfs_for_each(see, s);
}

void storage_forget_paths(struct storage *s, uint32_t lun)
{
    for (uint32_t i = 0; i < PATHS_MAX; i++)
        if (s->watched[i].used && s->watched[i].lun == (int)lun)
            s->watched[i].used = false;
}

static bool comes_before(const struct path *a, const struct path *b)
{
    int order = strverscmp(a->hctl, b->hctl);
    return order != 0 ? order < 0 : strverscmp(a->name, b->name) < 0;
}

uint32_t storage_paths_of(struct storage *s, int lun, struct watched *found[MAP_PATHS_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < PATHS_MAX; i++) {
        struct watched *w = &s->watched[i];
        if (!w->used || w->lun != lun || n == MAP_PATHS_MAX)
            continue;
        uint32_t at = n++;
        for (; at > 0 && comes_before(&w->path, &found[at - 1]->path); at--)
            found[at] = found[at - 1];
        found[at] = w;
    }
    return n;
}
