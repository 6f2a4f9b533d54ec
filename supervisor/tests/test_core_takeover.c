/* Who is suspected, who is dead, and who takes over: three nodes, and two with and without a fence
 * device. */
#include "core/timing.h"
#include "tests/core_lab.h"

static void r17_a_dead_nodes_guest_is_taken_over_after_the_wait_and_not_before(void **state)
{
    (void)state;
    lab_three(1);
    uint64_t heard = lab.node[1].peer[0].heard_at;
    lab_off(0);
    lab_until(0, 1, 60);
    assert_true(lab.now - heard >= timing_wait(&lab.site.timing));
    assert_true(lab.now - heard <= timing_takeover(&lab.site.timing, 0));
    assert_int_equal(lab_entry(0)->epoch, 2);
}

/* From the suspicion of the first of three nodes, which has died, to its guest's start. spoil: what
 * befalls the last of them meanwhile, whose word is needed. */
static uint64_t taken_over_after(void (*spoil)(void))
{
    lab_three(1);
    lab_off(0);
    lab_beats(6); /* no longer heard, and suspected */
    assert_int_not_equal(lab_known()->node[0].suspicion, 0);
    uint64_t suspected = lab.node[1].suspected[0].since;
    spoil();
    lab_until(0, 1, 60);
    assert_true(lab.now >= lab.node[1].peer[0].heard_at + timing_wait(&lab.site.timing));
    return lab.now - suspected;
}

static void nothing(void)
{
}

/* The other one has echoed a heartbeat that was not heard here. */
static void echoed_later(void)
{
    lab.node[2].peer[0].echoed.seq++;
}

static void another_incarnation(void)
{
    lab.node[2].peer[0].echoed.incarnation++;
}

/* Its relevod has echoed nothing that it knows of, but the one before may have. */
static void restarted(void)
{
    lab_restart(2);
}

/* It has accepted nothing since the suspicion. */
static void has_not_accepted(void)
{
    lab.node[2].memory.acceptor.accepted.number = 1;
    lab.node[2].memory.acceptor.withheld = 0;
    lab.node[2].peer[0].known = false;
}

static void r17_the_wait_counts_from_the_last_heartbeat_if_a_majority_vouches_for_it(void **state)
{
    (void)state;
    uint64_t vouched = taken_over_after(nothing);
    uint64_t wait = timing_wait(&lab.site.timing);
    assert_true(vouched + lab.site.timing.silence <= wait + 2ull * lab.site.timing.beat);
    assert_true(taken_over_after(echoed_later) >= wait);
    assert_true(taken_over_after(another_incarnation) >= wait);
    assert_true(taken_over_after(restarted) >= wait);
    assert_true(taken_over_after(has_not_accepted) >= wait);
}

static void r19_or_at_once_if_the_operator_confirms_it_down(void **state)
{
    (void)state;
    lab_three(1);
    lab_off(0);
    lab_beats(6); /* no longer heard */
    lab_confirm_down(0);
    lab_until(0, 1, 6);
}

static void a_suspect_that_answers_again_is_a_suspect_no_more(void **state)
{
    (void)state;
    lab_three(1);
    lab.lost = node_bit(0);
    lab_beats(6);
    assert_int_not_equal(lab_known()->node[0].suspicion, 0);
    lab.lost = 0;
    lab_beats(10);
    assert_int_equal(lab_known()->node[0].suspicion, 0);
    lab_beats(60);
    assert_int_equal(lab_where(0), 0);
    assert_int_equal(lab_entry(0)->epoch, 1);
}

/* The two others lose sight of the first for a moment, and at once see it again. */
static void glance_away(void)
{
    struct event view = {.kind = EVENT_MEMBERS, .members = node_bit(1) | node_bit(2)};
    lab_step(2, view);
    lab_beats(1);
    lab_step(1, view);
    lab_beats(1);
}

static void r32_one_found_well_is_not_suspected_again_at_once(void **state)
{
    (void)state;
    lab_three(1);
    uint32_t version = lab_known()->version;
    uint64_t began = lab.now;
    while (lab.now - began < lab.site.timing.silence) {
        glance_away();
        assert_int_equal(lab_known()->version, version + 2); /* entered once, lifted once */
    }
    lab_beats(2);
    glance_away();
    assert_int_equal(lab_known()->version, version + 4);
    assert_int_equal(lab_known()->node[0].suspicion, 0);
}

static void r16_a_node_cut_off_destroys_its_guests_before_others_start_them(void **state)
{
    (void)state;
    lab_three(1);
    lab.lost = node_bit(0);
    lab_until(0, NO_NODE, 8);
    assert_int_equal(lab.acts[0][ACT_KILL], 1);
    uint32_t fed = lab.acts[0][ACT_FEED];
    lab_beats(1);
    assert_int_equal(lab.acts[0][ACT_FEED], fed + 1); /* nothing runs: no reset is needed */
    lab_until(0, 1, 40);
}

static void r23_a_node_that_was_declared_dead_resets_its_host(void **state)
{
    (void)state;
    lab_three(1);
    lab.lost = node_bit(0);
    lab_until(0, 1, 60);
    lab.lost = 0;
    lab_beats(4);
    assert_int_equal(lab.acts[0][ACT_RESET], 1);
    lab_boot(0);
    lab_beats(20);
    assert_true(ledger_is_current(lab_known(), 0, lab.node[0].incarnation));
    assert_true(lab.node[0].memory.acceptor.remembers);
    assert_int_equal(lab_where(0), 1); /* failback is manual */
}

/* ---- two nodes ---- */

static void two(bool device)
{
    lab_begin(2, 1);
    lab.site.fence_device = device;
    lab_boot_all();
    lab_until(0, 0, 20);
    lab_beats(10);
}

static void fence_answers(uint8_t node, uint8_t off, uint32_t generation)
{
    struct event e = {.kind = EVENT_FENCED, .node = off, .generation = generation};
    lab_step(node, e);
}

static void r30_two_nodes_with_a_device_wait_for_its_answer(void **state)
{
    (void)state;
    two(true);
    lab_off(0);
    lab_beats(60);
    assert_int_equal(lab.fence[0], 1); /* asked for */
    assert_int_equal(lab_where(0), NO_NODE);
    fence_answers(1, 0, 1);
    lab_until(0, 1, 6);
    lab_beats(60);
    assert_int_equal(lab_where(0), 1); /* alone, and going on */
}

static void r30_the_device_is_not_asked_while_the_peer_is_heard(void **state)
{
    (void)state;
    two(true);
    lab_beats(100);
    assert_int_equal(lab.fence[0] + lab.fence[1], 0);
}

static void r30_the_fenced_node_comes_back_and_learns_what_happened(void **state)
{
    (void)state;
    two(true);
    lab_off(0);
    lab_beats(10);
    fence_answers(1, 0, 1);
    lab_until(0, 1, 6);
    lab_boot(0);
    lab_beats(30);
    assert_int_equal(lab_where(0), 1);
    assert_true(ledger_is_current(lab_known(), 0, lab.node[0].incarnation));
    lab_off(1); /* and now the other way round */
    lab_beats(10);
    fence_answers(0, 1, 1);
    lab_until(0, 0, 6);
}

static void r30_two_nodes_without_a_device_wait_for_the_operator(void **state)
{
    (void)state;
    two(false);
    lab_off(0);
    lab_beats(100);
    assert_int_equal(lab.acts[1][ACT_FENCE], 0);
    assert_int_equal(lab_where(0), NO_NODE);
    lab_confirm_down(0);
    lab_until(0, 1, 6);
}

static void r30_a_booted_node_of_two_does_not_go_on_alone(void **state)
{
    (void)state;
    two(true);
    lab_off(0);
    lab_off(1);
    lab_boot(1);
    lab_beats(100);
    assert_int_equal(lab.acts[1][ACT_FENCE], 0); /* it does not know who has gone on meanwhile */
    assert_int_equal(lab_where(0), NO_NODE);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(r17_a_dead_nodes_guest_is_taken_over_after_the_wait_and_not_before),
        T(r17_the_wait_counts_from_the_last_heartbeat_if_a_majority_vouches_for_it),
        T(r19_or_at_once_if_the_operator_confirms_it_down),
        T(a_suspect_that_answers_again_is_a_suspect_no_more),
        T(r32_one_found_well_is_not_suspected_again_at_once),
        T(r16_a_node_cut_off_destroys_its_guests_before_others_start_them),
        T(r23_a_node_that_was_declared_dead_resets_its_host),
        T(r30_two_nodes_with_a_device_wait_for_its_answer),
        T(r30_the_device_is_not_asked_while_the_peer_is_heard),
        T(r30_the_fenced_node_comes_back_and_learns_what_happened),
        T(r30_two_nodes_without_a_device_wait_for_the_operator),
        T(r30_a_booted_node_of_two_does_not_go_on_alone),
    };
    return cmocka_run_group_tests_name("core_takeover", tests, NULL, NULL);
}
