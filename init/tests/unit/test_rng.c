#include "rng.h"
#include "tests/test.h"

#define COUNT 4096

static uint32_t readings[COUNT];

static void a_steady_clock_is_credited_with_nothing(void **state)
{
    (void)state;
    assert_int_equal(rng_credit(readings, COUNT), 0); /* stopped */
    for (uint32_t i = 0; i < COUNT; i++)
        readings[i] = i * 1000;
    assert_int_equal(rng_credit(readings, COUNT), 0);
    for (uint32_t i = 0; i < COUNT; i++) /* one that ticks every eighth reading */
        readings[i] = i / 8 * 1000;
    assert_in_range(rng_credit(readings, COUNT), 0, COUNT / 4 / JITTER_PER_BIT);
}

static void a_lively_clock_is_credited_one_bit_per_64_readings(void **state)
{
    (void)state;
    uint32_t noise = 1;
    for (uint32_t i = 1; i < COUNT; i++) {
        noise = noise * 1664525U + 1013904223U;
        readings[i] = readings[i - 1] + 1000 + (noise >> 24);
    }
    assert_in_range(rng_credit(readings, COUNT), COUNT / JITTER_PER_BIT * 9 / 10,
                    COUNT / JITTER_PER_BIT);
}

static void too_few_readings_are_worth_nothing(void **state)
{
    (void)state;
    assert_int_equal(rng_credit(readings, 0), 0);
    assert_int_equal(rng_credit(readings, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_clock_is_credited_with_nothing),
        cmocka_unit_test(a_lively_clock_is_credited_one_bit_per_64_readings),
        cmocka_unit_test(too_few_readings_are_worth_nothing),
    };
    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
