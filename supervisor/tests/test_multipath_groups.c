/* How a map's paths are grouped, and which group carries. */
#include <string.h>

#include "tests/multipath_lab.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_the_target_says_it_paths_are_grouped_by_access),
        cmocka_unit_test(when_access_changes_the_groups_follow),
        cmocka_unit_test(a_standby_path_alone_is_not_reinstated_where_only_the_target_switches),
        cmocka_unit_test(failback_is_immediate_or_later_or_by_hand),
        cmocka_unit_test(a_reload_is_no_failback),
    };
    return cmocka_run_group_tests_name("multipath groups", tests, NULL, NULL);
}
