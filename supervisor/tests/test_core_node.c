/* Whole nodes: alone, three by messages, two with and without a fence device. */
#include <string.h>

#include "core/timing.h"
#include "tests/core_lab.h"

/* ---- one node without a cluster ---- */

static void alone(void)
{
    lab_begin(1, 1);
    lab_boot(0);
    lab_until(0, 0, 6);
}

static void a_node_alone_runs_its_guests(void **state)
{
    (void)state;
    alone();
    assert_int_equal(lab_entry(0)->owner, 0);
    assert_int_equal(lab_entry(0)->epoch, 1);
    assert_int_not_equal(lab.acts[0][ACT_FEED], 0);
}

static void a_guest_that_crashes_is_started_again_under_its_claim(void **state)
{
    (void)state;
    alone();
    lab_end(0, GUEST_END_CRASH);
    lab_until(0, 0, 4);
    assert_int_equal(lab.started[0][0], 2);
    assert_int_equal(lab_entry(0)->epoch, 1);
}

static void a_guest_that_shuts_down_stays_off_until_it_is_started(void **state)
{
    (void)state;
    alone();
    lab_end(0, GUEST_END_POWEROFF);
    lab_beats(200);
    assert_int_equal(lab_where(0), NO_NODE);
    assert_int_not_equal(lab_entry(0)->flags & GUEST_STOPPED, 0);
    lab_run(0, true);
    lab_until(0, 0, 6);
}

static void an_operator_stops_and_starts(void **state)
{
    (void)state;
    alone();
    lab_run(0, false);
    lab_until(0, NO_NODE, 6);
    lab_beats(200);
    assert_int_equal(lab_where(0), NO_NODE);
    lab_run(0, true);
    lab_until(0, 0, 6);
    assert_int_equal(lab_entry(0)->epoch, 2); /* it was released, and claimed again */
}

static void without_a_watchdog_nothing_runs(void **state)
{
    (void)state;
    struct event none = {.kind = EVENT_WATCHDOG};
    lab_begin(1, 1);
    lab_boot(0);
    lab_step(0, none);
    lab_beats(50);
    assert_int_equal(lab.started[0][0], 0);
    assert_int_equal(lab.acts[0][ACT_FEED], 0);
}

static void a_restarted_relevod_leaves_the_guest_running(void **state)
{
    (void)state;
    alone();
    lab_restart(0);
    lab_beats(20);
    assert_int_equal(lab_where(0), 0);
    assert_int_equal(lab.started[0][0], 1);
    assert_int_equal(lab.acts[0][ACT_STOP] + lab.acts[0][ACT_KILL], 0);
}

static void guests_without_the_memory_of_what_was_promised_for_them_mean_a_reset(void **state)
{
    (void)state;
    alone();
    memset(&lab.memory[0], 0, sizeof(lab.memory[0])); /* /run is lost, or another node's */
    lab_restart(0);
    assert_int_equal(lab.acts[0][ACT_RESET], 1);
    assert_string_equal(lab.report, "guests run, but what was promised for them is lost");
}

/* ---- three nodes ---- */

static void three(uint16_t guests)
{
    lab_begin(3, guests);
    lab_boot_all();
    for (int g = 0; g < guests; g++)
        lab_until(g, 0, 20);
    lab_beats(10);
}

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

static void confirm(uint8_t down)
{
    struct event e = {.kind = EVENT_CONFIRM_DOWN, .node = down};
    for (uint8_t i = 0; i < lab.site.nodes; i++)
        if (node_in(lab.on, i))
            lab_step(i, e);
}

static void r9_or_for_the_operators_word(void **state)
{
    (void)state;
    lab_begin(3, 1);
    lab_boot(1);
    lab_boot(2);
    lab_beats(20);
    confirm(0);
    lab_until(0, 1, 20);
}

static void r9_the_word_does_not_count_against_a_node_that_speaks(void **state)
{
    (void)state;
    three(1);
    confirm(1);
    lab_beats(10);
    assert_true(ledger_is_current(lab_known(), 1, lab.node[1].incarnation));
}

static void r9_nor_against_one_whose_heartbeats_are_lost(void **state)
{
    (void)state;
    lab_begin(3, 0);
    lab_boot(2);
    lab_beats(5);
    confirm(0);
    assert_true(node_in(lab.node[2].down, 0));
    struct message m = {.kind = MESSAGE_PREPARE, .from = 0, .to = 2};
    m.round.ballot = (struct ballot){.number = 1, .incarnation = 7};
    lab_step(2, (struct event){.kind = EVENT_MESSAGE, .message = &m});
    assert_false(node_in(lab.node[2].down, 0));
}

static void r10_of_another_era_only_the_forerunner_is_learned(void **state)
{
    (void)state;
    three(0);
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

/* The third node's operator asks; the first, which leads, proposes. */
static void a_change_goes_through_a_round_message_by_message(void **state)
{
    (void)state;
    three(0);
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
    three(0);
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
    three(1);
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
    three(0);
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

static void r17_a_dead_nodes_guest_is_taken_over_after_the_wait_and_not_before(void **state)
{
    (void)state;
    three(1);
    uint64_t died = lab.now;
    lab_off(0);
    lab_until(0, 1, 60);
    assert_true(lab.now - died >= lab.site.timing.silence + timing_wait(&lab.site.timing));
    assert_true(lab.now - died <= timing_takeover(&lab.site.timing, 0));
    assert_int_equal(lab_entry(0)->epoch, 2);
}

static void r19_or_at_once_if_the_operator_confirms_it_down(void **state)
{
    (void)state;
    three(1);
    lab_off(0);
    lab_beats(6); /* no longer heard */
    confirm(0);
    lab_until(0, 1, 6);
}

static void a_suspect_that_answers_again_is_a_suspect_no_more(void **state)
{
    (void)state;
    three(1);
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
    three(1);
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
    three(1);
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
    three(1);
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

static void r21_a_relevod_that_dies_after_a_release_does_not_start_the_guest_again(void **state)
{
    (void)state;
    three(1);
    lab.lost = node_bit(1) | node_bit(2); /* nothing gets chosen meanwhile */
    lab_end(0, GUEST_END_POWEROFF);
    lab_restart(0);
    lab.lost = 0;
    lab_beats(30);
    assert_int_equal(lab.started[0][0], 1);
    assert_int_not_equal(lab_entry(0)->flags & GUEST_STOPPED, 0);
}

/* ---- freshness ---- */

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

static void r28_a_stale_side_does_not_take_over_until_the_operator_overrides(void **state)
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
    confirm(0);
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

static void the_later_of_two_commands_counts(void **state)
{
    (void)state;
    three(1);
    lab_drain(1, true);
    lab_drain(1, false); /* before the first could be carried out */
    lab_beats(4);
    uint32_t version = lab_known()->version;
    lab_beats(8);
    assert_int_equal(lab_known()->version, version); /* they do not undo each other for ever */
    assert_false(lab_known()->node[1].flags & NODE_DRAINING);
}

/* ---- what comes from elsewhere ---- */

static void messages_that_cannot_be_of_this_cluster_change_nothing(void **state)
{
    (void)state;
    static struct ledger v;
    three(1);
    struct message m = {.kind = MESSAGE_CHOSEN, .from = 1, .to = 0, .value = &v};
    struct event e = {.kind = EVENT_MESSAGE, .message = &m};
    v = *lab_known();
    v.version += 100;
    m.round.ballot = (struct ballot){10000, 1, lab.node[1].incarnation};
    m.from = 3; /* nobody */
    lab_step(0, e);
    m.from = 0; /* itself */
    lab_step(0, e);
    m.from = 1;
    v.nodes = 4; /* a cluster of four */
    lab_step(0, e);
    v.nodes = 3;
    m.round.ballot.node = 3;
    lab_step(0, e);
    assert_true(lab.node[0].known.value.version < 100);
    m.round.ballot.node = 1;
    lab_step(0, e); /* now it is one of ours */
    assert_true(lab.node[0].known.value.version > 100);
}

static void a_heartbeat_that_speaks_of_strangers_is_not_heard(void **state)
{
    (void)state;
    three(0);
    struct message m = {.kind = MESSAGE_HEARTBEAT, .from = 1, .to = EVERYBODY};
    struct event e = {.kind = EVENT_MESSAGE, .message = &m};
    m.heartbeat = lab.node[0].peer[1].last;
    m.heartbeat.beat.seq += 5;
    m.heartbeat.heard |= 0x10;
    lab_step(0, e);
    m.heartbeat.heard = 0;
    m.heartbeat.linked = 0x8;
    lab_step(0, e);
    assert_int_not_equal(lab.node[0].peer[1].last.beat.seq, m.heartbeat.beat.seq);
    m.heartbeat.linked = 0;
    lab_step(0, e);
    assert_int_equal(lab.node[0].peer[1].last.beat.seq, m.heartbeat.beat.seq);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_node_alone_runs_its_guests),
        T(a_guest_that_crashes_is_started_again_under_its_claim),
        T(a_guest_that_shuts_down_stays_off_until_it_is_started),
        T(an_operator_stops_and_starts),
        T(without_a_watchdog_nothing_runs),
        T(a_restarted_relevod_leaves_the_guest_running),
        T(guests_without_the_memory_of_what_was_promised_for_them_mean_a_reset),
        T(r9_a_cold_start_waits_for_everybody),
        T(r9_or_for_the_operators_word),
        T(r9_the_word_does_not_count_against_a_node_that_speaks),
        T(r9_nor_against_one_whose_heartbeats_are_lost),
        T(r10_of_another_era_only_the_forerunner_is_learned),
        T(a_change_goes_through_a_round_message_by_message),
        T(r3_what_is_promised_or_accepted_is_journalled_before_it_is_said),
        T(a_proposer_that_dies_between_accept_and_chosen_stops_nobody),
        T(two_that_propose_at_once_both_get_through),
        T(r17_a_dead_nodes_guest_is_taken_over_after_the_wait_and_not_before),
        T(r19_or_at_once_if_the_operator_confirms_it_down),
        T(a_suspect_that_answers_again_is_a_suspect_no_more),
        T(r32_one_found_well_is_not_suspected_again_at_once),
        T(r16_a_node_cut_off_destroys_its_guests_before_others_start_them),
        T(r23_a_node_that_was_declared_dead_resets_its_host),
        T(r21_a_relevod_that_dies_after_a_release_does_not_start_the_guest_again),
        T(r25_writes_go_on_when_the_mark_is_chosen),
        T(r28_a_stale_side_does_not_take_over_until_the_operator_overrides),
        T(r27_a_resynced_side_may_take_over_again),
        T(r30_two_nodes_with_a_device_wait_for_its_answer),
        T(r30_the_device_is_not_asked_while_the_peer_is_heard),
        T(r30_the_fenced_node_comes_back_and_learns_what_happened),
        T(r30_two_nodes_without_a_device_wait_for_the_operator),
        T(r30_a_booted_node_of_two_does_not_go_on_alone),
        T(the_later_of_two_commands_counts),
        T(messages_that_cannot_be_of_this_cluster_change_nothing),
        T(a_heartbeat_that_speaks_of_strangers_is_not_heard),
    };
    return cmocka_run_group_tests_name("core_node", tests, NULL, NULL);
}
