/* relevod's side of the multipath role. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "storage/config.h"
#include "storage/role.h"

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
        multipath_tell_guests(m, alias, "has lost its storage");
    else if (was_lost && !lost)
        multipath_tell_guests(m, alias, "has its storage back");
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
    if (m->released != NULL)
        multipath_finish_release(m);
    return true;
}

void multipath_init(struct multipath *m, qb_loop_t *loop)
{
    kept_init(&m->process, loop, "multipath", on_message, m);
    m->patience = (struct timer){.loop = loop, .fire = multipath_give_up_release, .data = m};
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
