/* The changes of the ledger, one rule at a time. */
#include <string.h>

#include "core/ledger.h"
#include "tests/test.h"

static struct core_site site;
static struct ledger v;

static struct change by(uint8_t node, enum change_kind kind)
{
    return (struct change){.kind = kind,
                           .by = node,
                           .node = node,
                           .incarnation = v.node[node].incarnation,
                           .generation = v.node[node].generation};
}

static bool apply(struct change c)
{
    return ledger_change(&site, &v, &c);
}

static bool join(uint8_t node, uint64_t incarnation, uint64_t replaces)
{
    struct change c = by(node, CHANGE_JOIN);
    c.incarnation = incarnation;
    c.replaces = replaces;
    return apply(c);
}

static bool claim(uint8_t asks, uint8_t node, uint64_t guest)
{
    struct change c = by(asks, CHANGE_CLAIM);
    c.node = node;
    c.generation = v.node[node].generation;
    c.id = guest;
    return apply(c);
}

static bool mark_change(enum change_kind kind, uint8_t asks, uint8_t side, uint64_t mark)
{
    struct change c = by(asks, kind);
    c.node = side;
    c.id = 70;
    c.mark = mark;
    c.epoch = ledger_guest(&v, 2, 0) != NULL ? ledger_guest(&v, 2, 0)->epoch : 0;
    return apply(c);
}

/* Three nodes, all joined; guest 1 on shared disks, guest 2 on mirror 70 of nodes 0 and 1, which
 * both sides have vouched for. */
static int setup(void **state)
{
    (void)state;
    memset(&site, 0, sizeof(site));
    site.nodes = 3;
    site.guests = 2;
    site.mirrors = 1;
    site.guest[0] = (struct site_guest){.id = 1, .home = 0, .peers = 2, .peer = {1, 2}};
    site.guest[1] = (struct site_guest){.id = 2, .home = 0, .peers = 1, .peer = {1}, .mirrors = 1};
    site.mirror[0] = (struct site_mirror){.id = 70, .node = {0, 1}};
    ledger_init(&v, 3);
    for (uint8_t i = 0; i < 3; i++)
        assert_true(join(i, 100u + i, 0));
    uint64_t cold = ledger_mark(&v, 70, 0);
    assert_true(mark_change(CHANGE_FRESH, 0, 1, cold));
    assert_true(mark_change(CHANGE_FRESH, 1, 0, cold));
    return 0;
}

static void r10_a_join_names_what_it_replaces(void **state)
{
    (void)state;
    assert_false(join(0, 100, 0));   /* it is in already */
    assert_false(join(0, 200, 0));   /* knows nothing of the present one */
    assert_true(join(0, 200, 100));  /* the next boot */
    assert_false(join(0, 150, 100)); /* a late request of an earlier one */
    assert_int_equal(v.node[0].generation, 2);
}

static void r18_dead_is_for_the_suspicion_that_was_waited_for(void **state)
{
    (void)state;
    struct change suspect = by(1, CHANGE_SUSPECT);
    suspect.node = 0;
    suspect.generation = v.node[0].generation;
    assert_true(apply(suspect));
    uint32_t first = v.node[0].suspicion;
    assert_false(apply(suspect)); /* it is suspected already */
    struct change lift = suspect;
    lift.kind = CHANGE_UNSUSPECT;
    lift.suspicion = first;
    assert_true(apply(lift));
    assert_true(apply(suspect));
    assert_int_not_equal(v.node[0].suspicion, first);
    struct change dead = suspect;
    dead.kind = CHANGE_DEAD;
    dead.suspicion = first;
    assert_false(apply(dead));
    dead.suspicion = v.node[0].suspicion;
    assert_true(apply(dead));
    assert_true(ledger_is_dead(&v, 0, 1));
}

static void r19_a_fence_counts_for_the_generation_that_was_fenced(void **state)
{
    (void)state;
    struct change dead = by(1, CHANGE_DEAD);
    dead.node = 0;
    dead.generation = 1;
    dead.fenced = true;
    assert_true(join(0, 200, 100)); /* it has rebooted before the device answers */
    assert_false(apply(dead));
    dead.generation = 2;
    assert_true(apply(dead));
    assert_true((v.node[0].flags & NODE_FENCED) != 0);
}

static void r20_only_what_has_no_living_owner_is_claimed(void **state)
{
    (void)state;
    assert_true(claim(2, 0, 1));
    assert_false(claim(2, 1, 1));
    assert_true(join(0, 200, 100)); /* a newer incarnation proves the older one dead */
    assert_true(claim(2, 1, 1));
    assert_int_equal(ledger_guest(&v, 1, 0)->epoch, 2);
}

static void r20_no_suspect_no_witness_and_no_dead_node_is_given_a_guest(void **state)
{
    (void)state;
    site.node[2].witness = true;
    assert_false(claim(0, 2, 1));
    struct change suspect = by(0, CHANGE_SUSPECT);
    suspect.node = 1;
    suspect.generation = 1;
    assert_true(apply(suspect));
    assert_false(claim(0, 1, 1));
}

static void r21_a_release_is_for_its_epoch(void **state)
{
    (void)state;
    assert_true(claim(2, 0, 1));
    struct change release = by(0, CHANGE_RELEASE);
    release.id = 1;
    release.epoch = 2;
    assert_false(apply(release));
    release.epoch = 1;
    assert_true(apply(release));
    assert_false(apply(release));
    assert_true(claim(2, 1, 1));
    assert_false(apply(release)); /* late, again */
    assert_int_equal(ledger_guest(&v, 1, 0)->owner, 1);
}

static void r22_a_handover_or_a_withdrawal_but_not_both(void **state)
{
    (void)state;
    assert_true(claim(2, 0, 1));
    struct change keep = by(0, CHANGE_KEEP);
    keep.id = 1;
    keep.epoch = 1;
    struct change over = keep;
    over.kind = CHANGE_HANDOVER;
    over.node = 1;
    over.generation = 1;
    struct ledger before = v;
    assert_true(apply(keep));
    assert_false(apply(over));
    v = before;
    assert_true(apply(over));
    assert_false(apply(keep));
    assert_int_equal(ledger_guest(&v, 1, 0)->owner, 1);
    assert_true((ledger_guest(&v, 1, 0)->flags & GUEST_HANDED) != 0);
}

static void r24_an_older_mark_of_the_same_maker_does_not_come_back(void **state)
{
    (void)state;
    assert_true(claim(2, 0, 2));
    assert_true(mark_change(CHANGE_STALE, 0, 1, 6));
    assert_false(mark_change(CHANGE_STALE, 0, 1, 5));
    assert_int_equal(ledger_mark(&v, 70, 1), 6);
    assert_true(mark_change(CHANGE_STALE, 0, 1, UINT64_C(1) << 32 | 5)); /* of another boot */
}

static void r26_only_the_living_owner_marks(void **state)
{
    (void)state;
    assert_false(mark_change(CHANGE_STALE, 0, 1, 5)); /* owns nothing */
    assert_true(claim(2, 0, 2));
    assert_false(mark_change(CHANGE_STALE, 1, 0, 5)); /* is not the owner */
    assert_true(mark_change(CHANGE_STALE, 0, 1, 5));
    struct change late = by(0, CHANGE_STALE);
    late.node = 1;
    late.id = 70;
    late.mark = 6;
    late.epoch = 1;
    assert_true(join(0, 200, 100));
    assert_false(apply(late)); /* that incarnation is dead */
    assert_int_equal(ledger_mark(&v, 70, 1), 5);
}

static void r27_a_mark_is_cleared_by_the_other_side_and_by_its_id(void **state)
{
    (void)state;
    assert_true(claim(2, 0, 2));
    assert_true(mark_change(CHANGE_STALE, 0, 1, 5));
    assert_true(mark_change(CHANGE_STALE, 0, 1, 6));  /* the next break */
    assert_false(mark_change(CHANGE_FRESH, 0, 1, 5)); /* late */
    assert_false(mark_change(CHANGE_FRESH, 1, 1, 6)); /* its own word does not count */
    assert_false(mark_change(CHANGE_FRESH, 2, 1, 6)); /* nor that of a stranger */
    assert_true(mark_change(CHANGE_FRESH, 0, 1, 6));
    assert_int_equal(ledger_mark(&v, 70, 1), 0);
}

static void r28_a_stale_side_claims_nothing(void **state)
{
    (void)state;
    assert_true(claim(2, 0, 2));
    assert_true(mark_change(CHANGE_STALE, 0, 1, 5));
    v.node[0].flags |= NODE_DEAD;
    assert_false(claim(2, 1, 2));
    assert_true(mark_change(CHANGE_OVERRIDE, 2, 1, 5));
    assert_true(claim(2, 1, 2));
}

static void r33_an_override_is_refused_while_the_other_side_lives_and_is_current(void **state)
{
    (void)state;
    assert_true(claim(2, 0, 2));
    assert_true(mark_change(CHANGE_STALE, 0, 1, 5));
    assert_false(mark_change(CHANGE_OVERRIDE, 2, 1, 5));
    v.node[0].flags |= NODE_DEAD;
    assert_false(mark_change(CHANGE_OVERRIDE, 2, 1, 4)); /* not the mark that there is */
    assert_true(mark_change(CHANGE_OVERRIDE, 2, 1, 5));
    assert_int_equal(ledger_mark(&v, 70, 1), 0);
    uint64_t mark = ledger_mark(&v, 70, 0);
    assert_int_not_equal(mark, 0); /* it is the stale one now, */
    assert_true(join(0, 200, 100));
    assert_true(mark_change(CHANGE_FRESH, 1, 0, mark)); /* ... until it is synced */
}

static void r33_where_both_sides_are_stale_either_may_be_called_current(void **state)
{
    (void)state;
    uint64_t boots[CORE_NODES] = {300, 301, 302};
    ledger_cold_start(&v, 77, boots, 0);
    uint64_t cold = ledger_mark(&v, 70, 0);
    struct change c = {
        .kind = CHANGE_OVERRIDE, .by = 2, .incarnation = 302, .node = 1, .id = 70, .mark = cold};
    assert_true(ledger_change(&site, &v, &c));
    assert_int_equal(ledger_mark(&v, 70, 1), 0);
    assert_int_equal(ledger_mark(&v, 70, 0), cold);
}

static void r29_after_a_cold_start_every_mirror_is_stale_on_both_sides(void **state)
{
    (void)state;
    uint64_t boots[CORE_NODES] = {300, 301, 302};
    ledger_cold_start(&v, 77, boots, 0);
    assert_int_not_equal(ledger_mark(&v, 70, 0), 0);
    assert_int_not_equal(ledger_mark(&v, 70, 1), 0);
    assert_false(claim(2, 0, 2));
    assert_true(claim(2, 0, 1)); /* shared disks have no sides */
}

static void a_dead_incarnation_asks_in_vain(void **state)
{
    (void)state;
    struct change c = by(0, CHANGE_DRAIN);
    c.node = 1;
    c.generation = 1;
    c.on = true;
    assert_true(join(0, 200, 100));
    assert_false(apply(c));
}

static void an_operators_command_is_carried_out_once(void **state)
{
    (void)state;
    struct change stop = by(0, CHANGE_RUN);
    stop.id = 1;
    assert_true(apply(stop));
    struct change start = stop;
    start.on = true;
    start.commands = 1;
    assert_true(apply(start));
    assert_false(apply(stop)); /* late: it has not seen the start */
    assert_int_equal(ledger_guest(&v, 1, 0)->flags & GUEST_STOPPED, 0);
}

static void limits_are_kept_at_the_limit_and_one_past_it(void **state)
{
    (void)state;
    site.guests = CORE_GUESTS;
    for (int i = 0; i < CORE_GUESTS; i++)
        site.guest[i] = (struct site_guest){.id = 1000u + (unsigned)i, .home = 0};
    for (int i = 0; i < CORE_GUESTS; i++)
        assert_true(claim(0, 0, 1000u + (unsigned)i));
    assert_int_equal(v.guests, CORE_GUESTS);
    site.guest[0].id = 5000; /* renamed by a reload: there is no room for another */
    assert_false(claim(0, 0, 5000));
    assert_int_equal(v.guests, CORE_GUESTS);
    struct change c = by(0, CHANGE_KINDS);
    assert_false(apply(c));
    c = by(0, CHANGE_DRAIN);
    c.node = 3;
    assert_false(apply(c));
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(r10_a_join_names_what_it_replaces),
        T(r18_dead_is_for_the_suspicion_that_was_waited_for),
        T(r19_a_fence_counts_for_the_generation_that_was_fenced),
        T(r20_only_what_has_no_living_owner_is_claimed),
        T(r20_no_suspect_no_witness_and_no_dead_node_is_given_a_guest),
        T(r21_a_release_is_for_its_epoch),
        T(r22_a_handover_or_a_withdrawal_but_not_both),
        T(r24_an_older_mark_of_the_same_maker_does_not_come_back),
        T(r26_only_the_living_owner_marks),
        T(r27_a_mark_is_cleared_by_the_other_side_and_by_its_id),
        T(r28_a_stale_side_claims_nothing),
        T(r33_an_override_is_refused_while_the_other_side_lives_and_is_current),
        T(r33_where_both_sides_are_stale_either_may_be_called_current),
        T(r29_after_a_cold_start_every_mirror_is_stale_on_both_sides),
        T(a_dead_incarnation_asks_in_vain),
        T(an_operators_command_is_carried_out_once),
        T(limits_are_kept_at_the_limit_and_one_past_it),
    };
    return cmocka_run_group_tests_name("core_ledger", tests, NULL, NULL);
}
