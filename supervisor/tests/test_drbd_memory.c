/* What is remembered of mirrors while the drbd role is not there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/drbd_memory.h"
#include "tests/test.h"

static char folder[32] = "/tmp/drbd-memory-XXXXXX";

static int begin(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    return setenv("RELEVO_RUN", folder, 1);
}

static int end(void **state)
{
    char path[64];
    (void)state;
    snprintf(path, sizeof path, "%s/drbd", folder);
    return rmdir(path) == 0 ? rmdir(folder) : -1;
}

static void count(const char *name, void *data)
{
    assert_string_equal(name, "web");
    ++*(int *)data;
}

static void test_what_is_saved_is_loaded(void **state)
{
    struct drbd_memory m = {.minor = DRBD_MINOR_MAX,
                            .split = true,
                            .lost_disk = true,
                            .verified_ms = UINT64_C(5000000000)},
                       read;
    struct err e;
    int names = 0;
    (void)state;
    assert_int_equal(drbd_memory_save("web", &m, &e), 0);
    assert_true(drbd_memory_load("web", &read));
    assert_int_equal(read.minor, DRBD_MINOR_MAX);
    assert_true(read.split && read.lost_disk && !read.kept_apart);
    assert_int_equal(read.verified_ms, m.verified_ms);
    drbd_memory_for_each(count, &names);
    assert_int_equal(names, 1);
    drbd_memory_forget("web");
    assert_false(drbd_memory_load("web", &read));
    assert_false(read.split || read.lost_disk);
    drbd_memory_for_each(count, &names);
    assert_int_equal(names, 1);
}

static void test_nothing_is_remembered_without_a_folder(void **state)
{
    struct drbd_memory read;
    int names = 0;
    (void)state;
    assert_false(drbd_memory_load("web", &read));
    drbd_memory_for_each(count, &names);
    assert_int_equal(names, 0);
}

static void test_broken_text_is_as_if_it_were_not_there(void **state)
{
    static const char *const broken[] = {
        "",
        "minor",
        "minor=",
        "minor=-1",
        "minor=1048576",
        "minor=1x split=2 kept_apart=yes lost_disk=",
        "split=18446744073709551617",
        "verified_ms=-1",
        "verified_ms=9223372036854775808",
    };
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct drbd_memory m = {.minor = 7, .split = true};
        char text[DRBD_MEMORY_SIZE];
        snprintf(text, sizeof text, "%s", broken[i]);
        drbd_memory_parse(&m, text);
        assert_int_equal(m.minor, 0);
        assert_false(m.split || m.kept_apart || m.lost_disk);
        assert_int_equal(m.verified_ms, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_remembered_without_a_folder),
        cmocka_unit_test(test_what_is_saved_is_loaded),
        cmocka_unit_test(test_broken_text_is_as_if_it_were_not_there),
    };
    return cmocka_run_group_tests_name("drbd_memory", tests, begin, end);
}
