/* Messages between relevod and its transport role: what is cut, long or out of range is refused. */
#include <string.h>

#include "cluster/wire.h"
#include "tests/test.h"

static void a_packet_has_at_least_a_byte_and_at_most_a_full_ledger(void **state)
{
    (void)state;
    static struct wire_packet p;
    p.type = WIRE_SEND;
    assert_false(wire_ok(&p, wire_packet_size(0), WIRE_SEND));
    assert_true(wire_ok(&p, wire_packet_size(1), WIRE_SEND));
    assert_true(wire_ok(&p, wire_packet_size(CODEC_MESSAGE_MAX), WIRE_SEND));
    assert_false(wire_ok(&p, wire_packet_size(CODEC_MESSAGE_MAX) + 1, WIRE_SEND));
    assert_false(wire_ok(&p, wire_packet_size(1), WIRE_HEARD));
    assert_false(wire_ok(&p, 3, WIRE_SEND));
    p.kind = WIRE_CARD;
    assert_true(wire_ok(&p, wire_packet_size(1), WIRE_SEND));
    p.kind = WIRE_KINDS;
    assert_false(wire_ok(&p, wire_packet_size(1), WIRE_SEND));
}

static void a_view_is_whole(void **state)
{
    (void)state;
    struct wire_view v;
    memset(&v, 0, sizeof v);
    v.type = WIRE_VIEW;
    assert_true(wire_ok(&v, sizeof v, WIRE_VIEW));
    assert_false(wire_ok(&v, sizeof v - 1, WIRE_VIEW));
    memset(&v.quorate, 7, 1);
    assert_false(wire_ok(&v, sizeof v, WIRE_VIEW));
}

static void a_configuration_names_a_node(void **state)
{
    (void)state;
    struct wire_config c;
    memset(&c, 0, sizeof c);
    c.type = WIRE_CONFIG;
    c.self = CORE_NODES - 1;
    assert_true(wire_ok(&c, sizeof c, WIRE_CONFIG));
    c.self = CORE_NODES;
    assert_false(wire_ok(&c, sizeof c, WIRE_CONFIG));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_has_at_least_a_byte_and_at_most_a_full_ledger),
        cmocka_unit_test(a_view_is_whole),
        cmocka_unit_test(a_configuration_names_a_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
