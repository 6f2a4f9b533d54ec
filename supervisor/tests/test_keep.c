/* The memory in /run, R3: what an earlier relevod of this boot has left, or has not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cluster/keep.h"
#include "core/codec.h"
#include "tests/test.h"

static char folder[] = "/tmp/keep-XXXXXX";
static char path[64];
static struct memory memory;

static int begin(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/keep-XXXXXX");
    assert_non_null(mkdtemp(folder));
    setenv("RELEVO_RUN", folder, 1);
    snprintf(path, sizeof path, "%s/memory", folder);
    memset(&memory, 0, sizeof memory);
    memory.self = 1;
    memory.nodes = 3;
    memory.cluster = 42;
    memory.life = 7;
    memory.armed = true;
    ledger_init(&memory.acceptor.value, 3);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static void r3_what_was_kept_is_found(void **state)
{
    (void)state;
    struct keep k = {0};
    struct memory found;
    struct err e;
    assert_int_equal(keep_read(&found, &e), 1); /* the first relevod of this boot */
    keep_memory(&k, &memory);
    memory.life = 8;
    keep_memory(&k, &memory);
    assert_true(keep_has(&k, 2));
    assert_int_equal(keep_read(&found, &e), 0);
    assert_int_equal(found.life, 8);
    assert_true(found.armed);
    assert_int_equal(found.cluster, 42);
}

static void damage_is_not_taken_for_a_first_start(void **state)
{
    (void)state;
    struct keep k = {0};
    struct memory found;
    struct err e;
    char data[CODEC_MEMORY_MAX + 1];
    keep_memory(&k, &memory);
    ptrdiff_t size = file_read_bytes(path, data, sizeof data, &e);
    assert_true(size > 0);
    for (ptrdiff_t i = 0; i < size; i++) {
        data[i] ^= 0x10;
        assert_int_equal(file_replace_bytes(path, data, (size_t)size, &e), 0);
        assert_int_equal(keep_read(&found, &e), -1);
        data[i] ^= 0x10;
        assert_int_equal(file_replace_bytes(path, data, (size_t)i, &e), 0);
        assert_int_equal(keep_read(&found, &e), -1);
    }
}

static void r3_what_cannot_be_written_is_not_kept(void **state)
{
    (void)state;
    struct keep k = {0};
    char elsewhere[80];
    snprintf(elsewhere, sizeof elsewhere, "%s/none", folder);
    setenv("RELEVO_RUN", elsewhere, 1);
    keep_memory(&k, &memory);
    assert_true(keep_is_behind(&k));
    assert_false(keep_has(&k, 1));
    setenv("RELEVO_RUN", folder, 1);
    keep_memory(&k, &memory);
    assert_false(keep_is_behind(&k));
    assert_true(keep_has(&k, 1) && keep_has(&k, 2));
}

static void r3_with_a_device_both_must_have_it(void **state)
{
    (void)state;
    static struct journal device; /* has not been read yet: nothing is stored */
    struct keep k = {.device = &device};
    keep_memory(&k, &memory);
    keep_memory(&k, &memory);
    assert_false(keep_is_behind(&k));
    assert_false(keep_has(&k, 1));
    k.stored = 1;
    assert_true(keep_has(&k, 1));
    assert_false(keep_has(&k, 2));
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(r3_what_was_kept_is_found),
        T(damage_is_not_taken_for_a_first_start),
        T(r3_what_cannot_be_written_is_not_kept),
        T(r3_with_a_device_both_must_have_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
