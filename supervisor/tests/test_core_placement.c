/* Where guests run: what each rule of placement does when it is the only one that matters. Nodes
 * are 0, 1, 2; guests' home is 0, then 1, then 2. */
#include "tests/core_lab.h"

static void begin(uint16_t guests)
{
    lab_begin(3, guests);
}

static void up(void)
{
    lab_boot_all();
    lab_beats(20);
}

static void dies(uint8_t node)
{
    lab_off(node);
    lab_beats(40);
}

static void home_first_then_peers_in_their_order(void **state)
{
    (void)state;
    begin(2);
    lab.site.guest[1].peer[0] = 2;
    lab.site.guest[1].peer[1] = 1;
    up();
    assert_int_equal(lab_where(0), 0);
    assert_int_equal(lab_where(1), 0);
    dies(0);
    assert_int_equal(lab_where(0), 1);
    assert_int_equal(lab_where(1), 2);
}

static void the_second_peer_when_the_first_is_dead_as_well(void **state)
{
    (void)state;
    lab_begin(5, 1);
    lab.site.guest[0].peers = 2;
    lab_boot_all();
    lab_beats(20);
    dies(0);
    assert_int_equal(lab_where(0), 1);
    dies(1);
    assert_int_equal(lab_where(0), 2);
    assert_int_equal(lab_entry(0)->epoch, 3);
}

static void nobody_but_home_and_peers(void **state)
{
    (void)state;
    begin(1);
    lab.site.guest[0].peers = 1;
    up();
    dies(0);
    assert_int_equal(lab_where(0), 1);
    lab_boot(0);
    lab_beats(30);
    lab_drain(0, true);
    lab_beats(10);
    dies(1);
    assert_int_equal(lab_where(0), NO_NODE); /* rather than on the third */
    lab_drain(0, false);
    lab_until(0, 0, 20);
}

static void no_guest_on_a_witness(void **state)
{
    (void)state;
    begin(1);
    lab.site.node[1].witness = true;
    up();
    dies(0);
    assert_int_equal(lab_where(0), 2);
}

static void the_higher_priority_gets_the_memory(void **state)
{
    (void)state;
    begin(2);
    for (uint8_t i = 0; i < 3; i++)
        lab.site.node[i].memory_mib = 1000;
    for (int g = 0; g < 2; g++) {
        lab.site.guest[g].memory_mib = 600;
        lab.site.guest[g].peers = 0;
    }
    lab.site.guest[1].priority = 5;
    up();
    assert_int_equal(lab_where(0), NO_NODE);
    assert_int_equal(lab_where(1), 0);
}

/* Two nodes of 1000 MiB; the first guest's dies, and the others fill the second. */
static void crowd(int16_t second, int16_t third)
{
    begin(3);
    lab.site.node[2].witness = true;
    for (int g = 0; g < 3; g++) {
        lab.site.guest[g].home = g == 0 ? 0 : 1;
        lab.site.guest[g].peers = g == 0 ? 1 : 0;
        lab.site.guest[g].memory_mib = g == 0 ? 600 : 500;
    }
    lab.site.guest[0].priority = 5;
    lab.site.guest[1].priority = second;
    lab.site.guest[2].priority = third;
    for (uint8_t i = 0; i < 2; i++)
        lab.site.node[i].memory_mib = 1000;
    up();
    assert_int_equal(lab_where(1), 1);
    assert_int_equal(lab_where(2), 1);
    dies(0);
    lab_beats(20);
}

static void all_of_lower_priority_give_way_if_it_takes_all(void **state)
{
    (void)state;
    crowd(4, 3);
    assert_int_equal(lab_where(0), 1);
    assert_int_equal(lab_where(1), NO_NODE);
    assert_int_equal(lab_where(2), NO_NODE);
    lab_beats(40); /* and are not asked back */
    assert_int_equal(lab_entry(1)->epoch, 1);
}

static void nobody_gives_way_if_that_would_not_be_enough(void **state)
{
    (void)state;
    crowd(5, 3); /* one of equal priority stays */
    assert_int_equal(lab_where(0), NO_NODE);
    assert_int_equal(lab_where(1), 1);
    assert_int_equal(lab_where(2), 1);
}

static void memory_to_the_last_mebibyte_and_not_one_more(void **state)
{
    (void)state;
    begin(3);
    lab.site.node[0].memory_mib = 1000;
    lab.site.node[1].memory_mib = 1000;
    lab.site.guest[0].memory_mib = 400;
    lab.site.guest[1].memory_mib = 600;
    lab.site.guest[2].memory_mib = 1;
    up();
    assert_int_equal(lab_where(0), 0);
    assert_int_equal(lab_where(1), 0);
    assert_int_equal(lab_where(2), 1);
}

static void apart_means_never_on_one_node(void **state)
{
    (void)state;
    begin(3);
    for (int g = 0; g < 3; g++)
        lab.site.guest[g].apart = 1;
    up();
    for (uint8_t g = 0; g < 3; g++)
        assert_int_equal(lab_where(g), g);
    dies(0);
    assert_int_equal(lab_where(0), NO_NODE); /* rather than beside another */
}

static void together_means_always_on_one_node(void **state)
{
    (void)state;
    begin(2);
    lab.site.guest[0].together = lab.site.guest[1].together = 1;
    lab.site.guest[1].home = 1; /* though they would rather be on two */
    lab.site.guest[1].peer[0] = 0;
    up();
    for (int k = 0; k < 2; k++) {
        assert_int_not_equal(lab_where(0), NO_NODE);
        assert_int_equal(lab_where(1), lab_where(0));
        dies(lab_where(0));
    }
}

static void together_is_kept_when_the_node_drains(void **state)
{
    (void)state;
    begin(2);
    lab.site.guest[0].together = lab.site.guest[1].together = 1;
    up();
    lab_drain(0, true);
    lab_beats(40);
    assert_int_equal(lab_where(0), 1);
    assert_int_equal(lab_where(1), 1);
}

static void together_they_go_where_there_is_room_for_both(void **state)
{
    (void)state;
    begin(2);
    for (int g = 0; g < 2; g++) {
        lab.site.guest[g].together = 1;
        lab.site.guest[g].memory_mib = 600;
    }
    lab.site.node[1].memory_mib = 1000;
    up();
    lab_drain(0, true);
    lab_beats(40);
    assert_int_equal(lab_where(0), 2);
    assert_int_equal(lab_where(1), 2);
}

static void together_they_meet_again_where_one_of_them_is(void **state)
{
    (void)state;
    begin(2);
    for (int g = 0; g < 2; g++) {
        lab.site.guest[g].together = 1;
        lab.site.guest[g].memory_mib = 600;
        lab.site.guest[g].live = true;
    }
    lab.site.node[1].memory_mib = lab.site.node[2].memory_mib = 1000;
    up();
    lab_drain(0, true);
    lab_beats(40);
    lab.site.node[0].memory_mib = 1000;
    lab_drain(0, false);
    lab_beats(40);
    assert_int_equal(lab_where(0), 1); /* there was room for one of them only, */
    assert_int_equal(lab_where(1), 0);
    lab.site.node[1].memory_mib = 1200; /* until now */
    lab_beats(20);
    assert_int_equal(lab_where(0), 1);
    assert_int_equal(lab_where(1), 1);
    assert_int_equal(lab.acts[1][ACT_STOP], 0);
}

static void together_none_goes_where_another_may_not(void **state)
{
    (void)state;
    begin(2);
    lab.site.guest[0].together = lab.site.guest[1].together = 1;
    lab.site.guest[1].peers = 1;
    lab.site.guest[1].peer[0] = 2;
    up();
    lab_drain(0, true);
    lab_beats(40);
    assert_int_equal(lab_where(0), 2);
    assert_int_equal(lab_where(1), 2);
}

/* The second guest is started when the first runs, wherever that is. */
static void after_waits_for_the_other(void **state)
{
    (void)state;
    begin(2);
    lab.site.guest[0].home = 1;
    lab.site.guest[1].afters = 1;
    lab.site.guest[1].after[0] = 0;
    lab.fail[0] = 4;
    up();
    for (int k = 0; k < 60 && lab_where(0) == NO_NODE; k++) {
        assert_int_equal(lab.started[0][1], 0);
        lab_beats(1);
    }
    assert_int_equal(lab_where(0), 1);
    lab_until(1, 0, 4);
}

static void after_waits_neither_for_a_stopped_guest_nor_for_ever(void **state)
{
    (void)state;
    begin(2);
    lab.site.guest[1].afters = 1;
    lab.site.guest[0].peers = 0;
    struct event broken = {.kind = EVENT_DEVICES, .index = 0};
    lab_boot_all();
    lab_step(0, broken);
    lab_beats(60);
    assert_int_equal(lab.started[0][1], 0);
    lab_beats(120); /* a minute later it is started all the same */
    assert_int_equal(lab_where(1), 0);

    begin(2);
    lab.site.guest[1].afters = 1;
    up();
    lab_run(0, false);
    lab_until(0, NO_NODE, 6);
    lab_end(1, GUEST_END_REBOOT);
    lab_until(1, 0, 4);
}

static void a_draining_node_gives_its_guests_away_and_takes_none(void **state)
{
    (void)state;
    begin(2);
    lab.site.guest[1].live = true;
    up();
    lab_drain(0, true);
    lab_beats(40);
    assert_int_equal(lab_where(0), 1); /* stopped, and started there */
    assert_int_equal(lab_where(1), 1); /* migrated */
    assert_int_equal(lab.acts[0][ACT_STOP], 1);
    assert_int_equal(lab.acts[0][ACT_MIGRATE], 1);
    assert_int_not_equal(lab_entry(1)->flags & GUEST_HANDED, 0);
    dies(1);
    assert_int_equal(lab_where(0), 2);
    lab_drain(0, false);
    lab_beats(100);
    assert_int_equal(lab_where(0), 2);
}

static void a_leaving_node_stops_what_runs_and_gives_all_away(void **state)
{
    (void)state;
    begin(2);
    lab.site.guest[0].peers = 0; /* nobody else may run it */
    lab.site.guest[1].live = true;
    up();
    lab_step(0, (struct event){.kind = EVENT_LEAVE});
    lab_beats(10);
    assert_int_equal(lab_where(0), NO_NODE);
    assert_int_equal(lab_entry(0)->flags, 0); /* released, and still wanted */
    assert_int_equal(lab_where(1), 1);
    assert_int_equal(lab.acts[0][ACT_STOP], 2);
    lab_boot(0); /* back again: nothing of it is left in the ledger */
    lab_until(0, 0, 40);
    assert_int_equal(lab_where(1), 1);
}

static void failback_is_manual_unless_it_is_asked_for(void **state)
{
    (void)state;
    begin(2);
    lab.site.guest[1].failback = true;
    up();
    dies(0);
    assert_int_equal(lab_where(0), 1);
    assert_int_equal(lab_where(1), 1);
    lab_boot(0);
    uint64_t settled = lab.now + lab.site.timing.settle;
    while (lab.now < settled) {
        lab_beats(1);
        assert_int_equal(lab_where(1), 1); /* its home has not been well for long enough */
    }
    lab_until(1, 0, 40);
    lab_beats(100);
    assert_int_equal(lab_where(0), 1);
    lab_move(0, 0);
    lab_until(0, 0, 20);
}

static void an_operator_moves_a_guest_and_it_stays(void **state)
{
    (void)state;
    begin(1);
    lab.site.guest[0].live = true;
    up();
    lab_move(0, 2);
    lab_until(0, 2, 20);
    assert_int_equal(lab.acts[0][ACT_MIGRATE], 1);
    assert_int_equal(lab.started[2][0], 1);
    lab_beats(200);
    assert_int_equal(lab_where(0), 2);
}

static void r35_a_guest_whose_node_reboots_comes_back_there_and_not_at_home(void **state)
{
    (void)state;
    begin(1);
    up();
    lab_move(0, 1);
    lab_until(0, 1, 20);
    lab_off(1);
    lab_boot(1);
    lab_until(0, 1, 40);
    assert_int_equal(lab.started[0][0], 1); /* only at first */
    assert_int_equal(lab.started[1][0], 2);
}

static void a_move_to_where_it_does_not_fit_is_dropped(void **state)
{
    (void)state;
    begin(1);
    lab.site.guest[0].memory_mib = 600;
    lab.site.node[2].memory_mib = 500;
    up();
    lab_move(0, 2);
    lab_beats(20);
    assert_int_equal(lab_where(0), 0);
    assert_int_equal(lab_entry(0)->goal, NO_NODE);
}

static void what_fails_again_and_again_is_handed_to_a_peer(void **state)
{
    (void)state;
    begin(1);
    up();
    lab.fail[0] = 8;
    lab_end(0, GUEST_END_CRASH);
    lab_until(0, 1, 2000);
    assert_int_equal(lab.started[0][0], 9); /* once, and eight times again */
    assert_string_equal(lab.report, "ends again and again, given up on this node");
    dies(1);
    assert_int_equal(lab_where(0), 2); /* the home has given it up */
}

static void a_guest_that_no_node_can_start_comes_back_by_a_command(void **state)
{
    (void)state;
    begin(1);
    lab.site.guest[0].peers = 0;
    up();
    lab.fail[0] = 8;
    lab_end(0, GUEST_END_CRASH);
    lab_beats(400);
    assert_int_equal(lab_where(0), NO_NODE);
    lab_run(0, true);
    lab_until(0, 0, 10);
}

static void a_node_without_the_disks_gives_the_guest_to_one_that_has_them(void **state)
{
    (void)state;
    struct event broken = {.kind = EVENT_DEVICES, .index = 0};
    begin(1);
    up();
    lab_step(0, broken);
    lab_until(0, 1, 20);
}

/* Node 0, its home, says that the copy of node 1 is current; node 1 may say the same of it. */
static void one_side_is_vouched_for(void)
{
    struct event synced = {.kind = EVENT_MIRROR_SYNCED};
    begin(1);
    lab.site.mirrors = 1;
    lab.site.mirror[0] = (struct site_mirror){.id = 7, .node = {0, 1}};
    lab.site.guest[0].mirrors = 1;
    lab.site.guest[0].peers = 1;
    up();
    lab_step(0, synced);
}

static void r34_home_is_waited_for_while_the_other_side_alone_is_current(void **state)
{
    (void)state;
    struct event synced = {.kind = EVENT_MIRROR_SYNCED};
    one_side_is_vouched_for();
    lab_beats(2);
    assert_int_equal(lab_where(0), NO_NODE);
    lab_step(1, synced);
    lab_until(0, 0, 10);

    one_side_is_vouched_for(); /* but not for long */
    lab_until(0, 1, 10);
}

static void a_node_that_lacks_the_guest_is_not_given_it(void **state)
{
    (void)state;
    struct event lacks = {.kind = EVENT_LACKS, .node = 2, .index = 0, .on = true};
    begin(1);
    lab.site.guest[0].home = 1;
    lab.site.guest[0].peer[0] = 2;
    lab.site.guest[0].peer[1] = 0;
    up();
    assert_int_equal(lab_where(0), 1);
    lab_step(0, lacks); /* who leads has been told */
    lab_off(1);
    lab_until(0, 0, 80);
}

static void it_keeps_it_where_no_other_node_has_them(void **state)
{
    (void)state;
    struct event broken = {.kind = EVENT_DEVICES, .index = 0};
    begin(1);
    up();
    lab_step(1, broken);
    lab_step(2, broken);
    lab_beats(5); /* heartbeats tell of it */
    lab_step(0, broken);
    lab_beats(20);
    assert_int_equal(lab_where(0), 0);
    assert_int_equal(lab_entry(0)->epoch, 1);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(home_first_then_peers_in_their_order),
        T(the_second_peer_when_the_first_is_dead_as_well),
        T(nobody_but_home_and_peers),
        T(no_guest_on_a_witness),
        T(the_higher_priority_gets_the_memory),
        T(all_of_lower_priority_give_way_if_it_takes_all),
        T(nobody_gives_way_if_that_would_not_be_enough),
        T(memory_to_the_last_mebibyte_and_not_one_more),
        T(apart_means_never_on_one_node),
        T(together_means_always_on_one_node),
        T(together_is_kept_when_the_node_drains),
        T(together_they_go_where_there_is_room_for_both),
        T(together_they_meet_again_where_one_of_them_is),
        T(together_none_goes_where_another_may_not),
        T(after_waits_for_the_other),
        T(after_waits_neither_for_a_stopped_guest_nor_for_ever),
        T(a_draining_node_gives_its_guests_away_and_takes_none),
        T(a_leaving_node_stops_what_runs_and_gives_all_away),
        T(failback_is_manual_unless_it_is_asked_for),
        T(an_operator_moves_a_guest_and_it_stays),
        T(r35_a_guest_whose_node_reboots_comes_back_there_and_not_at_home),
        T(a_move_to_where_it_does_not_fit_is_dropped),
        T(what_fails_again_and_again_is_handed_to_a_peer),
        T(a_guest_that_no_node_can_start_comes_back_by_a_command),
        T(a_node_without_the_disks_gives_the_guest_to_one_that_has_them),
        T(it_keeps_it_where_no_other_node_has_them),
        T(a_node_that_lacks_the_guest_is_not_given_it),
        T(r34_home_is_waited_for_while_the_other_side_alone_is_current),
    };
    return cmocka_run_group_tests_name("core_placement", tests, NULL, NULL);
}
