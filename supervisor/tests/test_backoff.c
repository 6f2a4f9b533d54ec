#include "base/backoff.h"
#include "tests/test.h"

static const struct backoff backoff = {.first_ms = 1000, .max_ms = 30000, .healthy_ms = 60000};

static void nothing_then_doubling_to_the_cap(void **state)
{
    (void)state;
    static const uint64_t longest[] = {0, 0, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
    for (uint32_t n = 0; n < sizeof(longest) / sizeof(longest[0]); n++) {
        assert_int_equal(backoff_delay(&backoff, n, 0), longest[n] / 2);
        assert_in_range(backoff_delay(&backoff, n, UINT32_MAX), longest[n] - (longest[n] > 0),
                        longest[n]);
    }
}

static void failing_for_ever_neither_overflows_nor_gives_up(void **state)
{
    (void)state;
    const struct backoff huge = {.first_ms = 1, .max_ms = UINT32_MAX, .healthy_ms = 1};
    assert_int_equal(backoff_delay(&backoff, UINT32_MAX, 0), 15000);
    assert_in_range(backoff_delay(&huge, UINT32_MAX, UINT32_MAX), UINT32_MAX - 1U, UINT32_MAX);
}

static void each_healthy_stretch_takes_back_one_failure(void **state)
{
    (void)state;
    assert_int_equal(backoff_heal(&backoff, 5, 59999), 5);
    assert_int_equal(backoff_heal(&backoff, 5, 60000), 4);
    assert_int_equal(backoff_heal(&backoff, 5, 300000), 0);
    assert_int_equal(backoff_heal(&backoff, 5, UINT64_MAX), 0);
    assert_int_equal(backoff_heal(&backoff, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_then_doubling_to_the_cap),
        cmocka_unit_test(failing_for_ever_neither_overflows_nor_gives_up),
        cmocka_unit_test(each_healthy_stretch_takes_back_one_failure),
    };
    return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
