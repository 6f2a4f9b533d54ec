#include "config/cpus.h"

#include <stdio.h>
#include <string.h>

#include "tests/test.h"

static const char *reprint(const char *text)
{
    static char printed[CPUS_TEXT_SIZE];
    struct cpus cpus;
    if (cpus_parse(text, &cpus) != 0)
        return NULL;
    cpus_print(&cpus, printed, sizeof printed);
    return printed;
}

static void sets_are_read_and_printed(void **state)
{
    (void)state;
    static const char *const set[][2] = {
        {"0", "0"},         {"1", "1"},          {"0-3,5,^1", "0,2-3,5"},
        {"0-255", "0-255"}, {"63,64", "63-64"},  {"255", "255"},
        {"5,1-2", "1-2,5"}, {"1-8,^2-7", "1,8"}, {"^1,0-1", "0-1"},
        {"all", "all"},     {"007", "7"},
    };
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++)
        assert_string_equal(reprint(set[i][0]), set[i][1]);
}

static void what_is_no_set_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      ",",      "1,",    ",1",  "1,,2", "a",        "-1",
        "1-",    "3-1",    "^",     "^1",  "1,^1", "256",      "0-256",
        "1 ",    " 1",     "1-2-3", "0x1", "--",   "1,^0-255", "99999999999999999999",
        "all,1", "nodes:0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_null(reprint(bad[i]));
}

static void a_set_that_is_too_long_to_print_is_cut(void **state)
{
    (void)state;
    struct cpus odd = {{0}};
    for (size_t i = 0; i < CPUS_MAX / 64; i++)
        odd.word[i] = 0xaaaaaaaaaaaaaaaa;
    char text[16];
    cpus_print(&odd, text, sizeof text);
    assert_string_equal(text, "1,3,5,7,9,...");
}

static void each_processor_is_its_own_bit(void **state)
{
    (void)state;
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        char text[8];
        struct cpus cpus;
        snprintf(text, sizeof text, "%u", cpu);
        assert_int_equal(cpus_parse(text, &cpus), 0);
        for (unsigned other = 0; other < CPUS_MAX; other++)
            assert_int_equal(cpus_has(&cpus, other), other == cpu);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_read_and_printed),
        cmocka_unit_test(what_is_no_set_is_refused),
        cmocka_unit_test(a_set_that_is_too_long_to_print_is_cut),
        cmocka_unit_test(each_processor_is_its_own_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
