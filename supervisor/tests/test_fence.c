/* relevod's side of fencing, with its workers: this program is both. */
#include "cluster/fence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/test.h"

static struct cluster_config cluster;
static char folder[] = "/tmp/relevo-fence-XXXXXX";

static struct story {
    qb_loop_t *loop;
    struct fencing fencing;
    struct timer look;
    int fenced;
    uint8_t node;
    uint32_t generation;
} s;

static void on_fenced(void *unused, uint8_t node, uint32_t generation)
{
    (void)unused;
    s.fenced++;
    s.node = node;
    s.generation = generation;
}

static const struct fence_events events = {.fenced = on_fenced};

static bool at_work(void)
{
    for (int i = 0; i < CORE_NODES; i++)
        if (s.fencing.node[i].child != NULL)
            return true;
    return false;
}

static void on_look(void *unused)
{
    (void)unused;
    if (!at_work())
        qb_loop_stop(s.loop);
    else
        timer_set(&s.look, 10);
}

/* Until no worker is at work: each has a deadline. */
static void run(void)
{
    timer_set(&s.look, 0);
    qb_loop_run(s.loop);
}

static void put_program(const char *text)
{
    char path[64], new[64]; /* the one before may still be being executed */
    snprintf(path, sizeof path, "%s/device", folder);
    snprintf(new, sizeof new, "%s/new", folder);
    FILE *file = fopen(new, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", text) > 0);
    fclose(file);
    assert_int_equal(chmod(new, 0755), 0);
    assert_int_equal(rename(new, path), 0);
}

static int set_up(void **state)
{
    (void)state;
    cluster = (struct cluster_config){.nodes = 3};
    for (int i = 0; i < 3; i++)
        snprintf(cluster.node[i].name, sizeof cluster.node[i].name, "b%d", i + 1);
    for (int i = 0; i < 2; i++)
        cluster.node[i].fence = (struct cluster_fence){.kind = FENCE_EXEC, .target = "device"};
    memset(&s, 0, sizeof s);
    s.loop = qb_loop_create();
    assert_non_null(s.loop);
    s.look = (struct timer){.loop = s.loop, .fire = on_look};
    snprintf(cluster.folder, sizeof cluster.folder, "%s", folder);
    fencing_init(&s.fencing, s.loop, &cluster, &events, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    qb_loop_destroy(s.loop);
    return 0;
}

static void a_confirmation_names_node_and_generation(void **state)
{
    (void)state;
    put_program("test $1 = b2");
    fencing_want(&s.fencing, 1, 7);
    fencing_want(&s.fencing, 1, 8); /* one is at work: it knows nothing of later ones */
    run();
    assert_int_equal(s.fenced, 1);
    assert_int_equal(s.node, 1);
    assert_int_equal(s.generation, 7);
    assert_string_equal(s.fencing.node[1].problem, "");
}

static void a_worker_that_dies_confirms_nothing_and_rests(void **state)
{
    (void)state;
    uint64_t began = clock_ms();
    put_program("sleep 100");
    fencing_want(&s.fencing, 0, 1);
    assert_true(at_work());
    child_kill(s.fencing.node[0].child);
    run();
    assert_int_equal(s.fenced, 0);
    assert_string_equal(s.fencing.node[0].problem, "its worker killed by signal 9 (Killed)");
    put_program("true");
    assert_true(s.fencing.node[0].not_before_ms > began);
    s.fencing.node[0].not_before_ms += 60000; /* the rest of this test may take long, too */
    fencing_want(&s.fencing, 0, 1);
    assert_false(at_work());
    fencing_want(&s.fencing, 1, 1); /* another node's device is another matter */
    run();
    assert_int_equal(s.fenced, 1);
    s.fencing.node[0].not_before_ms = 0;
    fencing_want(&s.fencing, 0, 1);
    run();
    assert_int_equal(s.fenced, 2);
    assert_int_equal(s.fencing.node[0].failures, 0);
}

static void an_order_for_an_earlier_boot_is_given_up(void **state)
{
    (void)state;
    put_program("sleep 100");
    fencing_want(&s.fencing, 0, 1);
    fencing_keep(&s.fencing, 0, 1);
    fencing_keep(&s.fencing, 1, 5); /* nothing is under way there */
    assert_false(s.fencing.node[0].dropped);
    fencing_keep(&s.fencing, 0, 2);
    run();
    assert_int_equal(s.fenced, 0);
    assert_string_equal(s.fencing.node[0].problem, "");
    put_program("true");
    fencing_want(&s.fencing, 0, 2); /* that was no failure: no rest */
    run();
    assert_int_equal(s.fenced, 1);
    assert_int_equal(s.generation, 2);
}

static void a_node_without_a_device_is_left_alone(void **state)
{
    (void)state;
    fencing_want(&s.fencing, 2, 1);
    fencing_want(&s.fencing, 3, 1);
    assert_false(at_work());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_confirmation_names_node_and_generation),
        TEST(a_worker_that_dies_confirms_nothing_and_rests),
        TEST(an_order_for_an_earlier_boot_is_given_up),
        TEST(a_node_without_a_device_is_left_alone),
    };
    if (argc == 3 && strcmp(argv[1], "--role") == 0)
        return fence_role();
    if (mkdtemp(folder) == NULL)
        return 1;
    int failed = cmocka_run_group_tests_name("fence", tests, NULL, NULL);
    char path[64];
    snprintf(path, sizeof path, "%s/device", folder);
    unlink(path);
    rmdir(folder);
    return failed;
}
