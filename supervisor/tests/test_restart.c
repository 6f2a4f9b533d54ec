#include "core/restart.h"
#include "tests/test.h"

static const struct restart_policy policy = {
    .on = {RESTART_NO, RESTART_YES, RESTART_YES, RESTART_YES, RESTART_YES},
    .backoff = {.first_ms = 1000, .max_ms = 5000, .healthy_ms = 60000},
    .give_up = 6,
};

static struct restart_verdict crash(struct restart_state *s, uint64_t ran_ms, uint32_t random)
{
    return restart_decide(&policy, s, GUEST_END_CRASH, ran_ms, 1000000, random);
}

static void first_restart_is_at_once_then_delays_double_to_the_cap(void **state)
{
    (void)state;
    static const uint64_t least[] = {0, 500, 1000, 2000, 2500, 2500};
    static const uint64_t most[] = {0, 1000, 2000, 4000, 5000, 5000};
    struct restart_state low = {0}, high = {0};
    for (int i = 0; i < 6; i++) {
        struct restart_verdict v = crash(&low, 0, 0);
        assert_int_equal(v.kind, RESTART_AT);
        assert_int_equal(v.at_ms - 1000000, least[i]);
        v = crash(&high, 0, UINT32_MAX);
        assert_int_equal(v.kind, RESTART_AT);
        assert_in_range(v.at_ms - 1000000, most[i] == 0 ? 0 : most[i] - 1, most[i]);
    }
}

static void gives_up_one_past_the_threshold_and_stays_so(void **state)
{
    (void)state;
    struct restart_state s = {0};
    for (uint32_t i = 0; i < policy.give_up; i++)
        assert_int_equal(crash(&s, 0, 7).kind, RESTART_AT);
    for (int i = 0; i < 3; i++)
        assert_int_equal(crash(&s, 0, 7).kind, RESTART_GIVE_UP);
    assert_int_equal(s.failures, policy.give_up + 1);
    s = (struct restart_state){0};
    assert_int_equal(crash(&s, 0, 7).at_ms, 1000000);
}

static void a_long_run_takes_back_failures(void **state)
{
    (void)state;
    struct restart_state s = {.failures = 5};
    crash(&s, 59999, 0);
    assert_int_equal(s.failures, 6);
    crash(&s, 120000, 0);
    assert_int_equal(s.failures, 5);
    assert_int_equal(crash(&s, UINT64_MAX, 0).at_ms, 1000000);
    assert_int_equal(s.failures, 1);
}

static void the_policy_table_decides_per_end(void **state)
{
    (void)state;
    for (int end = 0; end < GUEST_END_COUNT; end++) {
        struct restart_state s = {0};
        struct restart_verdict v = restart_decide(&restart_default, &s, end, 0, 5, 0);
        assert_int_equal(v.kind, end == GUEST_END_POWEROFF ? RESTART_LEAVE_STOPPED : RESTART_AT);
        assert_int_equal(s.failures, end == GUEST_END_POWEROFF ? 0 : 1);
    }
}

static void a_huge_cap_does_not_overflow(void **state)
{
    (void)state;
    struct restart_policy p = policy;
    p.backoff.max_ms = UINT32_MAX;
    p.give_up = UINT32_MAX - 1;
    struct restart_state s = {.failures = UINT32_MAX - 2};
    struct restart_verdict v = restart_decide(&p, &s, GUEST_END_CRASH, 0, 0, UINT32_MAX);
    assert_int_equal(v.kind, RESTART_AT);
    assert_in_range(v.at_ms, UINT32_MAX - 1u, UINT32_MAX);
}

static void every_end_has_a_name(void **state)
{
    (void)state;
    for (int end = 0; end < GUEST_END_COUNT; end++)
        assert_string_not_equal(guest_end_name(end), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_restart_is_at_once_then_delays_double_to_the_cap),
        cmocka_unit_test(gives_up_one_past_the_threshold_and_stays_so),
        cmocka_unit_test(a_long_run_takes_back_failures),
        cmocka_unit_test(the_policy_table_decides_per_end),
        cmocka_unit_test(a_huge_cap_does_not_overflow),
        cmocka_unit_test(every_end_has_a_name),
    };
    return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
