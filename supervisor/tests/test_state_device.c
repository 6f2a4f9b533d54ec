/* The device of state=: torn at every byte, gone bad, somebody else's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/state_device.h"
#include "tests/test.h"

/* A device in memory. Its power fails within one write: some of that one's bytes arrive, and
 * nothing after it. */
static struct disk {
    uint8_t data[STATE_SIZE];
    int writes;     /* so far */
    int last_write; /* the one that is torn; -1: none */
    size_t torn;    /* how many of its bytes arrive, */
    bool tail;      /* counted from its end, for disks that do not write in order */
    bool off;
    int failing; /* this write fails, and arrives; -1: none */
} disk;

static int disk_read(void *device, uint64_t at, void *data, size_t size, struct err *e)
{
    const struct disk *d = device;
    assert_true(at % STATE_BLOCK == 0 && size % STATE_BLOCK == 0);
    assert_true(((uintptr_t)data & (STATE_BLOCK - 1)) == 0);
    assert_true(at + size <= sizeof d->data);
    (void)e;
    memcpy(data, d->data + at, size);
    return 0;
}

static int disk_write(void *device, uint64_t at, const void *data, size_t size, struct err *e)
{
    struct disk *d = device;
    assert_true(at % STATE_BLOCK == 0 && size % STATE_BLOCK == 0);
    assert_true(((uintptr_t)data & (STATE_BLOCK - 1)) == 0);
    assert_true(at + size <= sizeof d->data);
    int number = d->writes++;
    if (d->off)
        return err_set(e, "no power");
    d->off = number == d->last_write;
    size_t arrive = d->off && d->torn < size ? d->torn : size;
    size_t from = d->off && d->tail ? size - arrive : 0;
    memcpy(d->data + at + from, (const uint8_t *)data + from, arrive);
    if (d->off)
        return err_set(e, "power lost");
    return number == d->failing ? err_set(e, "I/O error") : 0;
}

static const struct state_io io = {.read = disk_read, .write = disk_write, .device = &disk};
static const struct state_owner owner = {.cluster = "hill", .node = "b1"};
static struct err e;

static void power_on(void)
{
    disk.writes = 0;
    disk.last_write = disk.failing = -1;
    disk.off = false;
}

static void blank(void)
{
    memset(&disk, 0, sizeof disk);
    power_on();
}

static uint8_t memory[STATE_MAX];
static size_t memory_size;

static int load(struct state *s)
{
    memory_size = 0;
    return state_load(s, &io, &owner, memory, &memory_size, &e);
}

static void fill(uint8_t *data, size_t size, uint8_t seed)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(seed + i * 7 + i / 251);
}

static bool holds(uint8_t seed, size_t size)
{
    static uint8_t expected[STATE_MAX];
    fill(expected, size, seed);
    return memory_size == size && memcmp(memory, expected, size) == 0;
}

static int store(struct state *s, uint8_t seed, size_t size)
{
    static uint8_t data[STATE_MAX + 1];
    fill(data, size, seed);
    return state_store(s, data, size, &e);
}

static void stored_is_loaded(void **state)
{
    (void)state;
    struct state s;
    blank();
    assert_int_equal(state_prepare(&io, &owner, false, &e), 0);
    assert_int_equal(load(&s), 0);
    assert_int_equal(memory_size, 0);
    static const size_t sizes[] = {1, 100, STATE_BLOCK, 20480, STATE_MAX, 0, 17};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(store(&s, (uint8_t)i, sizes[i]), 0);
        struct state again;
        assert_int_equal(load(&again), 0);
        assert_true(holds((uint8_t)i, sizes[i]));
        assert_int_equal(again.number, i + 1);
    }
    assert_int_equal(store(&s, 0, STATE_MAX + 1), -1);
}

/* The power fails at every byte of every write of a store, from the front and from the back. Before
 * the first byte arrived there is the old memory, after the last of the first copy the new one, and
 * never anything else; what is loaded can then be stored over, torn again, and is never older. */
static void torn_at_every_byte(void **state)
{
    (void)state;
    const size_t size = 5000, written = 2UL * STATE_BLOCK;
    static struct disk before;
    struct state s;
    blank();
    assert_int_equal(state_prepare(&io, &owner, false, &e), 0);
    assert_int_equal(load(&s), 0);
    assert_int_equal(store(&s, 1, size), 0);
    before = disk;
    const struct state s_before = s;
    for (int write = 0; write < 2; write++)
        for (int tail = 0; tail < 2; tail++)
            for (size_t torn = 0; torn <= written; torn++) {
                disk = before;
                power_on();
                s = s_before;
                disk.last_write = write;
                disk.torn = torn;
                disk.tail = tail;
                assert_int_equal(store(&s, 2, size), -1);
                power_on();
                assert_int_equal(load(&s), 0);
                bool new = holds(2, size);
                assert_true(new || holds(1, size));
                if (write == 1 || torn == written)
                    assert_true(new);
                if (write == 0 && torn == 0)
                    assert_false(new);
                if (torn % 97 != 0)
                    continue;
                /* Loading has put both copies right: torn once more, it goes back no further. */
                power_on();
                disk.last_write = 0;
                disk.torn = torn / 2;
                assert_int_equal(store(&s, 3, size), -1);
                power_on();
                assert_int_equal(load(&s), 0);
                assert_true(holds(new ? 2 : 1, size) || holds(3, size));
            }
}

static void a_copy_that_went_bad_brings_nothing_back(void **state)
{
    (void)state;
    struct state s;
    for (int copy = 0; copy < 2; copy++) {
        blank();
        assert_int_equal(state_prepare(&io, &owner, false, &e), 0);
        assert_int_equal(load(&s), 0);
        assert_int_equal(store(&s, 1, 100), 0);
        assert_int_equal(store(&s, 2, 100), 0);
        disk.data[STATE_SLOT * (1 + copy) + 50] ^= 1;
        assert_int_equal(load(&s), 0);
        assert_true(holds(2, 100));
        disk.data[STATE_SLOT * (2 - copy) + 50] ^= 1; /* the other one: the first was repaired */
        assert_int_equal(load(&s), 0);
        assert_true(holds(2, 100));
    }
    disk.data[STATE_SLOT + 50] ^= 1;
    disk.data[2 * STATE_SLOT + 50] ^= 1;
    assert_int_equal(load(&s), -1);
    assert_string_equal(e.text, "both copies are damaged");
}

static void a_store_after_an_error(void **state)
{
    (void)state;
    struct state s;
    for (int failing = 0; failing < 2; failing++) {
        blank();
        assert_int_equal(state_prepare(&io, &owner, false, &e), 0);
        assert_int_equal(load(&s), 0);
        power_on();
        disk.failing = failing; /* and yet it arrives */
        assert_int_equal(store(&s, 1, 100), -1);
        assert_int_equal(store(&s, 2, 100), 0);
        assert_int_equal(store(&s, 3, 100), 0);
        assert_int_equal(load(&s), 0);
        assert_true(holds(3, 100));
    }
}

static void somebody_else_who_writes_is_noticed(void **state)
{
    (void)state;
    struct state s, other;
    blank();
    assert_int_equal(state_prepare(&io, &owner, false, &e), 0);
    assert_int_equal(load(&s), 0);
    assert_int_equal(load(&other), 0);
    assert_int_equal(store(&other, 1, 100), 0);
    assert_int_equal(store(&s, 2, 100), -1);
    assert_string_equal(e.text, "somebody else has written to it");
    assert_int_equal(load(&s), 0);
    assert_true(holds(1, 100));
}

static void what_is_not_prepared_or_not_ours_is_left_alone(void **state)
{
    (void)state;
    struct state s;
    blank();
    assert_int_equal(load(&s), -1);
    assert_non_null(strstr(e.text, "is not prepared, or holds something else"));
    assert_int_equal(disk.writes, 0);

    disk.data[1080] = 0x53; /* ext4's magic */
    disk.data[1081] = 0xef;
    assert_int_equal(state_prepare(&io, &owner, false, &e), -1);
    assert_string_equal(e.text, "is not blank: something is at byte 1080");
    assert_int_equal(disk.writes, 0);
    assert_int_equal(state_prepare(&io, &owner, true, &e), 0);
    assert_int_equal(load(&s), 0);

    assert_int_equal(state_prepare(&io, &owner, false, &e), -1);
    assert_string_equal(e.text, "belongs to node b1 of cluster hill already");
    static const struct state_owner others[] = {{.cluster = "hill", .node = "b2"},
                                                {.cluster = "vale", .node = "b1"}};
    int writes = disk.writes;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(state_load(&s, &io, &others[i], memory, &memory_size, &e), -1);
        assert_non_null(strstr(e.text, "belongs to node b1 of cluster hill, not to node"));
    }
    disk.data[40] ^= 1;
    assert_int_equal(load(&s), -1);
    assert_string_equal(e.text, "its label is damaged");
    assert_int_equal(disk.writes, writes);
}

/* Preparing is torn: the device is then either as it was, not prepared, or empty. */
static void preparing_torn(void **state)
{
    (void)state;
    for (int write = 0; write < 4; write++)
        for (size_t torn = 0; torn <= STATE_BLOCK; torn += 64) {
            struct state s;
            blank();
            disk.last_write = write;
            disk.torn = torn;
            assert_int_equal(state_prepare(&io, &owner, false, &e), -1);
            power_on();
            if (load(&s) == 0)
                assert_int_equal(memory_size, 0);
            assert_int_equal(state_prepare(&io, &owner, true, &e), 0);
            assert_int_equal(load(&s), 0);
        }
}

static void it_describes_itself(void **state)
{
    (void)state;
    char text[200];
    struct state s;
    blank();
    assert_int_equal(state_describe(&io, text, sizeof text, &e), -1);
    assert_int_equal(state_prepare(&io, &owner, false, &e), 0);
    assert_int_equal(load(&s), 0);
    assert_int_equal(store(&s, 1, 100), 0);
    disk.data[2 * STATE_SLOT + 50] ^= 1;
    assert_int_equal(state_describe(&io, text, sizeof text, &e), 0);
    assert_string_equal(text, "node b1 of cluster hill: copy 1: number 1, 100 bytes; copy 2: "
                              "damaged;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_is_loaded),
        cmocka_unit_test(torn_at_every_byte),
        cmocka_unit_test(a_copy_that_went_bad_brings_nothing_back),
        cmocka_unit_test(a_store_after_an_error),
        cmocka_unit_test(somebody_else_who_writes_is_noticed),
        cmocka_unit_test(what_is_not_prepared_or_not_ours_is_left_alone),
        cmocka_unit_test(preparing_torn),
        cmocka_unit_test(it_describes_itself),
    };
    return cmocka_run_group_tests_name("state device", tests, NULL, NULL);
}
