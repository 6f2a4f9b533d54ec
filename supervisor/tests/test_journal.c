/* The journal with its process, on a file in memory: this program is both. */
#include "cluster/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster/state_file.h"
#include "tests/test.h"

#define PATIENCE_MS 60000 /* of a stuck test */

static struct cluster_config cluster;
static const struct state_owner owner = {.cluster = "hill", .node = "b1"};

static struct story {
    qb_loop_t *loop;
    struct journal journal;
    struct timer watch, look;
    bool (*until)(void);
    bool loaded;
    size_t size;
    uint8_t data[JOURNAL_MAX];
    uint64_t stored;
} s;

static void on_loaded(void *unused, const void *data, size_t size)
{
    (void)unused;
    assert_false(s.loaded);
    s.loaded = true;
    s.size = size;
    memcpy(s.data, data, size);
}

static void on_stored(void *unused, uint64_t ticket)
{
    (void)unused;
    assert_true(ticket > s.stored);
    s.stored = ticket;
}

static const struct journal_events events = {.loaded = on_loaded, .stored = on_stored};

static void on_look(void *unused)
{
    (void)unused;
    if (s.until())
        qb_loop_stop(s.loop);
    else
        timer_set(&s.look, 5);
}

static void on_stuck(void *unused)
{
    (void)unused;
    fail_msg("stuck: %s", s.journal.problem);
}

static void run_until(bool (*until)(void))
{
    s.until = until;
    s.look = (struct timer){.loop = s.loop, .fire = on_look};
    s.watch = (struct timer){.loop = s.loop, .fire = on_stuck};
    timer_set(&s.look, 0);
    timer_set(&s.watch, PATIENCE_MS);
    qb_loop_run(s.loop);
    timer_clear(&s.watch);
}

static bool is_loaded(void)
{
    return s.loaded;
}

static bool all_stored(void)
{
    return s.stored == s.journal.given;
}

static bool has_problem(void)
{
    return s.journal.problem[0] != '\0';
}

static bool has_no_process(void)
{
    return s.journal.process.child == NULL;
}

static void begin(void)
{
    memset(&s, 0, sizeof s);
    s.loop = qb_loop_create();
    assert_non_null(s.loop);
    journal_begin(&s.journal, s.loop, &cluster, &events, NULL);
}

/* As relevod's death would: the process goes with it. */
static void end(void)
{
    if (s.journal.process.child != NULL) {
        child_kill(s.journal.process.child);
        run_until(has_no_process);
    }
    qb_loop_destroy(s.loop);
}

static void prepare(const struct state_owner *who)
{
    struct state_io io;
    struct err e;
    while (state_open(&io, cluster.device, true, &e) != 0)
        usleep(1000); /* the process may just be looking */
    assert_int_equal(state_prepare(&io, who, true, &e), 0);
    state_close(&io);
}

static int set_up(void **state)
{
    (void)state;
    cluster = (struct cluster_config){.name = "hill", .node = {{.name = "b1"}}};
    strcpy(cluster.device, "/dev/shm/relevo-state-XXXXXX");
    int fd = mkstemp(cluster.device);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, STATE_SIZE), 0);
    close(fd);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(cluster.device);
    return 0;
}

static void what_was_stored_is_there_after_a_restart(void **state)
{
    (void)state;
    char text[32];
    prepare(&owner);
    begin();
    run_until(is_loaded);
    assert_int_equal(s.size, 0);
    for (int i = 1; i <= 20; i++) { /* faster than it writes: the newest counts */
        snprintf(text, sizeof text, "memory %d", i);
        journal_store(&s.journal, text, strlen(text) + 1, (uint64_t)i);
    }
    run_until(all_stored);
    end();
    begin();
    run_until(is_loaded);
    assert_string_equal((const char *)s.data, "memory 20");
    end();
}

static void a_process_that_dies_is_replaced(void **state)
{
    (void)state;
    prepare(&owner);
    begin();
    run_until(is_loaded);
    journal_store(&s.journal, "one", 4, 1);
    run_until(all_stored);
    journal_store(&s.journal, "two", 4, 2);
    child_kill(s.journal.process.child);
    journal_store(&s.journal, "three", 6, 3);
    run_until(all_stored);
    assert_int_equal(s.stored, 3);
    end();
    begin();
    run_until(is_loaded);
    assert_string_equal((const char *)s.data, "three");
    end();
}

static void it_waits_for_a_device_that_is_ours(void **state)
{
    (void)state;
    static const struct state_owner other = {.cluster = "hill", .node = "b2"};
    prepare(&other);
    begin();
    run_until(has_problem);
    assert_non_null(strstr(s.journal.problem, "belongs to node b2 of cluster hill"));
    assert_false(s.loaded);
    journal_store(&s.journal, "x", 2, 1);
    prepare(&owner);
    run_until(is_loaded);
    assert_int_equal(s.size, 0);
    run_until(all_stored);
    assert_string_equal(s.journal.problem, "");
    end();
}

static void it_is_for_one_process_alone(void **state)
{
    (void)state;
    struct state_io io;
    struct err e;
    prepare(&owner);
    begin();
    run_until(is_loaded);
    assert_int_equal(state_open(&io, cluster.device, true, &e), -1);
    assert_string_equal(e.text, "is in use");
    end();
}

static void a_small_or_missing_device_is_said(void **state)
{
    (void)state;
    struct state_io io;
    struct err e;
    assert_int_equal(truncate(cluster.device, STATE_SIZE - 1), 0);
    assert_int_equal(state_open(&io, cluster.device, true, &e), -1);
    assert_string_equal(e.text, "too small; expected at least 98304 bytes");
    unlink(cluster.device);
    begin();
    run_until(has_problem);
    assert_string_equal(s.journal.problem, "No such file or directory");
    end();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_stored_is_there_after_a_restart), TEST(a_process_that_dies_is_replaced),
        TEST(it_waits_for_a_device_that_is_ours),       TEST(it_is_for_one_process_alone),
        TEST(a_small_or_missing_device_is_said),
    };
    if (argc == 3 && strcmp(argv[1], "--role") == 0)
        return journal_role();
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
