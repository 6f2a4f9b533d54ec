#include "fmt.h"
#include "tests/test.h"

#include <limits.h>

#define CHECK(expected, ...)                                                                       \
    do {                                                                                           \
        char text[64];                                                                             \
        assert_int_equal(fmt(text, sizeof(text), __VA_ARGS__), sizeof(expected) - 1);              \
        assert_string_equal(text, expected);                                                       \
    } while (0)

static void every_conversion(void **state)
{
    (void)state;
    CHECK("plain", "plain");
    CHECK("a b", "%s %s", "a", "b");
    CHECK("100%", "%d%%", 100);
    CHECK("x", "%c", 'x');
    CHECK("0 -1", "%d %d", 0, -1);
    CHECK("-2147483648", "%d", INT_MIN);
    CHECK("-9223372036854775808", "%ld", LONG_MIN);
    CHECK("18446744073709551615", "%lu", ULONG_MAX);
    CHECK("ff ffffffffffffffff", "%x %lx", 255U, ULONG_MAX);
    CHECK("000042 00000000000000ff", "%06d %016lx", 42, 255UL);
    CHECK("-042", "%04d", -42);
}

static void a_null_string_is_named(void **state)
{
    (void)state;
    const char *volatile none = NULL; /* hidden from the compiler's own check */
    CHECK("(null)", "%s", none);
}

static void what_does_not_fit_is_cut_and_marked(void **state)
{
    (void)state;
    char text[8];
    assert_int_equal(fmt(text, sizeof(text), "%s", "1234567"), 7); /* at the limit */
    assert_string_equal(text, "1234567");
    assert_int_equal(fmt(text, sizeof(text), "%s", "12345678"), 7); /* one past it */
    assert_string_equal(text, "1234...");
    char least[4];
    assert_int_equal(fmt(least, sizeof(least), "%ld", LONG_MIN), 3);
    assert_string_equal(least, "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_conversion),
        cmocka_unit_test(a_null_string_is_named),
        cmocka_unit_test(what_does_not_fit_is_cut_and_marked),
    };
    return cmocka_run_group_tests_name("fmt", tests, NULL, NULL);
}
