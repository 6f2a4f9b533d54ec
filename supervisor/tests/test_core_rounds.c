/* The register at whole nodes, by messages: who votes, rounds, and rivals. */
#include "tests/core_lab.h"

static void r9_a_cold_start_waits_for_everybody(void **state)
{
    (void)state;
    lab_begin(3, 1);
    lab_boot(0);
    lab_boot(1);
    lab_beats(100);
    assert_int_equal(lab.started[0][0] + lab.started[1][0], 0);
    lab_boot(2);
    lab_until(0, 0, 20);
}

static void r9_or_for_the_operators_word(void **state)
{
    (void)state;
    lab_begin(3, 1);
    lab_boot(1);
    lab_boot(2);
    lab_beats(20);
    lab_confirm_down(0);
    lab_until(0, 1, 20);
}

static void r9_the_word_does_not_count_against_a_node_that_speaks(void **state)
{
    (void)state;
    lab_three(1);
    lab_confirm_down(1);
    lab_beats(10);
    assert_true(ledger_is_current(lab_known(), 1, lab.node[1].incarnation));
}

static void r9_nor_against_one_whose_heartbeats_are_lost(void **state)
{
    (void)state;
    lab_begin(3, 0);
    lab_boot(2);
    lab_beats(5);
    lab_confirm_down(0);
    assert_true(node_in(lab.node[2].down, 0));
    struct message m = {.kind = MESSAGE_PREPARE, .from = 0, .to = 2};
    m.round.ballot = (struct ballot){.number = 1, .incarnation = 7};
    lab_step(2, (struct event){.kind = EVENT_MESSAGE, .message = &m});
    assert_false(node_in(lab.node[2].down, 0));
}

static void r10_of_another_era_only_the_forerunner_is_learned(void **state)
{
    (void)state;
    lab_three(0);
    static struct ledger other;
    struct node *n = &lab.node[0];
    struct ballot known = n->known.ballot;
    struct message m = {.kind = MESSAGE_CHOSEN, .from = 1, .to = 0, .value = &other};
    m.round.ballot = (struct ballot){.number = known.number + 5, .node = 1};
    ledger_copy(&other, lab_known());
    other.era++;
    other.node[0].incarnation = 7;
    lab_step(0, (struct event){.kind = EVENT_MESSAGE, .message = &m});
    assert_int_equal(ballot_compare(&n->known.ballot, &known), 0);
    assert_int_equal(n->replaces, 7);
    assert_false(n->resetting);
}

static void a_change_goes_through_a_round_message_by_message(void **state)
{
    (void)state;
    lab_three(0);
    struct change drain = {
        .kind = CHANGE_DRAIN, .node = 1, .on = true, .generation = lab_known()->node[1].generation};
    struct event e = {.kind = EVENT_COMMAND, .change = &drain};
    uint32_t version = lab_known()->version;
    lab.now++;
    lab_step(2, e);
    assert_int_equal(lab_waiting(), 1);
    lab_deliver(MESSAGE_REQUEST);
    assert_int_equal(lab_waiting(), 1);
    lab_deliver(MESSAGE_PREPARE);
    assert_int_equal(lab_waiting(), 2);
    lab_deliver(MESSAGE_PROMISE); /* with the proposer's own a majority */
    assert_int_equal(lab.node[0].proposer.phase, PROPOSER_ACCEPTS);
    lab_deliver(MESSAGE_PROMISE); /* too late to matter */
    lab_deliver(MESSAGE_ACCEPT);
    assert_int_equal(lab.node[1].memory.acceptor.value.version, version + 1);
    assert_int_equal(lab.node[1].known.value.version, version); /* R1: accepted, not chosen */
    lab_deliver(MESSAGE_ACCEPTED);
    assert_int_equal(lab.node[0].known.value.version, version + 1);
    lab_deliver(MESSAGE_ACCEPTED);
    lab_deliver(MESSAGE_CHOSEN);
    assert_int_equal(lab_waiting(), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(lab.node[i].known.value.node[1].flags, NODE_DRAINING);
}

static int first_act(enum action_kind kind)
{
    for (int i = 0; i < lab.out.count; i++)
        if (lab.out.action[i].kind == kind)
            return i;
    return lab.out.count;
}

static void r3_what_is_promised_or_accepted_is_journalled_before_it_is_said(void **state)
{
    (void)state;
    lab_three(0);
    static struct ledger v;
    struct message m = {.from = 0, .to = 2};
    struct event e = {.kind = EVENT_MESSAGE, .message = &m};
    m.kind = MESSAGE_PREPARE;
    m.round.ballot = (struct ballot){1000, 0, lab.node[0].incarnation};
    lab_step(2, e);
    assert_true(first_act(ACT_JOURNAL) < first_act(ACT_SEND));
    assert_int_equal(lab.memory[2].acceptor.promised.number, 1000);
    m.kind = MESSAGE_ACCEPT;
    v = *lab_known();
    v.version++;
    m.value = &v;
    lab_step(2, e);
    assert_true(first_act(ACT_JOURNAL) < first_act(ACT_SEND));
    assert_int_equal(lab.memory[2].acceptor.accepted.number, 1000);
}

static void a_proposer_that_dies_between_accept_and_chosen_stops_nobody(void **state)
{
    (void)state;
    lab_three(1);
    struct change drain = {
        .kind = CHANGE_DRAIN, .node = 2, .on = true, .generation = lab_known()->node[2].generation};
    struct event e = {.kind = EVENT_COMMAND, .change = &drain};
    lab.now++;
    lab_step(0, e);
    lab_deliver(MESSAGE_PREPARE);
    lab_deliver(MESSAGE_PROMISE);
    lab_deliver(MESSAGE_PROMISE);
    lab_deliver(MESSAGE_ACCEPT);
    lab_off(0);
    lab_beats(30);
    for (int i = 1; i < 3; i++)
        assert_int_equal(lab.node[i].known.value.node[2].flags, NODE_DRAINING);
    lab_until(0, 1, 20); /* and the dead one's guest is taken over */
}

static void two_that_propose_at_once_both_get_through(void **state)
{
    (void)state;
    lab_three(0);
    for (uint8_t i = 1; i < 3; i++) {
        struct change drain = {.kind = CHANGE_DRAIN,
                               .node = i,
                               .on = true,
                               .generation = lab_known()->node[i].generation};
        struct event e = {.kind = EVENT_COMMAND, .change = &drain};
        lab.node[i].peer[0].known = false; /* each leads, as it sees it */
        lab.node[i].peer[3 - i].known = false;
        lab_step(i, e);
        assert_int_equal(lab.node[i].proposer.phase, PROPOSER_PREPARES);
    }
    lab_beats(30);
    assert_int_equal(lab_known()->node[1].flags, NODE_DRAINING);
    assert_int_equal(lab_known()->node[2].flags, NODE_DRAINING);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(r9_a_cold_start_waits_for_everybody),
        T(r9_or_for_the_operators_word),
        T(r9_the_word_does_not_count_against_a_node_that_speaks),
        T(r9_nor_against_one_whose_heartbeats_are_lost),
        T(r10_of_another_era_only_the_forerunner_is_learned),
        T(a_change_goes_through_a_round_message_by_message),
        T(r3_what_is_promised_or_accepted_is_journalled_before_it_is_said),
        T(a_proposer_that_dies_between_accept_and_chosen_stops_nobody),
        T(two_that_propose_at_once_both_get_through),
    };
    return cmocka_run_group_tests_name("core_rounds", tests, NULL, NULL);
}
