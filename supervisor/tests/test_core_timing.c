#include "core/timing.h"
#include "tests/test.h"

static const struct timing good = {
    .beat = 500, .lease = 3000, .watchdog = 5000, .silence = 2200, .margin = 500, .drift_ppm = 500};

static void expect_text(struct timing t, const char *expected)
{
    char text[200];
    assert_int_equal(timing_check(&t, text, sizeof(text)), -1);
    assert_string_equal(text, expected);
}

static void the_least_wait_covers_the_slowest_and_the_fastest_clock(void **state)
{
    (void)state;
    /* 8000 ms on a clock 500 ppm slow, counted on one 500 ppm fast: 8008.004, rounded up; + 500 */
    assert_int_equal(timing_least_wait(&good), 8009 + 500);
    struct timing t = good;
    t.drift_ppm = 0;
    assert_int_equal(timing_least_wait(&t), 8500);
    t.drift_ppm = 10000; /* 8000 x 1.01 / 0.99 = 8161.6 */
    assert_int_equal(timing_least_wait(&t), 8162 + 500);
}

static void r17_a_wait_that_is_just_long_enough_is_taken(void **state)
{
    (void)state;
    char text[200];
    struct timing t = good;
    assert_int_equal(timing_check(&t, text, sizeof(text)), 0);
    t.wait = 8509;
    assert_int_equal(timing_check(&t, text, sizeof(text)), 0);
    assert_int_equal(timing_wait(&t), 8509);
    t.wait = 8508;
    expect_text(t, "wait=8508 ms is too short: (lease 3000 + watchdog 5000) x (1 + 500 ppm) / "
                   "(1 - 500 ppm) + margin 500 = 8509 ms");
}

static void a_takeover_takes_the_wait_or_what_it_takes_to_suspect(void **state)
{
    (void)state;
    struct timing t = good;
    assert_int_equal(timing_takeover(&t, 40), 10715); /* (8509 + 40 + 2 x 580 + 1000) x 1.0005 */
    t.silence = 20000;
    assert_int_equal(timing_takeover(&t, 40), 23292); /* (20000 + 580 + 540 + ...) x 1.0005 */
}

static void times_that_do_not_fit_are_refused_with_the_numbers(void **state)
{
    (void)state;
    struct timing t = good;
    t.lease = 1499;
    expect_text(t, "lease=1499 ms must be at least three heartbeats of 500 ms");
    t.lease = 6001;
    expect_text(t, "lease=6001 ms must be at most twelve heartbeats of 500 ms");
    t = good;
    t.watchdog = 1499;
    expect_text(t, "watchdog=1499 ms must be at least three heartbeats of 500 ms");
    t = good;
    t.silence = 999;
    expect_text(t, "silence=999 ms must be at least two heartbeats of 500 ms");
    t = good;
    t.drift_ppm = 100000;
    expect_text(t, "drift=100000 ppm: must be below 100000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_wait_covers_the_slowest_and_the_fastest_clock),
        cmocka_unit_test(r17_a_wait_that_is_just_long_enough_is_taken),
        cmocka_unit_test(a_takeover_takes_the_wait_or_what_it_takes_to_suspect),
        cmocka_unit_test(times_that_do_not_fit_are_refused_with_the_numbers),
    };
    return cmocka_run_group_tests_name("core_timing", tests, NULL, NULL);
}
