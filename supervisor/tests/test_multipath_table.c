#include <string.h>

#include "storage/table.h"
#include "tests/test.h"

static struct table two_groups(void)
{
    return (struct table){.queueing = true,
                          .handler = "alua",
                          .selector = "service-time",
                          .groups = 2,
                          .initial = 1,
                          .paths = 3,
                          .path = {{.major = 8, .minor = 0, .group = 0},
                                   {.major = 8, .minor = 16, .group = 0},
                                   {.major = 65, .minor = 32, .group = 1}}};
}

static void what_is_written_is_what_the_kernel_reads(void **state)
{
    (void)state;
    char text[TABLE_TEXT_SIZE];
    struct table t = two_groups();
    assert_int_equal(table_format(&t, text, sizeof text), 0);
    assert_string_equal(text, "1 queue_if_no_path 1 alua 2 2 service-time 0 2 1 8:0 1 8:16 1 "
                              "service-time 0 1 1 65:32 1");
    struct table again;
    assert_int_equal(table_parse(&again, text), 0);
    assert_true(table_same(&t, &again));
    assert_true(again.queueing);
    assert_int_equal(again.initial, 1);
    assert_int_equal(table_format(&t, text, 60), -1);
}

static void a_table_without_paths_holds_io_or_fails_it(void **state)
{
    (void)state;
    char text[TABLE_TEXT_SIZE];
    struct table t = {.queueing = true, .handler = "alua", .selector = "service-time"}, again;
    assert_int_equal(table_format(&t, text, sizeof text), 0);
    assert_string_equal(text, "1 queue_if_no_path 0 0 0");
    assert_int_equal(table_parse(&again, text), 0);
    assert_true(table_same(&t, &again));
    t.queueing = false;
    assert_int_equal(table_format(&t, text, sizeof text), 0);
    assert_string_equal(text, "0 0 0 0");
}

static void the_kernels_status_tells_groups_and_failures(void **state)
{
    (void)state;
    struct table t = two_groups();
    assert_int_equal(table_parse_status(&t, "2 0 0 0 2 1 A 0 2 2 8:0 F 3 0 1 8:16 A 0 0 1 "
                                            "E 0 1 2 65:32 A 0 0 1"),
                     0);
    assert_int_equal(t.group_state[0], 'A');
    assert_int_equal(t.group_state[1], 'E');
    assert_true(t.path[0].failed);
    assert_int_equal(t.path[0].failures, 3);
    assert_false(t.path[1].failed);
    assert_int_equal(t.path[2].group, 1);
    assert_int_equal(t.initial, 0);
}

/* As `dmsetup table` showed them. */
static void tables_of_others_are_understood_too(void **state)
{
    (void)state;
    struct table t;
    assert_int_equal(table_parse(&t, "3 queue_if_no_path pg_init_retries 50 1 alua 1 1 "
                                     "round-robin 0 2 1 8:0 1000 8:16 1000 "),
                     0);
    assert_true(t.queueing);
    assert_string_equal(t.selector, "round-robin");
    assert_int_equal(t.paths, 2);
    assert_int_equal(table_parse(&t, "0 0 2 1 round-robin 0 1 1 8:0 1 queue-length 0 1 1 8:16 1"),
                     0);
    assert_string_equal(t.selector, "");
}

static void what_is_cut_or_wrong_is_refused(void **state)
{
    (void)state;
    char text[TABLE_TEXT_SIZE];
    struct table t = two_groups(), again;
    assert_int_equal(table_format(&t, text, sizeof text), 0);
    for (size_t length = strlen(text); length-- > 0;) {
        text[length] = '\0'; /* cut within a number it reads as another table: but not wildly */
        if (table_parse(&again, text) == 0)
            assert_true(again.paths == 3 && again.path[2].major == 65);
    }
    static const char *const bad[] = {
        "",
        "0",
        "0 0 1 1",
        "0 0 1 1 round-robin 0 1 1 sda 1",
        "0 0 99 1",
        "0 0 1 1 x 0 99 0",
        "0 0 1 1 x 0 1 1 8: 1",
        "linear",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(table_parse(&again, bad[i]), -1);
    /* A status of another table. */
    assert_int_equal(table_parse_status(&t, "2 0 0 0 1 1 A 0 1 2 8:0 A 0 0 1"), -1);
    assert_int_equal(table_parse_status(&t, "2 0 0 0 2 1 A 0 2 2 8:0 F 3 0 1 8:32 A 0 0 1 "
                                            "E 0 1 2 65:32 A 0 0 1"),
                     -1);
}

static void tables_differ_by_paths_groups_handler_and_selector(void **state)
{
    (void)state;
    struct table a = two_groups(), b = two_groups();
    b.queueing = false;
    b.initial = 0;
    assert_true(table_same(&a, &b));
    b.path[1].minor = 32;
    assert_false(table_same(&a, &b));
    b = two_groups();
    b.path[1].group = 1;
    assert_false(table_same(&a, &b));
    b = two_groups();
    strcpy(b.handler, "");
    assert_false(table_same(&a, &b));
    b = two_groups();
    strcpy(b.selector, "queue-length");
    assert_false(table_same(&a, &b));
    b = two_groups();
    b.paths = 2;
    assert_false(table_same(&a, &b));
    assert_non_null(table_find(&a, 65, 32));
    assert_null(table_find(&a, 65, 33));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_what_the_kernel_reads),
        cmocka_unit_test(a_table_without_paths_holds_io_or_fails_it),
        cmocka_unit_test(the_kernels_status_tells_groups_and_failures),
        cmocka_unit_test(tables_of_others_are_understood_too),
        cmocka_unit_test(what_is_cut_or_wrong_is_refused),
        cmocka_unit_test(tables_differ_by_paths_groups_handler_and_selector),
    };
    return cmocka_run_group_tests_name("multipath table", tests, NULL, NULL);
}
