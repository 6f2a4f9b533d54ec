#include <stdio.h>
#include <string.h>

#include "tests/multipath_lab.h"

struct san san_with(uint32_t paths)
{
    struct san s = {.paths = paths, .now_ms = 100000};
    snprintf(s.want.alias, sizeof s.want.alias, "web");
    snprintf(s.want.wwid, sizeof s.want.wwid, "naa.600a0b80001234560000111122223333");
    for (int i = 0; i < MULTIPATH_OPTIONS; i++)
        s.want.value[i] = multipath_option[i].initial;
    for (uint32_t i = 0; i < paths; i++) {
        s.path[i] = (struct path){.major = 8,
                                  .minor = 16 * i,
                                  .sectors = SIZE,
                                  .present = true,
                                  .state = "running",
                                  .verdict = VERDICT_UP,
                                  .checked_ms = 1};
        snprintf(s.path[i].name, sizeof s.path[i].name, "sd%c", 'a' + (int)i);
    }
    return s;
}

const char *steps(const struct san *s)
{
    static const char *const names[STEPS] = {
        [STEP_CREATE] = "create",
        [STEP_RELOAD] = "reload",
        [STEP_NAME] = "name",
        [STEP_CLEAR] = "clear",
        [STEP_RESUME] = "resume",
        [STEP_FAIL_PATH] = "fail",
        [STEP_REINSTATE_PATH] = "reinstate",
        [STEP_SWITCH_GROUP] = "switch",
        [STEP_QUEUE] = "queue",
        [STEP_FAIL_IO] = "fail_io",
        [STEP_REMOVE] = "remove",
    };
    static char text[TABLE_TEXT_SIZE + 512];
    char table[TABLE_TEXT_SIZE];
    size_t used = 0;
    bool load = false;
    text[0] = '\0';
    for (uint32_t i = 0; i < s->plan.steps; i++) {
        const struct step *step = &s->plan.step[i];
        used += (size_t)sprintf(text + used, "%s%s", i > 0 ? " " : "", names[step->kind]);
        if (step->kind == STEP_FAIL_PATH || step->kind == STEP_REINSTATE_PATH)
            used += (size_t)sprintf(text + used, ":%u:%u", step->major, step->minor);
        if (step->kind == STEP_SWITCH_GROUP)
            used += (size_t)sprintf(text + used, ":%u", step->group);
        load = load || step->kind == STEP_CREATE || step->kind == STEP_RELOAD;
    }
    assert_int_equal(table_format(&s->plan.table, table, sizeof table), 0);
    if (load)
        sprintf(text + used, " = %s", table);
    return text;
}

const char *look(struct san *s)
{
    const struct path *path[MAP_PATHS_MAX];
    for (uint32_t i = 0; i < s->paths; i++)
        path[i] = &s->path[i];
    plan_map(&s->want, path, s->paths, &s->map, s->elsewhere, &s->memory, s->now_ms, &s->plan);
    return steps(s);
}

void apply(struct san *s)
{
    struct map *map = &s->map;
    for (uint32_t i = 0; i < s->plan.steps; i++) {
        const struct step *step = &s->plan.step[i];
        struct table_path *path = NULL;
        for (uint32_t p = 0; p < map->table.paths; p++)
            if (map->table.path[p].major == step->major && map->table.path[p].minor == step->minor)
                path = &map->table.path[p];
        switch ((enum step_kind)step->kind) {
        case STEP_CREATE:
        case STEP_RELOAD:
            map->exists = map->readable = map->named = true;
            map->suspended = map->loaded = false;
            snprintf(map->name, sizeof map->name, "%s", s->want.alias);
            snprintf(map->uuid, sizeof map->uuid, MAP_UUID_PREFIX "%s", s->want.wwid);
            map->table = s->plan.table;
            map->sectors = s->plan.sectors;
            memset(map->table.group_state, 'E', sizeof map->table.group_state);
            break;
        case STEP_NAME:
            map->named = true;
            break;
        case STEP_CLEAR:
            map->loaded = false;
            break;
        case STEP_RESUME:
            map->suspended = false;
            break;
        case STEP_FAIL_PATH:
        case STEP_REINSTATE_PATH:
            if (path == NULL)
                fail();
            else
                path->failed = step->kind == STEP_FAIL_PATH;
            break;
        case STEP_SWITCH_GROUP:
            map->table.initial = step->group;
            memset(map->table.group_state, 'E', sizeof map->table.group_state);
            break;
        case STEP_QUEUE:
        case STEP_FAIL_IO:
            map->table.queueing = step->kind == STEP_QUEUE;
            break;
        case STEP_REMOVE:
            *map = (struct map){.exists = false};
            break;
        case STEPS:
            fail();
        }
    }
}

void use(struct san *s)
{
    struct table *t = &s->map.table;
    uint32_t chosen = t->groups;
    for (uint32_t i = 0; i < t->paths; i++) {
        uint32_t g = t->path[(i + t->initial) % t->paths].group;
        bool alive = !t->path[(i + t->initial) % t->paths].failed;
        if (t->group_state[t->path[i].group] == 'A' && !t->path[i].failed)
            return;
        if (alive && chosen == t->groups && g >= t->initial)
            chosen = g;
    }
    memset(t->group_state, 'E', sizeof t->group_state);
    if (chosen < t->groups)
        t->group_state[chosen] = 'A';
}

struct san assembled(uint32_t paths)
{
    struct san s = san_with(paths);
    look(&s);
    apply(&s);
    use(&s);
    assert_string_equal(look(&s), "");
    return s;
}

void io_error_on(struct san *s, uint32_t i)
{
    for (uint32_t p = 0; p < s->map.table.paths; p++)
        if (s->map.table.path[p].minor == s->path[i].minor)
            s->map.table.path[p].failed = true;
    s->path[i].failed_ms = s->now_ms;
}

void check(struct san *s, uint32_t i, enum verdict verdict)
{
    s->path[i].verdict = verdict;
    s->path[i].checked_ms = ++s->now_ms;
}
