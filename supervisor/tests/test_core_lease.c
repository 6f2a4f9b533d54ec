#include <string.h>

#include "core/lease.h"
#include "tests/test.h"

static const struct timing timing = {.lease = 3000, .beat = 500};
static struct lease lease;
static struct acceptor acceptor;

static int setup(void **state)
{
    (void)state;
    memset(&lease, 0, sizeof(lease));
    memset(&acceptor, 0, sizeof(acceptor));
    return 0;
}

static void r11_proof_is_as_old_as_the_sending(void **state)
{
    (void)state;
    uint32_t seq = lease_send(&lease, 1000);
    lease_echo(&lease, 0, seq, 2, 1000);
    assert_false(lease_valid(&lease, &timing, 1000)); /* one of two votes */
    lease_echo(&lease, 1, seq, 2, 3500);
    assert_true(lease_valid(&lease, &timing, 3999));
    assert_false(lease_valid(&lease, &timing, 4000));
}

static void r15_a_lease_that_ends_within_a_heartbeat_does_not_last(void **state)
{
    (void)state;
    lease_echo(&lease, 0, lease_send(&lease, 1000), 1, 1000);
    assert_true(lease_lasts(&lease, &timing, 3499));
    assert_false(lease_lasts(&lease, &timing, 3500));
    assert_true(lease_valid(&lease, &timing, 3500));
}

static void r11_different_echoes_prove_the_older_heartbeat(void **state)
{
    (void)state;
    uint32_t first = lease_send(&lease, 1000);
    uint32_t second = lease_send(&lease, 1500);
    lease_echo(&lease, 1, second, 2, 1600);
    lease_echo(&lease, 2, first, 2, 1700);
    assert_true(lease_valid(&lease, &timing, 3999));
    assert_false(lease_valid(&lease, &timing, 4000));
    lease_echo(&lease, 1, second, 2, 5000); /* doubled: nothing new */
    assert_false(lease_valid(&lease, &timing, 5000));
}

static void what_was_never_sent_or_long_ago_proves_nothing(void **state)
{
    (void)state;
    lease_echo(&lease, 1, 1, 1, 1000);
    lease_echo(&lease, 1, 0, 1, 1000);
    assert_false(lease.proven);
    for (int i = 0; i <= LEASE_BEATS; i++)
        lease_send(&lease, 1000u + (unsigned)i);
    lease_echo(&lease, 1, 1, 1, 2000); /* its place has been used again */
    assert_false(lease.proven);
    lease_echo(&lease, 1, 2, 1, 2000);
    assert_true(lease.proven);
    assert_int_equal(lease.proof, 1001);
}

static void r12_only_a_named_living_unsuspected_incarnation_is_echoed(void **state)
{
    (void)state;
    acceptor.remembers = true;
    acceptor.value.node[1].incarnation = 7;
    assert_true(lease_may_echo(&acceptor, 1, 7));
    assert_false(lease_may_echo(&acceptor, 1, 8));
    acceptor.remembers = false;
    assert_false(lease_may_echo(&acceptor, 1, 7));
}

/* A value of two nodes is accepted under that ballot; in it, node 1 is under suspicion or not. */
static void accept_value(uint32_t number, uint32_t suspicion, uint8_t flags)
{
    static struct ledger value;
    struct ballot b = {.number = number};
    value.nodes = 2;
    value.node[0].incarnation = 6;
    value.node[1] = (struct ledger_node){.incarnation = 7, .suspicion = suspicion, .flags = flags};
    assert_true(acceptor_accept(&acceptor, &b, &value, false, 0, 6));
}

static void chosen(uint32_t number)
{
    struct ballot b = {.number = number};
    struct ledger value = acceptor.value;
    assert_true(acceptor_learn(&acceptor, &b, &value, 0, 6));
}

static void r12_a_suspect_is_echoed_again_when_its_end_is_known_to_be_chosen(void **state)
{
    (void)state;
    acceptor.remembers = true;
    accept_value(1, 0, 0);
    assert_true(lease_may_echo(&acceptor, 1, 7));
    accept_value(2, 3, 0);
    assert_false(lease_may_echo(&acceptor, 1, 7));
    accept_value(3, 0, 0); /* lifted, but perhaps nobody else has accepted that */
    assert_false(lease_may_echo(&acceptor, 1, 7));
    chosen(3);
    assert_true(lease_may_echo(&acceptor, 1, 7));
    accept_value(4, 0, NODE_DEAD);
    assert_false(lease_may_echo(&acceptor, 1, 7));
}

static void of_two_nodes_ones_own_echo_is_enough(void **state)
{
    (void)state;
    struct core_site s = {.nodes = 1};
    static const int votes[] = {1, 1, 2, 3, 3};
    for (; s.nodes <= 5; s.nodes++)
        assert_int_equal(lease_votes(&s), votes[s.nodes - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(r11_proof_is_as_old_as_the_sending, setup),
        cmocka_unit_test_setup(r15_a_lease_that_ends_within_a_heartbeat_does_not_last, setup),
        cmocka_unit_test_setup(r11_different_echoes_prove_the_older_heartbeat, setup),
        cmocka_unit_test_setup(what_was_never_sent_or_long_ago_proves_nothing, setup),
        cmocka_unit_test_setup(r12_only_a_named_living_unsuspected_incarnation_is_echoed, setup),
        cmocka_unit_test_setup(r12_a_suspect_is_echoed_again_when_its_end_is_known_to_be_chosen,
                               setup),
        cmocka_unit_test_setup(of_two_nodes_ones_own_echo_is_enough, setup),
    };
    return cmocka_run_group_tests_name("core_lease", tests, NULL, NULL);
}
