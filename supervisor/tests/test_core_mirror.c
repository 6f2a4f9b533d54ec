/* The marks of a mirror that three nodes share. */
#include "tests/core_lab.h"

/* One guest on a mirror of the first two nodes, in sync. */
static void mirrored(void)
{
    struct event synced = {.kind = EVENT_MIRROR_SYNCED};
    lab_begin(3, 1);
    lab.site.mirrors = 1;
    lab.site.mirror[0] = (struct site_mirror){.id = 7, .node = {0, 1}};
    lab.site.guest[0].mirrors = 1;
    lab.site.guest[0].peers = 1;
    lab_boot_all();
    lab_beats(20);
    assert_int_equal(lab_where(0), NO_NODE); /* R9: nobody has vouched for either side */
    lab_step(1, synced);
    lab_until(0, 0, 20);
    lab_step(0, synced);
    lab_beats(4);
}

static void link_breaks(void)
{
    struct event frozen = {.kind = EVENT_MIRROR_FROZEN};
    struct event apart = {.kind = EVENT_MIRROR_APART};
    lab_step(0, frozen);
    lab_step(1, apart);
}

static void r25_writes_go_on_when_the_mark_is_chosen(void **state)
{
    (void)state;
    mirrored();
    lab.lost = node_bit(0);
    link_breaks();
    lab_beats(2);
    assert_int_equal(lab.acts[0][ACT_RESUME_IO], 0);
    lab.lost = 0;
    lab_beats(6);
    assert_int_equal(lab.acts[0][ACT_RESUME_IO], 1);
    assert_int_not_equal(ledger_mark(lab_known(), 7, 1), 0);
    assert_int_equal(ledger_mark(lab_known(), 7, 0), 0);
}

static void r28_r33_a_stale_side_does_not_take_over_until_the_operator_overrides(void **state)
{
    (void)state;
    mirrored();
    link_breaks();
    lab_beats(6);
    lab_off(0);
    lab_beats(60);
    assert_int_equal(lab_where(0), NO_NODE);
    struct change c = {.kind = CHANGE_OVERRIDE, .id = 7, .node = 1};
    c.mark = ledger_mark(lab_known(), 7, 1) + 1;
    lab_command(c); /* of a mark that is not there: nothing is overridden */
    lab_beats(10);
    assert_int_equal(lab_where(0), NO_NODE);
    c.mark--;
    lab_command(c);
    lab_until(0, 1, 10);
}

static void r27_a_resynced_side_may_take_over_again(void **state)
{
    (void)state;
    struct event synced = {.kind = EVENT_MIRROR_SYNCED};
    mirrored();
    link_breaks();
    lab_beats(6);
    lab_step(0, synced);
    lab_step(1, synced);
    lab_beats(6);
    lab_off(0);
    lab_until(0, 1, 60);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(r25_writes_go_on_when_the_mark_is_chosen),
        T(r28_r33_a_stale_side_does_not_take_over_until_the_operator_overrides),
        T(r27_a_resynced_side_may_take_over_again),
    };
    return cmocka_run_group_tests_name("core_mirror", tests, NULL, NULL);
}
