#include <stdio.h>
#include <string.h>

#include "storage/plan.h"
#include "tests/test.h"

#define SIZE 2048ULL

/* A LUN with paths, and the map that device-mapper has of it. */
struct san {
    struct site_multipath want;
    struct path path[MAP_PATHS_MAX];
    uint32_t paths;
    struct map map;
    struct plan_memory memory;
    uint64_t now_ms;
    const char *elsewhere;
    struct map_plan plan;
};

static struct san san_with(uint32_t paths)
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

/* The steps in words: "reload fail:8:16 switch:0", and the table to load after " = ". */
static const char *steps(struct san *s)
{
    static const char *const names[STEPS] = {
        [STEP_CREATE] = "create",
        [STEP_RELOAD] = "reload",
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

static const char *look(struct san *s)
{
    const struct path *path[MAP_PATHS_MAX];
    for (uint32_t i = 0; i < s->paths; i++)
        path[i] = &s->path[i];
    plan_map(&s->want, path, s->paths, &s->map, s->elsewhere, &s->memory, s->now_ms, &s->plan);
    return steps(s);
}

/* Does what the plan says, as the kernel would. */
static void apply(struct san *s)
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
            map->exists = map->readable = true;
            map->suspended = false;
            snprintf(map->name, sizeof map->name, "%s", s->want.alias);
            snprintf(map->uuid, sizeof map->uuid, MAP_UUID_PREFIX "%s", s->want.wwid);
            map->table = s->plan.table;
            map->sectors = s->plan.sectors;
            memset(map->table.group_state, 'E', sizeof map->table.group_state);
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

/* A guest reads or writes: the kernel chooses a group. */
static void use(struct san *s)
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

static struct san assembled(uint32_t paths)
{
    struct san s = san_with(paths);
    look(&s);
    apply(&s);
    use(&s);
    assert_string_equal(look(&s), "");
    return s;
}

/* The kernel fails a path at an I/O error. */
static void io_error_on(struct san *s, uint32_t i)
{
    for (uint32_t p = 0; p < s->map.table.paths; p++)
        if (s->map.table.path[p].minor == s->path[i].minor)
            s->map.table.path[p].failed = true;
    s->path[i].failed_ms = s->now_ms;
}

static void check(struct san *s, uint32_t i, enum verdict verdict)
{
    s->path[i].verdict = verdict;
    s->path[i].checked_ms = ++s->now_ms;
}

static void a_map_is_made_of_the_paths_there_are(void **state)
{
    (void)state;
    struct san s = san_with(2);
    assert_string_equal(look(&s), "create = 1 queue_if_no_path 0 2 1 service-time 0 1 1 8:0 1 "
                                  "service-time 0 1 1 8:16 1");
    assert_int_equal(s.plan.sectors, SIZE);
    assert_int_equal(s.plan.state, MAP_WAITING);
    s.want.value[MULTIPATH_GROUP] = GROUP_MULTIBUS;
    s.want.value[MULTIPATH_NO_PATH_RETRY] = 0;
    multipath_option_parse(&multipath_option[MULTIPATH_SELECTOR], "queue-length",
                           &s.want.value[MULTIPATH_SELECTOR]);
    assert_string_equal(look(&s), "create = 0 0 1 1 queue-length 0 2 1 8:0 1 8:16 1");
    s = assembled(2);
    assert_int_equal(s.plan.state, MAP_GOOD);
    s = assembled(1);
    assert_int_equal(s.plan.state, MAP_DEGRADED);
    assert_string_equal(s.plan.text, "only one path");
    s = san_with(0);
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.state, MAP_WAITING);
}

static void a_failed_path_is_reinstated_only_on_a_later_check(void **state)
{
    (void)state;
    struct san s = assembled(2);
    io_error_on(&s, 0);
    assert_string_equal(look(&s), ""); /* the last check said it was up: that is old news */
    assert_int_equal(s.plan.state, MAP_DEGRADED);
    check(&s, 0, VERDICT_DOWN);
    assert_string_equal(look(&s), "");
    check(&s, 0, VERDICT_UP);
    assert_string_equal(look(&s), "reinstate:8:0");
    apply(&s);
    s.path[0].failed_ms = 0;
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.state, MAP_GOOD);
}

static void a_path_that_its_checker_finds_dead_is_failed(void **state)
{
    (void)state;
    struct san s = assembled(2);
    check(&s, 1, VERDICT_DOWN);
    assert_string_equal(look(&s), "fail:8:16");
    check(&s, 1, VERDICT_UP);
    s.path[1].present = false; /* offline: no check is needed */
    assert_string_equal(look(&s), "fail:8:16");
}

static void a_path_that_went_and_came_as_another_device_is_loaded_anew(void **state)
{
    (void)state;
    struct san s = assembled(2);
    s.paths = 1;
    assert_string_equal(look(&s), "reload = 1 queue_if_no_path 0 1 1 service-time 0 1 1 8:0 1");
    assert_string_equal(s.plan.text, "1 of 2 paths gone");
    apply(&s);
    s.paths = 2;
    s.path[1].minor = 48;
    assert_string_equal(look(&s), "reload = 1 queue_if_no_path 0 2 1 service-time 0 1 1 8:0 1 "
                                  "service-time 0 1 1 8:48 1");
    apply(&s);
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.state, MAP_GOOD);
}

static void paths_known_to_be_dead_stay_failed_over_a_reload(void **state)
{
    (void)state;
    struct san s = assembled(3);
    io_error_on(&s, 0);
    s.paths = 2;
    assert_string_equal(look(&s), "reload fail:8:0 = 1 queue_if_no_path 0 2 2 service-time 0 1 1 "
                                  "8:0 1 service-time 0 1 1 8:16 1");
}

static void a_path_that_answers_as_another_lun_is_taken_out(void **state)
{
    (void)state;
    struct san s = assembled(2);
    io_error_on(&s, 1);
    check(&s, 1, VERDICT_FOREIGN); /* the LUN's number was used again */
    assert_string_equal(look(&s), "reload = 1 queue_if_no_path 0 1 1 service-time 0 1 1 8:0 1");
    assert_string_equal(s.plan.text, "sdb answers as another LUN; 1 of 2 paths gone");
}

static void without_a_path_io_waits_for_its_time_and_then_fails(void **state)
{
    (void)state;
    struct san s = assembled(2);
    io_error_on(&s, 0);
    io_error_on(&s, 1);
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.state, MAP_QUEUEING);
    assert_int_equal(s.plan.wake_ms, s.now_ms + 30000);
    s.now_ms += 29999;
    assert_string_equal(look(&s), "");
    s.now_ms++;
    assert_string_equal(look(&s), "fail_io");
    assert_int_equal(s.plan.state, MAP_LOST);
    apply(&s);
    assert_string_equal(look(&s), "");
    check(&s, 1, VERDICT_UP);
    assert_string_equal(look(&s), "reinstate:8:16 queue");
    apply(&s);
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.state, MAP_DEGRADED);
}

static void when_all_paths_are_gone_the_table_is_empty_and_holds_io(void **state)
{
    (void)state;
    struct san s = assembled(2);
    s.paths = 0;
    assert_string_equal(look(&s), "reload = 1 queue_if_no_path 0 0 0");
    assert_int_equal(s.plan.sectors, SIZE);
    apply(&s);
    s.now_ms += 30000;
    assert_string_equal(look(&s), "fail_io");
    apply(&s);
    s.paths = 1;
    s.path[0].minor = 64;
    assert_string_equal(look(&s), "reload = 1 queue_if_no_path 0 1 1 service-time 0 1 1 8:64 1");
}

static void no_path_retry_fail_and_queue_do_not_wait(void **state)
{
    (void)state;
    struct san s = assembled(1);
    s.want.value[MULTIPATH_NO_PATH_RETRY] = MULTIPATH_NEVER;
    io_error_on(&s, 0);
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.wake_ms, 0);
    s.now_ms += 1000000000;
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.state, MAP_QUEUEING);
    s.want.value[MULTIPATH_NO_PATH_RETRY] = 0;
    assert_string_equal(look(&s), "fail_io");
    assert_int_equal(s.plan.state, MAP_LOST);
}

static void a_new_role_does_not_wait_again_for_what_has_expired(void **state)
{
    (void)state;
    struct san s = assembled(1);
    io_error_on(&s, 0);
    look(&s);
    s.now_ms += 30000;
    look(&s);
    apply(&s);
    s.memory = (struct plan_memory){.no_path_since_ms = 0};
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.state, MAP_LOST);
}

static void a_path_of_another_size_is_left_out(void **state)
{
    (void)state;
    struct san s = san_with(3);
    s.path[0].sectors = 2 * SIZE;
    assert_string_equal(look(&s), "create = 1 queue_if_no_path 0 2 1 service-time 0 1 1 8:16 1 "
                                  "service-time 0 1 1 8:32 1");
    apply(&s);
    look(&s);
    assert_string_equal(s.plan.text, "sda has 4096 sectors, expected 2048");
    assert_int_equal(s.plan.state, MAP_DEGRADED);
    s = san_with(2);
    s.path[0].sectors = 2 * SIZE; /* one against one: the smaller */
    look(&s);
    assert_int_equal(s.plan.sectors, SIZE);
    s.path[0].sectors = s.path[1].sectors = 0;
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.state, MAP_REFUSED);
}

static void a_map_grows_when_all_its_paths_have(void **state)
{
    (void)state;
    struct san s = assembled(2);
    s.path[0].sectors = 2 * SIZE;
    assert_string_equal(look(&s), ""); /* harmless meanwhile */
    s.path[1].sectors = 2 * SIZE;
    assert_string_equal(look(&s), "reload = 1 queue_if_no_path 0 2 1 service-time 0 1 1 8:0 1 "
                                  "service-time 0 1 1 8:16 1");
    assert_int_equal(s.plan.sectors, 2 * SIZE);
}

static void a_lun_that_shrinks_under_a_map_keeps_its_paths(void **state)
{
    (void)state;
    struct san s = assembled(2);
    s.path[0].sectors = s.path[1].sectors = SIZE / 2;
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.state, MAP_DEGRADED);
    assert_non_null(strstr(s.plan.text, "sda has 1024 sectors, expected 2048"));
}

static void a_path_that_can_only_be_read_or_not_be_opened_is_left_out(void **state)
{
    (void)state;
    struct san s = san_with(3);
    s.path[0].read_only = true;
    s.path[1].present = false;
    strcpy(s.path[1].state, "offline");
    assert_string_equal(look(&s), "create = 1 queue_if_no_path 0 1 1 service-time 0 1 1 8:32 1");
    assert_string_equal(s.plan.text, "sda can only be read; sdb is offline; only one path");
}

static struct san alua(void)
{
    struct san s = san_with(4);
    for (uint32_t i = 0; i < 4; i++) {
        s.path[i].access = i % 2 == 0 ? ACCESS_NON_OPTIMIZED : ACCESS_OPTIMIZED;
        strcpy(s.path[i].handler, "alua");
    }
    return s;
}

static void where_the_target_says_it_paths_are_grouped_by_access(void **state)
{
    (void)state;
    struct san s = alua();
    assert_string_equal(look(&s), "create = 1 queue_if_no_path 1 alua 2 1 "
                                  "service-time 0 2 1 8:16 1 8:48 1 "
                                  "service-time 0 2 1 8:0 1 8:32 1");
    s.path[0].access = ACCESS_NONE; /* one that does not say: last */
    look(&s);
    assert_int_equal(s.plan.table.groups, 3);
    assert_int_equal(s.plan.table.path[3].minor, 0);
    s = alua();
    s.want.value[MULTIPATH_HWHANDLER] = HWHANDLER_NONE;
    look(&s);
    assert_string_equal(s.plan.table.handler, "");
}

/* A controller takes over: what was optimized is no longer. */
static void when_access_changes_the_groups_follow(void **state)
{
    (void)state;
    struct san s = alua();
    look(&s);
    apply(&s);
    use(&s);
    for (uint32_t i = 0; i < 4; i++)
        s.path[i].access = i % 2 == 0 ? ACCESS_OPTIMIZED : ACCESS_NON_OPTIMIZED;
    assert_string_equal(look(&s), "reload = 1 queue_if_no_path 1 alua 2 1 "
                                  "service-time 0 2 1 8:0 1 8:32 1 "
                                  "service-time 0 2 1 8:16 1 8:48 1");
}

static void a_standby_path_alone_is_not_reinstated_where_only_the_target_switches(void **state)
{
    (void)state;
    struct san s = assembled(2);
    for (uint32_t i = 0; i < 2; i++)
        io_error_on(&s, i);
    s.path[1].implicit_only = true;
    check(&s, 0, VERDICT_DOWN);
    check(&s, 1, VERDICT_GHOST);
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.state, MAP_QUEUEING);
    s.path[1].implicit_only = false;
    assert_string_equal(look(&s), "reinstate:8:16");
    s.path[1].implicit_only = true;
    check(&s, 0, VERDICT_UP);
    assert_string_equal(look(&s), "reinstate:8:0 reinstate:8:16");
}

/* Path 0 died, path 1 carries, path 0 is back. */
static struct san failed_over(uint32_t failback)
{
    struct san s = assembled(2);
    s.want.value[MULTIPATH_FAILBACK] = failback;
    io_error_on(&s, 0);
    use(&s);
    assert_int_equal(s.map.table.group_state[1], 'A');
    assert_string_equal(look(&s), "");
    check(&s, 0, VERDICT_UP);
    return s;
}

static void failback_is_immediate_or_later_or_by_hand(void **state)
{
    (void)state;
    struct san s = failed_over(0);
    assert_string_equal(look(&s), "reinstate:8:0 switch:0");
    apply(&s);
    use(&s);
    assert_int_equal(s.map.table.group_state[0], 'A');
    assert_string_equal(look(&s), "");

    s = failed_over(10);
    assert_string_equal(look(&s), "reinstate:8:0");
    assert_int_equal(s.plan.wake_ms, s.now_ms + 10000);
    apply(&s);
    s.now_ms += 10000;
    assert_string_equal(look(&s), "switch:0");

    s = failed_over(10);
    look(&s);
    apply(&s);
    s.now_ms += 9000;
    io_error_on(&s, 0); /* not stable: it waits anew */
    assert_string_equal(look(&s), "");
    check(&s, 0, VERDICT_UP);
    look(&s);
    apply(&s);
    s.now_ms += 9999;
    assert_string_equal(look(&s), "");
    s.now_ms += 2;
    assert_string_equal(look(&s), "switch:0");

    s = failed_over(MULTIPATH_NEVER);
    assert_string_equal(look(&s), "reinstate:8:0");
    assert_int_equal(s.plan.wake_ms, 0);
    apply(&s);
    s.now_ms += 1000000000;
    assert_string_equal(look(&s), "");
}

/* A reload begins with the group that carries, unless going back is due. */
static void a_reload_is_no_failback(void **state)
{
    (void)state;
    struct san s = failed_over(MULTIPATH_NEVER);
    look(&s);
    apply(&s);
    s.path[2] = s.path[1];
    s.path[2].minor = 32;
    s.paths = 3;
    assert_string_equal(look(&s), "reload = 1 queue_if_no_path 0 3 2 service-time 0 1 1 8:0 1 "
                                  "service-time 0 1 1 8:16 1 service-time 0 1 1 8:32 1");
    s.want.value[MULTIPATH_FAILBACK] = 0;
    look(&s);
    assert_int_equal(s.plan.table.initial, 0);
}

static void what_is_not_ours_is_left_alone(void **state)
{
    (void)state;
    struct san s = assembled(2);
    snprintf(s.map.uuid, sizeof s.map.uuid, "LVM-abc");
    assert_string_equal(look(&s), "");
    assert_string_equal(s.plan.text, "the name is taken by another map, LVM-abc; left alone");
    assert_int_equal(s.plan.state, MAP_REFUSED);
    s.map.uuid[0] = '\0';
    assert_string_equal(look(&s), "");
    snprintf(s.map.uuid, sizeof s.map.uuid, MAP_UUID_PREFIX "naa.5000000000000001");
    assert_string_equal(look(&s), "");
    s = san_with(2);
    s.elsewhere = "oldname";
    assert_string_equal(look(&s), "");
    assert_string_equal(s.plan.text, "it is assembled as oldname, which must go first");
}

static void what_a_dead_worker_left_half_done_is_finished(void **state)
{
    (void)state;
    struct san s = assembled(2);
    s.map.suspended = true;
    assert_string_equal(look(&s), "resume");
    s = assembled(2);
    s.map.readable = false; /* created, but nothing loaded */
    s.map.sectors = 0;
    assert_string_equal(look(&s), "reload = 1 queue_if_no_path 0 2 1 service-time 0 1 1 8:0 1 "
                                  "service-time 0 1 1 8:16 1");
}

static void an_unwanted_map_goes_unless_it_is_used(void **state)
{
    (void)state;
    struct san s = assembled(2);
    s.map.opened = 1;
    plan_unwanted(&s.map, &s.plan);
    assert_string_equal(steps(&s), "");
    assert_string_equal(s.plan.text, "not configured, but in use (opened 1 times); left as it is");
    s.map.opened = 0;
    plan_unwanted(&s.map, &s.plan);
    assert_string_equal(steps(&s), "fail_io remove");
    s.map.suspended = true;
    s.map.table.queueing = false;
    plan_unwanted(&s.map, &s.plan);
    assert_string_equal(steps(&s), "resume remove");
}

static void as_many_paths_as_fit_make_a_plan_that_fits(void **state)
{
    (void)state;
    struct san s = assembled(MAP_PATHS_MAX);
    s.memory.no_path_since_ms = 0;
    for (uint32_t i = 0; i < MAP_PATHS_MAX; i++) {
        s.path[i].major = 4095;
        s.path[i].minor = 1048575 - i;
        s.path[i].verdict = VERDICT_DOWN;
    }
    s.map.suspended = true;
    look(&s);
    assert_true(s.plan.steps <= PLAN_STEPS_MAX);
    assert_int_equal(s.plan.steps, MAP_PATHS_MAX + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_is_made_of_the_paths_there_are),
        cmocka_unit_test(a_failed_path_is_reinstated_only_on_a_later_check),
        cmocka_unit_test(a_path_that_its_checker_finds_dead_is_failed),
        cmocka_unit_test(a_path_that_went_and_came_as_another_device_is_loaded_anew),
        cmocka_unit_test(paths_known_to_be_dead_stay_failed_over_a_reload),
        cmocka_unit_test(a_path_that_answers_as_another_lun_is_taken_out),
        cmocka_unit_test(without_a_path_io_waits_for_its_time_and_then_fails),
        cmocka_unit_test(when_all_paths_are_gone_the_table_is_empty_and_holds_io),
        cmocka_unit_test(no_path_retry_fail_and_queue_do_not_wait),
        cmocka_unit_test(a_new_role_does_not_wait_again_for_what_has_expired),
        cmocka_unit_test(a_path_of_another_size_is_left_out),
        cmocka_unit_test(a_map_grows_when_all_its_paths_have),
        cmocka_unit_test(a_lun_that_shrinks_under_a_map_keeps_its_paths),
        cmocka_unit_test(a_path_that_can_only_be_read_or_not_be_opened_is_left_out),
        cmocka_unit_test(where_the_target_says_it_paths_are_grouped_by_access),
        cmocka_unit_test(when_access_changes_the_groups_follow),
        cmocka_unit_test(a_standby_path_alone_is_not_reinstated_where_only_the_target_switches),
        cmocka_unit_test(failback_is_immediate_or_later_or_by_hand),
        cmocka_unit_test(a_reload_is_no_failback),
        cmocka_unit_test(what_is_not_ours_is_left_alone),
        cmocka_unit_test(what_a_dead_worker_left_half_done_is_finished),
        cmocka_unit_test(an_unwanted_map_goes_unless_it_is_used),
        cmocka_unit_test(as_many_paths_as_fit_make_a_plan_that_fits),
    };
    return cmocka_run_group_tests_name("multipath plan", tests, NULL, NULL);
}
