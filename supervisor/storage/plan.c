#include "storage/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A path that belongs in the table. */
struct member {
    const struct path *path;
    const struct table_path *now; /* in the kernel's table; NULL: not yet */
    uint32_t rank;                /* its group's; lower is better */
    bool active;                  /* carries I/O, once the steps are done */
};

struct planning {
    const struct site_multipath *want;
    const struct map *map;
    struct map_plan *plan;
    struct member member[MAP_PATHS_MAX];
    uint32_t members;
    uint32_t left_out;
};

__attribute__((format(printf, 2, 3))) static void say(struct map_plan *plan, const char *format,
                                                      ...)
{
    size_t used = strlen(plan->text), size = sizeof plan->text;
    used += (size_t)snprintf(plan->text + used, size - used, "%s", used > 0 ? "; " : "");
    if (used >= size)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(plan->text + used, size - used, format, args);
    va_end(args);
}

static void add_step(struct map_plan *plan, enum step_kind kind, const struct path *path,
                     uint32_t group)
{
    plan->step[plan->steps++] = (struct step){.kind = kind,
                                              .major = path != NULL ? path->major : 0,
                                              .minor = path != NULL ? path->minor : 0,
                                              .group = group};
}

static bool ours(const struct site_multipath *want, const struct map *map)
{
    size_t prefix = strlen(MAP_UUID_PREFIX);
    return strncmp(map->uuid, MAP_UUID_PREFIX, prefix) == 0 &&
           strcmp(map->uuid + prefix, want->wwid) == 0;
}

/* --- which paths --- */

/* The size that the map has or should get. A LUN that has grown shows so on one path after the
 * other: the map follows when all agree. A new map takes the size that most paths have, of two as
 * many the smaller: nothing is written beyond what all have. */
static uint64_t choose_size(const struct path *const *path, uint32_t paths, uint64_t now)
{
    uint64_t best = 0;
    uint32_t most = 0, all = 0;
    for (uint32_t i = 0; i < paths; i++) {
        uint32_t same = 0;
        for (uint32_t j = 0; j < paths; j++)
            same += path[j]->sectors == path[i]->sectors;
        all += path[i]->sectors != 0;
        if (path[i]->sectors != 0 && (same > most || (same == most && path[i]->sectors < best))) {
            most = same;
            best = path[i]->sectors;
        }
    }
    bool agreed = most == all;
    return now == 0 || (agreed && best > now) ? best : now;
}

/* Whether the path belongs into the table; says why not. One that is there and has grown already
 * does no harm. */
static bool fits(struct planning *p, const struct path *path, const struct table_path *now)
{
    struct map_plan *plan = p->plan;
    if (path->verdict == VERDICT_FOREIGN)
        say(plan, "%s answers as another LUN", path->name);
    else if (path->sectors == 0)
        say(plan, "%s has no size", path->name);
    else if (path->sectors != plan->sectors && (now == NULL || path->sectors < plan->sectors))
        say(plan, "%s has %llu sectors, expected %llu", path->name,
            (unsigned long long)path->sectors, (unsigned long long)plan->sectors);
    else if (path->read_only)
        say(plan, "%s can only be read", path->name);
    else if (!path->present && now == NULL) /* cannot be opened, as loading a table does */
        say(plan, "%s is %s", path->name, path->state);
    else
        return true;
    return false;
}

static void choose_members(struct planning *p, const struct path *const *path, uint32_t paths)
{
    for (int last_resort = 0; last_resort < 2 && p->members == 0; last_resort++) {
        p->left_out = 0;
        for (uint32_t i = 0; i < paths; i++) {
            const struct table_path *now =
                p->map->readable ? table_find(&p->map->table, path[i]->major, path[i]->minor)
                                 : NULL;
            /* Better a LUN that has shrunk than none: what is in the table stays there. */
            bool stays = last_resort != 0 && now != NULL && path[i]->verdict != VERDICT_FOREIGN;
            if (stays || (last_resort == 0 && fits(p, path[i], now)))
                p->member[p->members++] = (struct member){.path = path[i], .now = now};
            else
                p->left_out++;
        }
    }
}

/* --- how they are --- */

static bool is_down(const struct path *path)
{
    return path->verdict == VERDICT_DOWN || !path->present;
}

/* A path that device-mapper has failed may come back: on a check that began later. */
static bool is_back(const struct path *path)
{
    return !is_down(path) && (path->verdict == VERDICT_UP || path->verdict == VERDICT_GHOST) &&
           path->checked_ms > path->failed_ms;
}

/* Standby paths of a target that alone changes the states cannot be switched to: alone, they would
 * only turn waiting I/O into errors. */
static bool helps_alone(const struct path *path)
{
    return !(path->verdict == VERDICT_GHOST && path->implicit_only);
}

static uint32_t judge_members(struct planning *p)
{
    uint32_t active = 0, alone = 0;
    for (uint32_t i = 0; i < p->members; i++) {
        struct member *m = &p->member[i];
        bool failed = m->now != NULL && m->now->failed;
        m->active = failed ? is_back(m->path) : !is_down(m->path);
        active += m->active;
        alone += m->active && helps_alone(m->path);
    }
    for (uint32_t i = 0; i < p->members && alone == 0; i++) {
        struct member *m = &p->member[i];
        if (m->active && m->now != NULL && m->now->failed) {
            m->active = false;
            active--;
        }
    }
    return active;
}

/* --- the table --- */

/* Where the target says how a path may be used, that decides its group. */
static void rank_members(struct planning *p)
{
    bool alua = false;
    for (uint32_t i = 0; i < p->members; i++)
        alua = alua || p->member[i].path->access != ACCESS_NONE;
    for (uint32_t i = 0; i < p->members; i++) {
        struct member *m = &p->member[i];
        m->rank = alua ? (uint32_t)m->path->access : i;
        if (!alua && p->want->value[MULTIPATH_GROUP] == GROUP_MULTIBUS)
            m->rank = 0;
        /* One that says nothing among others that do: last. */
        if (alua && m->path->access == ACCESS_NONE)
            m->rank = ACCESSES;
    }
}

static void sort_members(struct planning *p)
{
    for (uint32_t i = 1; i < p->members; i++)
        for (uint32_t j = i; j > 0 && p->member[j].rank < p->member[j - 1].rank; j--) {
            struct member other = p->member[j];
            p->member[j] = p->member[j - 1];
            p->member[j - 1] = other;
        }
}

static const char *handler_of(const struct planning *p)
{
    uint32_t want = p->want->value[MULTIPATH_HWHANDLER];
    if (want == HWHANDLER_NONE)
        return "";
    if (want != HWHANDLER_AUTO)
        return multipath_option[MULTIPATH_HWHANDLER].names[want];
    for (uint32_t i = 0; i < p->members; i++)
        if (p->member[i].path->handler[0] != '\0')
            return p->member[i].path->handler;
    return "";
}

static void build_table(struct planning *p)
{
    struct table *t = &p->plan->table;
    const struct word_option *selector = &multipath_option[MULTIPATH_SELECTOR];
    rank_members(p);
    sort_members(p);
    word_option_format(selector, p->want->value[MULTIPATH_SELECTOR], t->selector,
                       sizeof t->selector);
    snprintf(t->handler, sizeof t->handler, "%s", handler_of(p));
    for (uint32_t i = 0; i < p->members; i++) {
        if (i == 0 || p->member[i].rank != p->member[i - 1].rank)
            t->groups++;
        t->path[t->paths++] = (struct table_path){.major = p->member[i].path->major,
                                                  .minor = p->member[i].path->minor,
                                                  .group = t->groups - 1};
    }
}

/* --- groups --- */

/* The first group that can carry, or groups. */
static uint32_t best_group(const struct planning *p)
{
    for (uint32_t i = 0; i < p->members; i++)
        if (p->member[i].active)
            return p->plan->table.path[i].group;
    return p->plan->table.groups;
}

/* The group of the new table with a path that carries now; or groups. */
static uint32_t carrying_group(const struct planning *p)
{
    for (uint32_t i = 0; i < p->members; i++) {
        const struct member *m = &p->member[i];
        if (m->active && m->now != NULL && p->map->table.group_state[m->now->group] == 'A')
            return p->plan->table.path[i].group;
    }
    return p->plan->table.groups;
}

/* Whether to go back to a better group than the one that carries. */
static bool failback_due(const struct planning *p, struct plan_memory *memory, uint64_t now_ms,
                         bool better)
{
    uint32_t wait_s = p->want->value[MULTIPATH_FAILBACK];
    if (!better) {
        memory->better_since_ms = 0;
        return false;
    }
    if (memory->better_since_ms == 0)
        memory->better_since_ms = now_ms;
    if (wait_s == MULTIPATH_NEVER)
        return false;
    uint64_t due_ms = memory->better_since_ms + (uint64_t)wait_s * 1000;
    if (now_ms < due_ms && (p->plan->wake_ms == 0 || due_ms < p->plan->wake_ms))
        p->plan->wake_ms = due_ms;
    return now_ms >= due_ms;
}

/* --- what is to be done --- */

/* The node goes down: I/O that waits for a path waits no longer than this. Its guest is destroyed
 * 30 s after it was asked to shut down, and cannot be while it waits. */
#define LEAVE_PATIENCE_MS 15000

/* Until when I/O without a path waits; 0: it does not, UINT64_MAX: for ever. */
static uint64_t queue_until(const struct planning *p, const struct plan_memory *memory)
{
    uint32_t retry_s = p->want->value[MULTIPATH_NO_PATH_RETRY];
    uint64_t until_ms = retry_s == 0 ? 0
                        : retry_s == MULTIPATH_NEVER
                            ? UINT64_MAX
                            : memory->no_path_since_ms + (uint64_t)retry_s * 1000;
    uint64_t leave_ms = memory->leaving_since_ms + LEAVE_PATIENCE_MS;
    return memory->leaving_since_ms != 0 && leave_ms < until_ms ? leave_ms : until_ms;
}

/* Whether I/O should wait when there is no path; keeps the time since when there is none. */
static bool should_queue(struct planning *p, struct plan_memory *memory, uint64_t now_ms,
                         uint32_t active)
{
    uint32_t retry_s = p->want->value[MULTIPATH_NO_PATH_RETRY];
    if (active > 0 || !p->map->exists) {
        memory->no_path_since_ms = 0;
        return retry_s != 0 && !memory->released;
    }
    bool first = memory->no_path_since_ms == 0;
    if (first)
        memory->no_path_since_ms = now_ms;
    /* Without a path and not queueing at the first look, and nothing remembered: time was up. */
    if (first && retry_s != MULTIPATH_NEVER && p->map->readable && !p->map->table.queueing)
        memory->no_path_since_ms = 1;
    uint64_t until_ms = queue_until(p, memory);
    bool queue = now_ms < until_ms && !memory->released;
    if (queue && until_ms != UINT64_MAX)
        p->plan->wake_ms = until_ms;
    return queue;
}

static void plan_messages(struct planning *p, bool reload)
{
    for (uint32_t i = 0; i < p->members; i++) {
        const struct member *m = &p->member[i];
        /* A table begins with all its paths active. */
        bool failed = !reload && m->now != NULL && m->now->failed;
        if (failed && m->active)
            add_step(p->plan, STEP_REINSTATE_PATH, m->path, 0);
        else if (!failed && !m->active)
            add_step(p->plan, STEP_FAIL_PATH, m->path, 0);
    }
}

static void plan_existing(struct planning *p, bool queue, struct plan_memory *memory,
                          uint64_t now_ms)
{
    struct map_plan *plan = p->plan;
    const struct table *now = &p->map->table;
    uint32_t best = best_group(p), carrying = carrying_group(p), none = plan->table.groups;
    bool due = failback_due(p, memory, now_ms, carrying != none && best < carrying);
    bool reload =
        !p->map->readable || p->map->sectors != plan->sectors || !table_same(now, &plan->table);
    plan->table.initial = carrying != none && !due ? carrying : (best != none ? best : 0);
    if (!p->map->named)
        add_step(plan, STEP_NAME, NULL, 0);
    if (p->map->loaded && !reload)
        add_step(plan, STEP_CLEAR, NULL, 0);
    if (p->map->suspended && !reload)
        add_step(plan, STEP_RESUME, NULL, 0);
    if (reload)
        add_step(plan, STEP_RELOAD, NULL, 0);
    plan_messages(p, reload);
    if (reload)
        return;
    if (queue != now->queueing)
        add_step(plan, queue ? STEP_QUEUE : STEP_FAIL_IO, NULL, 0);
    if (due)
        add_step(plan, STEP_SWITCH_GROUP, NULL, best);
}

static enum map_state judge(const struct planning *p, uint32_t active, bool queue,
                            struct plan_memory *memory)
{
    if (p->members > memory->most_paths)
        memory->most_paths = p->members;
    if (p->members == 1 && memory->most_paths == 1)
        say(p->plan, "only one path");
    else if (p->members < memory->most_paths)
        say(p->plan, "%u of %u paths gone", memory->most_paths - p->members, memory->most_paths);
    if (!p->map->exists)
        return MAP_WAITING;
    if (active == 0)
        return queue ? MAP_QUEUEING : MAP_LOST;
    if (!p->map->named)
        return MAP_WAITING;
    return active == p->members && p->plan->text[0] == '\0' ? MAP_GOOD : MAP_DEGRADED;
}

static bool refused(const struct planning *p, const char *elsewhere)
{
    const struct map *map = p->map;
    if (map->exists && !ours(p->want, map))
        say(p->plan, "the name is taken by another map%s%.60s; left alone",
            map->uuid[0] != '\0' ? ", " : "", map->uuid);
    else if (elsewhere != NULL)
        say(p->plan, "it is assembled as %.60s, which must go first", elsewhere);
    else
        return false;
    p->plan->state = MAP_REFUSED;
    return true;
}

void plan_map(const struct site_multipath *want, const struct path *const *path, uint32_t paths,
              const struct map *map, const char *elsewhere, struct plan_memory *memory,
              uint64_t now_ms, struct map_plan *plan)
{
    struct planning p = {.want = want, .map = map, .plan = plan};
    *plan = (struct map_plan){.state = MAP_WAITING};
    if (refused(&p, elsewhere))
        return;
    plan->sectors = choose_size(path, paths, map->exists ? map->sectors : 0);
    choose_members(&p, path, paths);
    if (p.members == 0 && (!map->exists || map->sectors == 0)) {
        plan->state = p.left_out > 0 ? MAP_REFUSED : MAP_WAITING;
        return;
    }
    uint32_t active = judge_members(&p);
    build_table(&p);
    bool queue = should_queue(&p, memory, now_ms, active);
    plan->table.queueing = queue;
    plan->state = judge(&p, active, queue, memory);
    if (map->exists) {
        plan_existing(&p, queue, memory, now_ms);
        return;
    }
    add_step(plan, STEP_CREATE, NULL, 0);
    plan_messages(&p, true);
}

void plan_removal(const struct map *map, struct map_plan *plan)
{
    *plan = (struct map_plan){.state = MAP_REMOVED};
    say(plan, "being removed");
    if (map->suspended)
        add_step(plan, STEP_RESUME, NULL, 0);
    if (map->readable && map->table.queueing)
        add_step(plan, STEP_FAIL_IO, NULL, 0);
    add_step(plan, STEP_REMOVE, NULL, 0);
}

const char *map_state_name(enum map_state state)
{
    static const char *const names[MAP_STATES] = {
        [MAP_WAITING] = "waiting",   [MAP_GOOD] = "good", [MAP_DEGRADED] = "degraded",
        [MAP_QUEUEING] = "queueing", [MAP_LOST] = "lost", [MAP_REFUSED] = "refused",
        [MAP_REMOVED] = "removed",
    };
    return names[state];
}
