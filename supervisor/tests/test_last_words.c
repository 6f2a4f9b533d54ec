#include "guest/last_words.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "tests/test.h"

static char logged[4096];

/* In the place of base/log.c's. */
void log_line(int priority, const char *format, ...)
{
    size_t used = strlen(logged);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(logged + used, sizeof logged - used, format, args);
    va_end(args);
    assert_int_equal(priority, LOG_INFO);
    assert_in_range(n, 0, sizeof logged - used - 2);
    memcpy(logged + used + n, "\n", 2);
}

static int fresh(void **state)
{
    (void)state;
    logged[0] = '\0';
    return 0;
}

static void line_by_line_without_the_empty_ones(void **state)
{
    (void)state;
    char text[] = "\0\0\0cut off\r\n\r\nKernel panic - not syncing\nend";
    last_words_log("web", text, sizeof text - 1);
    assert_string_equal(logged, "guest web: console: cut off\n"
                                "guest web: console: Kernel panic - not syncing\n"
                                "guest web: console: end\n");
}

static void nothing_of_a_guest_that_said_nothing(void **state)
{
    (void)state;
    char text[64] = "";
    last_words_log("web", text, sizeof text);
    assert_string_equal(logged, "");
}

/* A terminal that shows the log must not obey the guest, nor a reader take its words for relevod's.
 */
static void bytes_that_trick_become_dots(void **state)
{
    (void)state;
    char text[] = "a\tb\033[2Jc\x7f\xc2\x9b%s";
    last_words_log("web", text, sizeof text - 1);
    assert_string_equal(logged, "guest web: console: a b.[2Jc...%s\n");
}

static void a_line_as_long_as_all_there_is(void **state)
{
    (void)state;
    char text[300], wanted[400];
    memset(text, 'x', sizeof text); /* no NUL behind it: the sanitizers watch */
    last_words_log("web", text, sizeof text);
    snprintf(wanted, sizeof wanted, "guest web: console: %.*s\n", (int)sizeof text, text);
    assert_string_equal(logged, wanted);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(line_by_line_without_the_empty_ones, fresh),
        cmocka_unit_test_setup(nothing_of_a_guest_that_said_nothing, fresh),
        cmocka_unit_test_setup(bytes_that_trick_become_dots, fresh),
        cmocka_unit_test_setup(a_line_as_long_as_all_there_is, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
