#include "backoff.h"
#include "tests/test.h"

#define CAP 30000

static void the_first_restart_is_at_once_then_delays_double(void **state)
{
    (void)state;
    static const int64_t expected[] = {0, 750, 1500, 3000, 6000, 12000, 22500, 22500};
    unsigned strikes = 0;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_int_equal(backoff_delay(&strikes, 5, CAP, 0), expected[i]);
}

static void jitter_is_a_quarter_either_way(void **state)
{
    (void)state;
    int64_t least = INT64_MAX;
    int64_t most = 0;
    for (uint32_t jitter = 0; jitter < 10000; jitter++) {
        unsigned strikes = 3;
        int64_t delay = backoff_delay(&strikes, 0, CAP, jitter);
        least = delay < least ? delay : least;
        most = delay > most ? delay : most;
    }
    assert_int_equal(least, 3000);
    assert_int_equal(most, 5000);
}

static void health_forgives(void **state)
{
    (void)state;
    unsigned strikes = 5;
    assert_int_equal(backoff_delay(&strikes, BACKOFF_HEALTHY_MS - 1, CAP, 0), 12000);
    strikes = 5;
    assert_int_equal(backoff_delay(&strikes, BACKOFF_HEALTHY_MS, CAP, 0), 6000);
    strikes = 5;
    assert_int_equal(backoff_delay(&strikes, 5LL * BACKOFF_HEALTHY_MS, CAP, 0), 0);
    strikes = 5;
    assert_int_equal(backoff_delay(&strikes, INT64_MAX, CAP, 0), 0);
    assert_int_equal(strikes, 1);
}

static void dying_for_ever_neither_overflows_nor_gives_up(void **state)
{
    (void)state;
    unsigned strikes = 0;
    for (int i = 0; i < 100000; i++) {
        int64_t delay = backoff_delay(&strikes, 0, CAP, UINT32_MAX);
        assert_in_range(delay, 0, CAP + CAP / 4);
    }
    assert_in_range(backoff_delay(&strikes, 0, INT64_MAX, 0), 1, INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_restart_is_at_once_then_delays_double),
        cmocka_unit_test(jitter_is_a_quarter_either_way),
        cmocka_unit_test(health_forgives),
        cmocka_unit_test(dying_for_ever_neither_overflows_nor_gives_up),
    };
    return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
