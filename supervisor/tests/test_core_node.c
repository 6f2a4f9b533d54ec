/* Whole nodes: one alone, its operator, and what a node makes of strange messages. */
#include <string.h>

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

/* Guests run, or have never run: the ledger names this incarnation, and counts its promises. */
static void r3_a_relevod_without_its_memory_resets_the_host(void **state)
{
    (void)state;
    for (int guests = 1; guests >= 0; guests--) {
        lab_begin(1, (uint16_t)guests);
        lab_boot(0);
        lab_beats(6);
        uint32_t journalled = lab.acts[0][ACT_JOURNAL];
        memset(&lab.memory[0], 0, sizeof(lab.memory[0])); /* /run is lost, or another node's */
        lab_restart(0);
        assert_int_equal(lab.acts[0][ACT_RESET], 1);
        assert_int_equal(lab.acts[0][ACT_JOURNAL], journalled);
        assert_string_equal(lab.report, "what this node has promised is lost: resetting the host");
    }
}

static void r21_a_relevod_that_dies_after_a_release_does_not_start_the_guest_again(void **state)
{
    (void)state;
    lab_three(1);
    lab.lost = node_bit(1) | node_bit(2); /* nothing gets chosen meanwhile */
    lab_end(0, GUEST_END_POWEROFF);
    lab_restart(0);
    lab.lost = 0;
    lab_beats(30);
    assert_int_equal(lab.started[0][0], 1);
    assert_int_not_equal(lab_entry(0)->flags & GUEST_STOPPED, 0);
}

static void the_later_of_two_commands_counts(void **state)
{
    (void)state;
    lab_three(1);
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
    lab_three(1);
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
    lab_three(0);
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
        T(r3_a_relevod_without_its_memory_resets_the_host),
        T(r21_a_relevod_that_dies_after_a_release_does_not_start_the_guest_again),
        T(the_later_of_two_commands_counts),
        T(messages_that_cannot_be_of_this_cluster_change_nothing),
        T(a_heartbeat_that_speaks_of_strangers_is_not_heard),
    };
    return cmocka_run_group_tests_name("core_node", tests, NULL, NULL);
}
