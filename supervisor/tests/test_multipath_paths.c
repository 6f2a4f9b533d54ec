/* Which paths a map has. */
#include <string.h>

#include "tests/multipath_lab.h"

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
    word_option_parse(&multipath_option[MULTIPATH_SELECTOR], "queue-length",
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_is_made_of_the_paths_there_are),
        cmocka_unit_test(a_failed_path_is_reinstated_only_on_a_later_check),
        cmocka_unit_test(a_path_that_its_checker_finds_dead_is_failed),
        cmocka_unit_test(a_path_that_went_and_came_as_another_device_is_loaded_anew),
        cmocka_unit_test(paths_known_to_be_dead_stay_failed_over_a_reload),
        cmocka_unit_test(a_path_that_answers_as_another_lun_is_taken_out),
        cmocka_unit_test(a_path_of_another_size_is_left_out),
        cmocka_unit_test(a_map_grows_when_all_its_paths_have),
        cmocka_unit_test(a_lun_that_shrinks_under_a_map_keeps_its_paths),
        cmocka_unit_test(a_path_that_can_only_be_read_or_not_be_opened_is_left_out),
    };
    return cmocka_run_group_tests_name("multipath paths", tests, NULL, NULL);
}
