#include "guest/plan.h"

#include "tests/test.h"

/* A guest that should run, whose turn it is, of which Xen knows nothing. */
static const struct plan_view absent = {
    .fresh = true, .wish = WISH_RUN, .may_start = true, .may_stop = true, .now_ms = 1000};

static enum plan_step step_of(struct plan_view v)
{
    return plan_guest(&v).step;
}

static struct plan_view with(enum plan_domain domain)
{
    struct plan_view v = absent;
    v.domain = domain;
    v.known = true;
    return v;
}

static void an_absent_guest_is_started_when_wished_and_due(void **state)
{
    (void)state;
    struct plan_view v = absent;
    assert_int_equal(step_of(v), PLAN_START);
    v.start_at_ms = 1001;
    struct plan plan = plan_guest(&v);
    assert_int_equal(plan.step, PLAN_NOTHING);
    assert_int_equal(plan.wake_ms, 1001);
    v.now_ms = 1001;
    assert_int_equal(step_of(v), PLAN_START);
    v.may_start = false;
    assert_int_equal(step_of(v), PLAN_NOTHING);
    v = absent;
    v.wish = WISH_STOP;
    assert_int_equal(step_of(v), PLAN_NOTHING);
}

static void nothing_is_started_beside_a_domain_in_any_state(void **state)
{
    (void)state;
    for (enum plan_domain d = PLAN_UNBUILT; d <= PLAN_DYING; d++)
        for (int bits = 0; bits < 64; bits++) {
            struct plan_view v = with(d);
            v.known = bits & 1;
            v.counted = bits & 2;
            v.missing = bits & 4;
            v.wish = bits & 8 ? WISH_RUN : WISH_STOP;
            v.stop_by_ms = bits & 16 ? 500 : 0;
            v.may_stop = bits & 32;
            assert_int_not_equal(step_of(v), PLAN_START);
        }
}

static void nothing_is_done_on_an_old_picture_or_beside_a_job(void **state)
{
    (void)state;
    for (enum plan_domain d = PLAN_ABSENT; d <= PLAN_DYING; d++) {
        struct plan_view v = with(d);
        v.missing = true;
        v.fresh = false;
        assert_int_equal(step_of(v), PLAN_NOTHING);
        v.fresh = true;
        v.busy = true;
        assert_int_equal(step_of(v), PLAN_NOTHING);
    }
}

static void a_guest_of_others_is_left_alone(void **state)
{
    (void)state;
    for (enum plan_domain d = PLAN_ABSENT; d <= PLAN_DYING; d++) {
        struct plan_view v = with(d);
        v.wish = WISH_LEAVE;
        v.known = false;
        assert_int_equal(step_of(v), PLAN_NOTHING);
    }
}

static void an_end_is_counted_before_the_domain_is_cleared_away(void **state)
{
    (void)state;
    struct plan_view v = with(PLAN_ENDED);
    assert_int_equal(step_of(v), PLAN_COUNT_END);
    v.counted = true;
    assert_int_equal(step_of(v), PLAN_DESTROY);
    v.retry_at_ms = 2000; /* a destroy that failed is not tried again at once */
    assert_int_equal(step_of(v), PLAN_NOTHING);
    assert_int_equal(plan_guest(&v).wake_ms, 2000);
}

static void a_vanished_domain_is_an_end(void **state)
{
    (void)state;
    struct plan_view v = absent;
    v.missing = true;
    assert_int_equal(step_of(v), PLAN_COUNT_END);
    v = with(PLAN_RUNNING); /* somebody made another one meanwhile */
    v.known = false;
    v.missing = true;
    assert_int_equal(step_of(v), PLAN_COUNT_END);
    v.missing = false;
    assert_int_equal(step_of(v), PLAN_ADOPT);
}

static void a_dying_domain_is_waited_for(void **state)
{
    (void)state;
    assert_int_equal(step_of(with(PLAN_DYING)), PLAN_NOTHING);
}

static void a_half_built_domain_is_cleared_away(void **state)
{
    (void)state;
    struct plan_view v = with(PLAN_UNBUILT);
    assert_int_equal(step_of(v), PLAN_NOTHING); /* somebody builds it by hand */
    v.ours = true;
    assert_int_equal(step_of(v), PLAN_CLEAR_UNBUILT);
    v = absent;
    v.ours = true;
    assert_int_equal(step_of(v), PLAN_FORGET_BUILDING);
}

static void stopping_asks_first_and_destroys_at_the_deadline(void **state)
{
    (void)state;
    struct plan_view v = with(PLAN_RUNNING);
    assert_int_equal(step_of(v), PLAN_NOTHING);
    v.wish = WISH_STOP;
    assert_int_equal(step_of(v), PLAN_SHUT_DOWN);
    v.may_stop = false;
    assert_int_equal(step_of(v), PLAN_NOTHING);
    v.stop_by_ms = 3000;
    v.ask_at_ms = 2000;
    struct plan plan = plan_guest(&v);
    assert_int_equal(plan.step, PLAN_NOTHING);
    assert_int_equal(plan.wake_ms, 2000);
    v.now_ms = 2000; /* it may have had no ears yet */
    assert_int_equal(step_of(v), PLAN_SHUT_DOWN);
    v.ask_at_ms = 4000;
    assert_int_equal(plan_guest(&v).wake_ms, 3000);
    v.now_ms = 3000;
    assert_int_equal(step_of(v), PLAN_DESTROY);
    v.wish = WISH_RUN; /* the operator changed their mind, and it still runs */
    assert_int_equal(step_of(v), PLAN_NOTHING);
}

static void other_disks_are_changed_while_it_runs_and_is_to(void **state)
{
    (void)state;
    struct plan_view v = with(PLAN_RUNNING);
    v.other_disks = true;
    assert_int_equal(step_of(v), PLAN_CHANGE_DISKS);
    v.retry_at_ms = 2000;
    struct plan plan = plan_guest(&v);
    assert_int_equal(plan.step, PLAN_NOTHING);
    assert_int_equal(plan.wake_ms, 2000);
    v.retry_at_ms = 0;
    v.wish = WISH_STOP;
    assert_int_equal(step_of(v), PLAN_SHUT_DOWN);
    v.wish = WISH_RUN;
    v.known = false;
    assert_int_equal(step_of(v), PLAN_ADOPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_absent_guest_is_started_when_wished_and_due),
        cmocka_unit_test(nothing_is_started_beside_a_domain_in_any_state),
        cmocka_unit_test(nothing_is_done_on_an_old_picture_or_beside_a_job),
        cmocka_unit_test(a_guest_of_others_is_left_alone),
        cmocka_unit_test(an_end_is_counted_before_the_domain_is_cleared_away),
        cmocka_unit_test(a_vanished_domain_is_an_end),
        cmocka_unit_test(a_dying_domain_is_waited_for),
        cmocka_unit_test(a_half_built_domain_is_cleared_away),
        cmocka_unit_test(stopping_asks_first_and_destroys_at_the_deadline),
        cmocka_unit_test(other_disks_are_changed_while_it_runs_and_is_to),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
