#include <string.h>

#include "core/codec.h"
#include "tests/test.h"

static uint8_t bytes[CODEC_MEMORY_MAX];
static struct message back;
static struct ledger value;
static struct memory memory;
static struct memory memory_back;

static size_t chosen(void)
{
    static struct ledger v;
    ledger_init(&v, 3);
    v.version = 7;
    v.guests = 1;
    v.guest[0] = (struct ledger_guest){.id = 9, .owner = 2, .goal = NO_NODE, .flags = GUEST_OWNED};
    struct message m = {.kind = MESSAGE_CHOSEN, .from = 1, .to = EVERYBODY, .value = &v};
    m.round.ballot = (struct ballot){.number = 5, .node = 1, .incarnation = 77};
    return codec_encode_message(&m, bytes, sizeof(bytes));
}

static void a_message_comes_back_as_it_was(void **state)
{
    (void)state;
    size_t n = chosen();
    assert_null(codec_decode_message(bytes, n, &back, &value));
    assert_int_equal(back.kind, MESSAGE_CHOSEN);
    assert_int_equal(back.round.ballot.incarnation, 77);
    assert_ptr_equal(back.value, &value);
    assert_int_equal(value.guest[0].owner, 2);
    assert_int_equal(value.version, 7);
}

/* Bit by bit, as the polynomial says. */
static void the_checksum_is_that_of_zlib(void **state)
{
    (void)state;
    size_t n = chosen() - 4;
    uint32_t crc = UINT32_MAX;
    uint32_t written = 0;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (UINT32_C(0xEDB88320) & (0u - (crc & 1)));
    }
    memcpy(&written, bytes + n, sizeof(written));
    assert_int_equal(written, ~crc);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    size_t n = chosen();
    for (size_t i = 0; i < n; i++)
        assert_non_null(codec_decode_message(bytes, i, &back, &value));
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    size_t n = chosen();
    for (size_t i = 0; i < 8 * n; i++) {
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_non_null(codec_decode_message(bytes, n, &back, &value));
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    assert_null(codec_decode_message(bytes, n, &back, &value));
}

static void a_message_twice_in_one_is_refused(void **state)
{
    (void)state;
    size_t n = chosen();
    memcpy(bytes + n, bytes, n);
    assert_non_null(codec_decode_message(bytes, 2 * n, &back, &value));
}

static void another_version_and_another_thing_are_refused_by_name(void **state)
{
    (void)state;
    size_t n = chosen();
    assert_string_equal(codec_decode_memory(bytes, n, &memory_back),
                        "something else than expected");
    bytes[4]++;
    assert_string_equal(codec_decode_message(bytes, n, &back, &value), "of another version");
    bytes[0]++;
    assert_string_equal(codec_decode_message(bytes, n, &back, &value), "not ours");
}

static void the_largest_message_and_memory_fit_and_one_byte_less_does_not(void **state)
{
    (void)state;
    memset(&memory, 0, sizeof(memory));
    memory.nodes = CORE_NODES;
    for (int i = 0; i < CORE_GUESTS; i++)
        memory.acceptor.value.guest[i].id = memory.acceptor.value.mirror[i].id = 1u + (unsigned)i;
    struct ledger *v = &memory.acceptor.value;
    v->nodes = CORE_NODES;
    v->guests = CORE_GUESTS;
    v->mirrors = CORE_MIRRORS;
    struct message m = {.kind = MESSAGE_ACCEPT, .from = 1, .to = EVERYBODY, .value = v};
    size_t n = codec_encode_message(&m, bytes, CODEC_MESSAGE_MAX);
    assert_int_not_equal(n, 0);
    assert_int_equal(codec_encode_message(&m, bytes, n), n);
    assert_int_equal(codec_encode_message(&m, bytes, n - 1), 0);
    n = codec_encode_memory(&memory, bytes, CODEC_MEMORY_MAX);
    assert_int_not_equal(n, 0);
    assert_null(codec_decode_memory(bytes, n, &memory_back));
    v->guests++;
    n = codec_encode_memory(&memory, bytes, sizeof(bytes));
    assert_int_equal(n, 0);
}

static void what_does_not_belong_together_is_refused(void **state)
{
    (void)state;
    struct message m = {.kind = MESSAGE_ACCEPT, .from = 1, .to = EVERYBODY};
    assert_int_equal(codec_encode_message(&m, bytes, sizeof(bytes)), 0); /* no value */
    m.kind = MESSAGE_REQUEST;
    m.request.changes = REQUEST_CHANGES + 1;
    assert_int_equal(codec_encode_message(&m, bytes, sizeof(bytes)), 0);
    m.request.changes = 257;
    assert_int_equal(codec_encode_message(&m, bytes, sizeof(bytes)), 0);
    memset(&memory, 0, sizeof(memory));
    memory.nodes = memory.acceptor.value.nodes = 3;
    memory.acceptor.value.guests = 2; /* both with id 0 */
    assert_int_equal(codec_encode_memory(&memory, bytes, sizeof(bytes)), 0);
}

static void who_is_beyond_the_number_of_nodes_is_refused(void **state)
{
    (void)state;
    static struct ledger v;
    ledger_init(&v, 3);
    struct message m = {.kind = MESSAGE_CHOSEN, .from = 2, .to = EVERYBODY, .value = &v};
    assert_int_not_equal(codec_encode_message(&m, bytes, sizeof(bytes)), 0);
    m.from = 3;
    assert_int_equal(codec_encode_message(&m, bytes, sizeof(bytes)), 0);

    memset(&memory, 0, sizeof(memory));
    memory.nodes = memory.acceptor.value.nodes = 3;
    memory.acceptor.promised.number = memory.acceptor.promised.node = 2;
    memory.left[0].epoch = 1;
    memory.left[0].to = 2;
    assert_int_not_equal(codec_encode_memory(&memory, bytes, sizeof(bytes)), 0);
    memory.acceptor.promised.node = 3;
    assert_int_equal(codec_encode_memory(&memory, bytes, sizeof(bytes)), 0);
    memory.acceptor.promised.node = 2;
    memory.left[0].to = 3;
    assert_int_equal(codec_encode_memory(&memory, bytes, sizeof(bytes)), 0);
    memory.left[0].to = NO_NODE;
    assert_int_not_equal(codec_encode_memory(&memory, bytes, sizeof(bytes)), 0);
    memory.acceptor.withheld = node_bit(2);
    assert_int_not_equal(codec_encode_memory(&memory, bytes, sizeof(bytes)), 0);
    memory.acceptor.withheld = node_bit(3);
    assert_int_equal(codec_encode_memory(&memory, bytes, sizeof(bytes)), 0);
    memory.nodes = 200; /* whatever stands there */
    assert_int_equal(codec_encode_memory(&memory, bytes, sizeof(bytes)), 0);
}

static void a_memory_comes_back_field_by_field(void **state)
{
    (void)state;
    memset(&memory, 0, sizeof(memory));
    memory.self = 2;
    memory.nodes = memory.acceptor.value.nodes = 3;
    memory.cluster = 11;
    memory.life = 12;
    memory.marks = 13;
    memory.armed = true;
    memory.left[255].id = 14;
    memory.left[255].epoch = 15;
    memory.left[255].to = 1;
    memory.left[255].stopped = true;
    memory.acceptor.promised = (struct ballot){17, 1, 18};
    memory.acceptor.accepted = (struct ballot){16, 2, 19};
    memory.acceptor.remembers = memory.acceptor.chosen = true;
    memory.acceptor.value.era = 20;
    size_t n = codec_encode_memory(&memory, bytes, sizeof(bytes));
    assert_null(codec_decode_memory(bytes, n, &memory_back));
    assert_int_equal(memory_back.self, 2);
    assert_int_equal(memory_back.cluster, 11);
    assert_int_equal(memory_back.life, 12);
    assert_int_equal(memory_back.marks, 13);
    assert_true(memory_back.armed && memory_back.left[255].stopped);
    assert_int_equal(memory_back.left[255].id, 14);
    assert_int_equal(memory_back.left[255].epoch, 15);
    assert_int_equal(memory_back.left[255].to, 1);
    assert_int_equal(memory_back.acceptor.promised.incarnation, 18);
    assert_int_equal(memory_back.acceptor.accepted.number, 16);
    assert_true(memory_back.acceptor.remembers && memory_back.acceptor.chosen);
    assert_int_equal(memory_back.acceptor.value.era, 20);
}

static struct core_site three = {.cluster = 1, .nodes = 3};
static struct node node;
static struct actions out;

static void another_nodes_memory_is_as_good_as_none(void **state)
{
    (void)state;
    memset(&memory, 0, sizeof(memory));
    memory.self = 1;
    memory.nodes = memory.acceptor.value.nodes = 3;
    memory.cluster = 1;
    memory.acceptor.remembers = true;
    memory.acceptor.promised.number = 9;
    struct boot boot = {.site = &three, .self = 1, .incarnation = 5, .first = true};
    boot.memory = &memory;
    node_init(&node, &boot, 0, &out);
    assert_true(node.memory.acceptor.remembers);
    boot.self = 2; /* the stick was moved */
    node_init(&node, &boot, 0, &out);
    assert_false(node.memory.acceptor.remembers);
    assert_int_equal(node.memory.acceptor.promised.number, 0);
    boot.self = 1;
    memory.cluster = 2;
    node_init(&node, &boot, 0, &out);
    assert_false(node.memory.acceptor.remembers);
    memory.cluster = 1;
    memory.nodes = 4;
    node_init(&node, &boot, 0, &out);
    assert_false(node.memory.acceptor.remembers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_comes_back_as_it_was),
        cmocka_unit_test(the_checksum_is_that_of_zlib),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(a_message_twice_in_one_is_refused),
        cmocka_unit_test(another_version_and_another_thing_are_refused_by_name),
        cmocka_unit_test(what_does_not_belong_together_is_refused),
        cmocka_unit_test(who_is_beyond_the_number_of_nodes_is_refused),
        cmocka_unit_test(a_memory_comes_back_field_by_field),
        cmocka_unit_test(another_nodes_memory_is_as_good_as_none),
        cmocka_unit_test(the_largest_message_and_memory_fit_and_one_byte_less_does_not),
    };
    return cmocka_run_group_tests_name("core_codec", tests, NULL, NULL);
}
