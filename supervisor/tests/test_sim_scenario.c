/* The scenario format: what is accepted, and the exact words of each refusal. */
#include <string.h>

#include "sim/scenario.h"
#include "tests/test.h"

#define HEAD "node n1\nnode n2\nmirror m1 n1 n2\nguest g1 home=n1 peers=n2 mirrors=m1\n"

static struct plan plan;

static void refused(const char *lines, const char *expected)
{
    char text[1000];
    char error[SCENARIO_ERROR];
    snprintf(text, sizeof(text), "%s", lines);
    assert_int_equal(scenario_parse(text, &plan, error), -1);
    assert_string_equal(error, expected);
}

static void a_scenario_is_printed_as_it_was_read(void **state)
{
    (void)state;
    char text[2000] = "seed 5\nend 60 # a comment\nfence works\nnode n1 state\nnode n2 witness\n"
                      "mirror m1 n1 n2\nguest g1 home=n1 peers=n2 mirrors=m1 live memory=64\n"
                      "at 1.5 hang n1 2000\nat 2 move g1 n2\nat 9.125 heal\n";
    char error[SCENARIO_ERROR];
    char printed[2000];
    char again[2000];
    assert_int_equal(scenario_parse(text, &plan, error), 0);
    assert_int_equal(plan.op[2].at, 9125);
    FILE *f = fmemopen(printed, sizeof(printed), "w");
    scenario_print(f, &plan);
    fclose(f);
    memcpy(text, printed, sizeof(text));
    assert_int_equal(scenario_parse(text, &plan, error), 0);
    f = fmemopen(again, sizeof(again), "w");
    scenario_print(f, &plan);
    fclose(f);
    assert_string_equal(again, printed);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    refused("", "line 1: \"end of file\": expected at least one node and one guest");
    refused("nodes 3\n",
            "line 1: \"nodes\": expected node, mirror, guest, timing, net, at, breaks, "
            "fence, seed, end, boot, wire or hole");
    refused("node n2\n", "line 1: \"n2\": expected n1, as nodes are numbered in order");
    refused("node n1 fast\n", "line 1: \"fast\": expected witness, state or memory=MIB");
    refused("node n1\nguest g1 home=n2\n", "line 2: \"n2\": expected a node, n1 to n1");
    refused("node n1\nguest g1 peers=n1\n", "line 2: \"end of line\": expected home=");
    refused("node n1\nmirror m1 n1 n1\n", "line 2: \"n1\": expected another node than the first");
    refused("node n1\ntiming beat=5s\n", "line 2: \"5s\": expected a number up to 3600000");
    refused("node n1\ntiming wait=10\n",
            "line 2: \"timing\": expected times that fit together: wait=10 ms is too short: (lease "
            "3000 + watchdog 5000) x (1 + 500 ppm) / (1 - 500 ppm) + margin 500 = 8509 ms");
    refused(HEAD "at 5 explode n1\n",
            "line 5: \"explode\": expected an operation, as listed in relevo-sim(1)");
    refused(HEAD "at 5 crash n3\n", "line 5: \"n3\": expected a node, n1 to n2");
    refused(HEAD "at 5 crash n1 n2\n", "line 5: \"n2\": expected no more words");
    refused(HEAD "at 5 hang n1\n", "line 5: \"end of line\": expected a number up to 3600000");
    refused(HEAD "at soon crash n1\n",
            "line 5: \"soon\": expected a time in seconds, such as 12.5");
    refused(HEAD "at 5 crash n1\nat 4 crash n1\n",
            "line 6: \"4\": expected operations in the order of time");
    refused(HEAD "at 5.0005 crash n1\n",
            "line 5: \"5.0005\": expected a time in seconds, such as 12.5");
    refused(HEAD "at 5 crash n1\nat 6 expect-on g1 n1\nend 5.5\n",
            "line 6: \"at\": expected nothing after the end, which is at 5500 ms");
    refused(HEAD "breaks S9\n", "line 5: \"S9\": expected S1, S2, S3, liveness or expect");
    refused(HEAD "fence\n", "line 5: \"end of line\": expected works or silent");
}

static void as_many_operations_as_there_is_room_for_and_no_more(void **state)
{
    (void)state;
    static char text[16384];
    char error[SCENARIO_ERROR];
    for (int more = 0; more < 2; more++) {
        int at = snprintf(text, sizeof(text), HEAD);
        for (int i = 0; i < WORLD_OPS + more; i++)
            at += snprintf(text + at, sizeof(text) - (size_t)at, "at 5 crash n1\n");
        assert_int_equal(scenario_parse(text, &plan, error), -more);
    }
    assert_string_equal(error, "line 261: \"at\": expected at most 256 operations");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scenario_is_printed_as_it_was_read),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(as_many_operations_as_there_is_room_for_and_no_more),
    };
    return cmocka_run_group_tests_name("sim_scenario", tests, NULL, NULL);
}
