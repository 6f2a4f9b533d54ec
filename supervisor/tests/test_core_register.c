/* The register: promises, acceptances, what is chosen, and those who forget. Nodes a, b, c are 0,
 * 1, 2; their first boots are incarnations 10, 20, 30. */
#include <string.h>

#include "core/register.h"
#include "tests/test.h"

static struct core_site site;
static uint32_t fenced[CORE_NODES];
static struct electorate voters;
static struct proposer p;
static struct acceptor acceptor;
static struct ledger value;
static struct change change;

static uint64_t first_boot(uint8_t node)
{
    return UINT64_C(10) * (node + 1u);
}

static struct ballot ballot(uint32_t number, uint8_t node)
{
    return (struct ballot){.number = number, .node = node, .incarnation = first_boot(node)};
}

/* A cluster of so many nodes whose value names the first boot of each. */
static void cluster(uint8_t nodes)
{
    site = (struct core_site){.nodes = nodes};
    memset(fenced, 0, sizeof(fenced));
    voters = (struct electorate){.site = &site, .self = 0, .fenced = fenced};
    ledger_init(&value, nodes);
    value.version = 7;
    for (uint8_t i = 0; i < nodes; i++)
        value.node[i] = (struct ledger_node){.incarnation = first_boot(i), .generation = 1};
}

static int setup(void **state)
{
    (void)state;
    cluster(3);
    memset(&acceptor, 0, sizeof(acceptor));
    acceptor.remembers = true;
    change = (struct change){
        .kind = CHANGE_DRAIN, .by = 0, .node = 2, .incarnation = 10, .generation = 1, .on = true};
    struct ballot b = ballot(5, 0);
    proposer_begin(&p, site.nodes, &b, &change, 1, 1000);
    return 0;
}

/* A promise for the proposal under way, of a node that accepted the value under that ballot. */
static struct round promise(uint8_t node, uint32_t accepted)
{
    return (struct round){.ballot = p.ballot,
                          .accepted = ballot(accepted, 0),
                          .remembers = true,
                          .incarnation = first_boot(node)};
}

static enum proposer_step promised(uint8_t node, struct round r)
{
    return proposer_promise(&p, &voters, node, &r, &value, 1000);
}

static bool accepted(uint8_t node)
{
    return proposer_accepted(&p, &voters, node, &p.ballot);
}

static void r2_a_majority_promises_a_majority_accepts_and_it_is_chosen(void **state)
{
    (void)state;
    assert_int_equal(promised(0, promise(0, 3)), PROPOSER_WAIT);
    assert_int_equal(promised(0, promise(0, 3)), PROPOSER_WAIT); /* doubled */
    assert_int_equal(promised(1, promise(1, 3)), PROPOSER_READY);
    assert_int_equal(p.value.node[2].flags, NODE_DRAINING); /* the change is made */
    assert_int_equal(p.value.version, 8);
    assert_false(accepted(0));
    assert_false(accepted(0));
    assert_true(accepted(2)); /* who need not be among those that promised */
    assert_false(accepted(1));
}

static void r2_a_minority_gets_nowhere(void **state)
{
    (void)state;
    cluster(5);
    struct ballot b = ballot(5, 0);
    proposer_begin(&p, site.nodes, &b, &change, 1, 1000);
    assert_int_equal(promised(0, promise(0, 3)), PROPOSER_WAIT);
    assert_int_equal(promised(1, promise(1, 3)), PROPOSER_WAIT);
    assert_int_equal(promised(2, promise(2, 3)), PROPOSER_READY);
    assert_false(accepted(0));
    assert_false(accepted(1));
    assert_true(accepted(4));
}

static void r2_the_highest_accepted_value_is_built_on(void **state)
{
    (void)state;
    static struct ledger older;
    struct round r = promise(1, 2);
    older = value;
    older.version = 3;
    value.version = 9;
    assert_int_equal(promised(0, promise(0, 3)), PROPOSER_WAIT);
    assert_int_equal(proposer_promise(&p, &voters, 1, &r, &older, 1000), PROPOSER_READY);
    assert_int_equal(p.value.version, 10);
    assert_int_equal(p.best.number, 3);
}

static void a_change_that_does_not_hold_leaves_the_value_as_it_was(void **state)
{
    (void)state;
    change.generation = 2;
    struct ballot b = ballot(5, 0);
    proposer_begin(&p, site.nodes, &b, &change, 1, 1000);
    promised(0, promise(0, 3));
    assert_int_equal(promised(1, promise(1, 3)), PROPOSER_READY);
    assert_int_equal(p.value.version, 7);
}

static void answers_to_another_ballot_do_not_count(void **state)
{
    (void)state;
    struct round r = promise(1, 3);
    r.ballot.number--;
    assert_int_equal(promised(0, promise(0, 3)), PROPOSER_WAIT);
    assert_int_equal(promised(1, r), PROPOSER_WAIT);
    assert_int_equal(promised(1, promise(1, 3)), PROPOSER_READY);
    struct ballot late = ballot(4, 0);
    assert_false(accepted(0));
    assert_false(proposer_accepted(&p, &voters, 1, &late));
    assert_int_equal(promised(2, promise(2, 3)), PROPOSER_WAIT); /* it is past that */
}

static void r4_ballots_of_two_proposers_or_boots_are_never_equal(void **state)
{
    (void)state;
    struct ballot a = ballot(5, 0);
    struct ballot b = ballot(5, 1);
    assert_true(ballot_compare(&a, &b) < 0);
    b = ballot(4, 1);
    assert_true(ballot_compare(&a, &b) > 0);
    b = a;
    assert_int_equal(ballot_compare(&a, &b), 0);
    b.incarnation++; /* it has rebooted, and forgotten that it used the number */
    assert_true(ballot_compare(&a, &b) < 0);
}

static void r3_a_promise_binds(void **state)
{
    (void)state;
    struct ballot five = ballot(5, 0);
    struct ballot four = ballot(4, 1);
    assert_true(acceptor_prepare(&acceptor, &five));
    assert_true(acceptor_prepare(&acceptor, &five)); /* asked again */
    assert_false(acceptor_prepare(&acceptor, &four));
    assert_false(acceptor_accept(&acceptor, &four, &value, false, 1, 20));
    assert_true(acceptor_accept(&acceptor, &five, &value, false, 1, 20));
    assert_true(acceptor_accept(&acceptor, &five, &value, false, 1, 20)); /* doubled */
    assert_int_equal(acceptor.value.version, 7);
    struct ballot nine = ballot(9, 0);
    assert_true(acceptor_accept(&acceptor, &nine, &value, false, 1, 20));
    assert_int_equal(acceptor.promised.number, 9); /* accepting promises */
    assert_false(acceptor_prepare(&acceptor, &five));
}

static void r5_who_forgot_is_not_counted_and_accepts_nothing(void **state)
{
    (void)state;
    struct ballot b = ballot(5, 0);
    struct round r = promise(1, 0);
    r.remembers = false;
    assert_int_equal(promised(0, promise(0, 3)), PROPOSER_WAIT);
    assert_int_equal(promised(1, r), PROPOSER_WAIT);
    assert_int_equal(promised(2, promise(2, 3)), PROPOSER_READY);
    assert_false(p.cold);
    acceptor.remembers = false;
    assert_false(acceptor_accept(&acceptor, &b, &value, false, 1, 20));
    assert_true(acceptor_accept(&acceptor, &b, &value, true, 1, 20)); /* a cold start */
    assert_true(acceptor.remembers);
}

static void r5_it_remembers_again_by_a_chosen_value_that_names_it(void **state)
{
    (void)state;
    struct ballot b = ballot(5, 0);
    acceptor.remembers = false;
    assert_true(acceptor_learn(&acceptor, &b, &value, 1, 21)); /* of an earlier boot */
    assert_false(acceptor.remembers);
    assert_true(acceptor_learn(&acceptor, &b, &value, 1, 20));
    assert_true(acceptor.remembers);
    assert_false(acceptor_learn(&acceptor, &b, &value, 1, 20)); /* nothing new to journal */
}

static void r6_a_promise_of_a_replaced_boot_is_void(void **state)
{
    (void)state;
    struct round r = promise(1, 3);
    r.incarnation = 21;
    assert_int_equal(promised(0, promise(0, 3)), PROPOSER_WAIT);
    assert_int_equal(promised(1, r), PROPOSER_ASK_AGAIN);
    r.replaces = 20; /* told what the value names it, it knows that one as its forerunner */
    assert_int_equal(promised(1, r), PROPOSER_READY);
    assert_int_equal(p.value.node[1].incarnation, 21); /* R7: entered, so that it may accept */
    assert_int_equal(p.value.node[1].generation, 2);
}

static void r6_nobody_is_asked_again_when_there_is_no_name_to_tell(void **state)
{
    (void)state;
    struct round r = promise(1, 3);
    r.replaces = 19;
    ledger_init(&value, 3);
    assert_int_equal(promised(1, r), PROPOSER_WAIT);
    value.node[1].incarnation = 18;
    struct ballot b = ballot(6, 0);
    proposer_begin(&p, site.nodes, &b, &change, 1, 1000);
    r.ballot = p.ballot;
    assert_int_equal(promised(1, r), PROPOSER_ASK_AGAIN);
}

static void r7_a_value_that_names_another_boot_is_not_accepted(void **state)
{
    (void)state;
    struct ballot b = ballot(5, 0);
    assert_false(acceptor_accept(&acceptor, &b, &value, false, 1, 21));
    assert_int_equal(acceptor.accepted.number, 0);
    assert_false(acceptor_accept(&acceptor, &b, &value, true, 1, 21)); /* cold or not */
}

static void r8_what_is_chosen_is_kept_and_nothing_older_after_it(void **state)
{
    (void)state;
    struct ballot nine = ballot(9, 0);
    struct ballot five = ballot(5, 0);
    assert_true(acceptor_learn(&acceptor, &nine, &value, 1, 20));
    assert_int_equal(acceptor.accepted.number, 9);
    assert_int_equal(acceptor.promised.number, 9);
    assert_true(acceptor.chosen);
    value.version = 3;
    assert_false(acceptor_learn(&acceptor, &five, &value, 1, 20));
    assert_int_equal(acceptor.value.version, 7);
}

static void r8_what_a_node_that_forgot_was_told_is_no_base(void **state)
{
    (void)state;
    static struct ledger told;
    struct round r = promise(1, 9);
    r.remembers = false;
    ledger_copy(&told, &value);
    told.version = 99;
    assert_int_equal(proposer_promise(&p, &voters, 1, &r, &told, 1000), PROPOSER_WAIT);
    assert_int_equal(p.value.version, 99); /* it may be needed for a cold start */
    assert_int_equal(promised(0, promise(0, 3)), PROPOSER_WAIT);
    assert_int_equal(p.value.version, 7);
    assert_int_equal(promised(2, promise(2, 2)), PROPOSER_READY);
    assert_int_equal(p.best.number, 3);
}

static void r31_what_is_of_another_era_is_accepted_only_as_promised(void **state)
{
    (void)state;
    struct ballot five = ballot(5, 0);
    struct ballot nine = ballot(9, 0);
    assert_true(acceptor_accept(&acceptor, &five, &value, false, 1, 20));
    value.era = 77;
    assert_true(acceptor_is_foreign(&acceptor, &value));
    assert_false(acceptor_accept(&acceptor, &nine, &value, false, 1, 20));
    assert_true(acceptor_prepare(&acceptor, &nine));
    assert_true(acceptor_accept(&acceptor, &nine, &value, false, 1, 20));
    assert_false(acceptor_is_foreign(&acceptor, &value));
}

static enum proposer_step cold_promise(uint8_t node)
{
    struct round r = {.ballot = p.ballot, .incarnation = first_boot(node)};
    return proposer_promise(&p, &voters, node, &r, NULL, 1000);
}

static void r9_when_all_forgot_all_must_answer_and_all_must_accept(void **state)
{
    (void)state;
    assert_int_equal(cold_promise(0), PROPOSER_WAIT);
    assert_int_equal(cold_promise(1), PROPOSER_WAIT);
    assert_int_equal(cold_promise(2), PROPOSER_READY);
    assert_true(p.cold);
    assert_int_equal(p.value.node[2].incarnation, 30);
    assert_int_not_equal(p.value.era, 0);
    assert_false(accepted(0));
    assert_false(accepted(1));
    assert_true(accepted(2));
}

static void r9_the_operator_may_say_who_is_down_but_a_majority_must_be_left(void **state)
{
    (void)state;
    voters.down = node_bit(1) | node_bit(2);
    assert_int_equal(cold_promise(0), PROPOSER_WAIT);
    voters.down = node_bit(2);
    assert_int_equal(cold_promise(1), PROPOSER_READY);
    assert_true(p.cold);
    assert_int_equal(p.value.node[2].flags, NODE_DEAD | NODE_FENCED);
    assert_false(accepted(0));
    assert_true(accepted(1));
}

static void r9_one_that_remembers_among_those_that_forgot_is_listened_to(void **state)
{
    (void)state;
    assert_int_equal(cold_promise(0), PROPOSER_WAIT);
    assert_int_equal(cold_promise(1), PROPOSER_WAIT);
    assert_int_equal(promised(2, promise(2, 3)), PROPOSER_READY);
    assert_true(p.cold);
    assert_true(p.value.version > 7); /* its value is the base */
}

static void r30_of_two_nodes_one_goes_on_alone_when_the_other_is_confirmed_off(void **state)
{
    (void)state;
    cluster(2);
    value.node[1].generation = 4;
    struct ballot b = ballot(5, 0);
    proposer_begin(&p, 2, &b, &change, 0, 1000);
    assert_int_equal(promised(0, promise(0, 3)), PROPOSER_WAIT);
    fenced[1] = 3; /* an earlier boot of it: proves nothing of this one */
    assert_int_equal(promised(0, promise(0, 3)), PROPOSER_WAIT);
    fenced[1] = 4;
    assert_int_equal(promised(0, promise(0, 3)), PROPOSER_READY);
    assert_true(accepted(0));
}

static void r30_nobody_of_three_goes_on_alone_whatever_is_confirmed(void **state)
{
    (void)state;
    fenced[1] = fenced[2] = 1;
    assert_int_equal(promised(0, promise(0, 3)), PROPOSER_WAIT);
}

#define T(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(r2_a_majority_promises_a_majority_accepts_and_it_is_chosen),
        T(r2_a_minority_gets_nowhere),
        T(r2_the_highest_accepted_value_is_built_on),
        T(a_change_that_does_not_hold_leaves_the_value_as_it_was),
        T(answers_to_another_ballot_do_not_count),
        T(r4_ballots_of_two_proposers_or_boots_are_never_equal),
        T(r3_a_promise_binds),
        T(r5_who_forgot_is_not_counted_and_accepts_nothing),
        T(r5_it_remembers_again_by_a_chosen_value_that_names_it),
        T(r6_a_promise_of_a_replaced_boot_is_void),
        T(r6_nobody_is_asked_again_when_there_is_no_name_to_tell),
        T(r7_a_value_that_names_another_boot_is_not_accepted),
        T(r8_what_is_chosen_is_kept_and_nothing_older_after_it),
        T(r8_what_a_node_that_forgot_was_told_is_no_base),
        T(r31_what_is_of_another_era_is_accepted_only_as_promised),
        T(r9_when_all_forgot_all_must_answer_and_all_must_accept),
        T(r9_the_operator_may_say_who_is_down_but_a_majority_must_be_left),
        T(r9_one_that_remembers_among_those_that_forgot_is_listened_to),
        T(r30_of_two_nodes_one_goes_on_alone_when_the_other_is_confirmed_off),
        T(r30_nobody_of_three_goes_on_alone_whatever_is_confirmed),
    };
    return cmocka_run_group_tests_name("core_register", tests, NULL, NULL);
}
