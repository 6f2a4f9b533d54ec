/* Mirrors that an earlier configuration of this node had: taken down as soon as no guest uses them.
 * What somebody else has set up is left alone: the memory tells which were ours. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "storage/drbd.h"

static bool is_configured(const struct mirrors *all, const char *name)
{
    for (uint32_t i = 0; i < all->config.mirrors; i++)
        if (all->config.mirror[i].me != DRBD_NOBODY &&
            strcmp(all->config.mirror[i].name, name) == 0)
            return true;
    return false;
}

static void take(const char *name, void *data)
{
    struct mirrors *all = data;
    struct drbd_memory memory;
    if (is_configured(all, name) || all->strays == SITE_DRBDS_MAX ||
        strlen(name) >= DRBD_NAME_SIZE || !drbd_memory_load(name, &memory))
        return;
    struct site_drbd *want = &all->stray_want[all->strays];
    *want = (struct site_drbd){.minor = memory.minor};
    snprintf(want->name, sizeof want->name, "%.31s", name);
    for (int id = 0; id < DRBD_OPTIONS; id++)
        want->value[id] = drbd_option[id].initial;
    all->stray[all->strays] = (struct mirror){
        .all = all, .stray = true, .view = {.want = want}, .wish = {.use = DRBD_USE_DOWN}};
    all->strays++;
}

void drbd_strays_find(struct mirrors *all)
{
    drbd_memory_for_each(take, all);
}

/* It is down, now or since long. */
static void forget(struct mirror *m)
{
    struct site_drbd *want = &m->all->stray_want[m - m->all->stray];
    char path[sizeof DRBD_FOLDER + DRBD_NAME_SIZE];
    snprintf(path, sizeof path, DRBD_FOLDER "%s", want->name);
    unlink(path);
    drbd_memory_forget(want->name);
    if (m->changed_ms != 0)
        log_notice("mirror %s is down", want->name);
    want->name[0] = '\0';
}

static uint64_t converge(struct mirror *m, uint64_t now)
{
    struct drbd_view *v = &m->view;
    if (v->want->name[0] == '\0' || m->child != NULL)
        return 0;
    if (!v->state.resource) {
        forget(m);
        return 0;
    }
    if (m->changed_ms == 0)
        log_notice("mirror %s: not configured; taken down as soon as it is not in use",
                   v->want->name);
    m->changed_ms = now;
    v->now_ms = now;
    v->use = m->wish.use;
    drbd_plan_make(v, &m->plan);
    if (m->plan.steps > 0)
        drbd_deed_start(m, &m->plan, DRBD_ORDER_NONE);
    return m->plan.wake_ms;
}

uint64_t drbd_strays_converge(struct mirrors *all, uint64_t now)
{
    uint64_t wake = 0;
    for (uint32_t i = 0; i < all->strays; i++)
        wake = clock_earlier(wake, converge(&all->stray[i], now));
    return wake;
}
