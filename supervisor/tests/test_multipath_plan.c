/* When a map is assembled, waits for a path, or goes. */
#include <stdio.h>
#include <string.h>

#include "storage/memory.h"
#include "tests/multipath_lab.h"

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

static void what_somebody_left_who_died_is_set_right(void **state)
{
    (void)state;
    struct san s = assembled(2);
    s.map.loaded = s.map.suspended = true;
    assert_string_equal(look(&s), "clear resume");
    apply(&s);
    s.map.named = false;
    assert_string_equal(look(&s), "name");
    assert_int_equal(s.plan.state, MAP_WAITING); /* nobody could open it */
    s.map.loaded = true;
    s.paths = 1;
    assert_string_equal(look(&s),
                        "name reload = 1 queue_if_no_path 0 1 1 service-time 0 1 1 8:0 1");
    apply(&s);
    assert_string_equal(look(&s), "");
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

static void what_is_remembered_survives_the_role(void **state)
{
    (void)state;
    struct san s = assembled(2);
    char text[MEMORY_TEXT_SIZE], other[MEMORY_TEXT_SIZE];
    io_error_on(&s, 0);
    io_error_on(&s, 1);
    look(&s);
    uint64_t since_ms = s.now_ms;
    s.memory.removed = true;
    memory_format(&s.memory, s.want.wwid, text);
    memory_format(&s.memory, s.want.wwid, other);
    s.memory = (struct plan_memory){.no_path_since_ms = 0};
    memory_parse(&s.memory, s.want.wwid, text);
    assert_int_equal(s.memory.most_paths, 2);
    assert_true(s.memory.removed && !s.memory.delete_paths);
    s.now_ms += 20000;
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.wake_ms, since_ms + 30000); /* not 30 s from now */
    memory_parse(&s.memory, "naa.5000000000000001", other);
    assert_int_equal(s.memory.most_paths, 0); /* the alias is another LUN's now */
    snprintf(text, sizeof text, "%s",
             "wwid=x most_paths=17 removed=-1 no_path_since_ms=1x better_since_ms= what\n");
    memory_parse(&s.memory, "x", text);
    assert_true(s.memory.most_paths == 0 && s.memory.no_path_since_ms == 0 && !s.memory.removed);
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

static void a_map_that_is_not_to_be_lets_no_io_wait_before_it_goes(void **state)
{
    (void)state;
    struct san s = assembled(2);
    plan_removal(&s.map, &s.plan);
    assert_string_equal(steps(&s), "fail_io remove");
    assert_int_equal(s.plan.state, MAP_REMOVED);
    s.map.suspended = true;
    s.map.table.queueing = false;
    plan_removal(&s.map, &s.plan);
    assert_string_equal(steps(&s), "resume remove");
}

static void when_the_node_goes_down_io_waits_for_seconds_and_then_no_more(void **state)
{
    (void)state;
    struct san s = assembled(2);
    s.want.value[MULTIPATH_NO_PATH_RETRY] = MULTIPATH_NEVER;
    io_error_on(&s, 0);
    io_error_on(&s, 1);
    look(&s);
    s.now_ms += 3600000;
    s.memory.leaving_since_ms = s.now_ms;
    assert_string_equal(look(&s), "");
    assert_int_equal(s.plan.wake_ms, s.now_ms + 15000);
    s.now_ms += 15000;
    assert_string_equal(look(&s), "fail_io");
    s = assembled(2);
    s.memory.leaving_since_ms = s.now_ms;
    assert_string_equal(look(&s), ""); /* it has a path: guests are still writing */
    s.memory.released = true;
    assert_string_equal(look(&s), "fail_io");
    apply(&s);
    assert_string_equal(look(&s), "");
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
        cmocka_unit_test(without_a_path_io_waits_for_its_time_and_then_fails),
        cmocka_unit_test(when_all_paths_are_gone_the_table_is_empty_and_holds_io),
        cmocka_unit_test(what_somebody_left_who_died_is_set_right),
        cmocka_unit_test(no_path_retry_fail_and_queue_do_not_wait),
        cmocka_unit_test(a_new_role_does_not_wait_again_for_what_has_expired),
        cmocka_unit_test(what_is_remembered_survives_the_role),
        cmocka_unit_test(what_is_not_ours_is_left_alone),
        cmocka_unit_test(what_a_dead_worker_left_half_done_is_finished),
        cmocka_unit_test(a_map_that_is_not_to_be_lets_no_io_wait_before_it_goes),
        cmocka_unit_test(when_the_node_goes_down_io_waits_for_seconds_and_then_no_more),
        cmocka_unit_test(as_many_paths_as_fit_make_a_plan_that_fits),
    };
    return cmocka_run_group_tests_name("multipath plan", tests, NULL, NULL);
}
