/* relevod's side of the multipath role. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "storage/config.h"
#include "storage/role.h"

/* Whether a guest's disk is the map. */
static bool is_on(const char *disk, const char *alias)
{
    static const char folder[] = "/dev/mapper/";
    return strncmp(disk, folder, sizeof folder - 1) == 0 &&
           strcmp(disk + sizeof folder - 1, alias) == 0;
}

/* The guests that have the map as a disk: what its loss means. */
static void tell_guests(const struct multipath *m, const char *alias, const char *what)
{
    for (uint32_t g = 0; g < m->site->guests; g++) {
        const struct guest *guest = m->site->guest[g];
        for (uint32_t d = 0; d < guest->disks; d++)
            if (is_on(guest->disk[d].path, alias))
                log_err("guest %s: %s %s (disk %s)", guest->name, what, alias, guest->disk[d].vdev);
    }
}

static void tell_change(const struct multipath *m, const struct multipath_status *before,
                        const struct multipath_status *now)
{
    const char *alias = m->site->multipath.map[now->map].alias;
    bool known = before->changed_ms != 0;
    if (known && before->state == now->state && strcmp(before->text, now->text) == 0)
        return;
    log_line(now->state == MAP_GOOD ? LOG_NOTICE : LOG_WARNING, "multipath %s: %s, %u paths%s%s",
             alias, map_state_name((enum map_state)now->state), now->paths,
             now->text[0] != '\0' ? ": " : "", now->text);
    bool lost = now->state == MAP_LOST, was_lost = known && before->state == MAP_LOST;
    if (lost && !was_lost)
        tell_guests(m, alias, "has lost its storage");
    else if (was_lost && !lost)
        tell_guests(m, alias, "has its storage back");
}

static bool on_message(void *owner, const void *data, size_t size)
{
    static struct multipath_status before;
    struct multipath *m = owner;
    if (!multipath_status_ok(data, size, m->site->multipath.maps))
        return false;
    const struct multipath_status *now = data;
    before = m->status[now->map];
    m->status[now->map] = *now;
    tell_change(m, &before, now);
    if (m->changed != NULL && (before.state != now->state || before.exists != now->exists))
        m->changed(m->changed_data);
    return true;
}

void multipath_init(struct multipath *m, qb_loop_t *loop)
{
    *m = (struct multipath){.site = NULL};
    kept_init(&m->process, loop, "multipath", on_message, m);
}

static bool same_lun(const struct site_multipath *a, const struct site_multipath *b)
{
    return strcmp(a->alias, b->alias) == 0 && strcmp(a->wwid, b->wwid) == 0;
}

/* What is known of LUNs that stay is kept. */
static void keep_status(struct multipath *m, const struct multipath_config *next)
{
    static struct multipath_status before[SITE_MULTIPATHS_MAX];
    const struct multipath_config *now = &m->site->multipath;
    memcpy(before, m->status, now->maps * sizeof before[0]);
    memset(m->status, 0, now->maps * sizeof m->status[0]);
    for (uint32_t i = 0; i < next->maps; i++)
        for (uint32_t j = 0; j < now->maps; j++)
            if (same_lun(&now->map[j], &next->map[i])) {
                m->status[i] = before[j];
                m->status[i].map = i;
            }
}

void multipath_take(struct multipath *m, const struct site *site)
{
    const struct multipath_config *config = &site->multipath;
    if (m->site != NULL)
        keep_status(m, config);
    m->site = site;
    if (kept_begun(&m->process) || config->maps > 0)
        kept_take(&m->process, config, multipath_config_size(config->maps));
}

static bool usable(const struct multipath_status *s)
{
    return s->exists != 0 && (s->state == MAP_GOOD || s->state == MAP_DEGRADED);
}

bool multipath_ready(const struct guest *guest, void *multipath)
{
    const struct multipath *m = multipath;
    for (uint32_t d = 0; d < guest->disks; d++)
        for (uint32_t i = 0; i < m->site->multipath.maps; i++)
            if (is_on(guest->disk[d].path, m->site->multipath.map[i].alias) &&
                !usable(&m->status[i]))
                return false;
    return true;
}

int multipath_rescan(struct multipath *m, struct err *said)
{
    const struct multipath_rescan request = {.type = MULTIPATH_RESCAN};
    struct err e;
    if (m->site->multipath.maps == 0)
        return err_set(said, "no multipath= is configured");
    if (m->process.child == NULL)
        return err_set(said,
                       "the multipath process is not running; it will look at all when it is");
    if (child_send(m->process.child, &request, sizeof request, &e) != 0)
        return err_set(said, "%s", e.text);
    snprintf(said->text, sizeof said->text, "looking for new LUNs, paths and sizes");
    return 0;
}
