/* The engine under a clock that jumps. Included, not linked: each test starts it afresh. */
#include "service.c" /* NOLINT(bugprone-suspicious-include) */

#include "fake.h"
#include "tests/test.h"

static const char *const argv[] = {"/bin/x", NULL};

const struct timing timing = {.ready_ms = 30000,
                              .rest_ms = 300000,
                              .stop_ms = 5000,
                              .handover_ms = 20000,
                              .kill_ms = 2000,
                              .services_ms = 150000};

static int fresh(void **state)
{
    (void)state;
    memset(slots, 0, sizeof(slots));
    memset(&fake, 0, sizeof(fake));
    fake_said[0] = '\0';
    count = 0;
    look_again = NEVER;
    closing = false;
    host_failure = NULL;
    fake.now = 1000;
    return 0;
}

static void add(const struct service *services, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        services_add(&services[i], false);
    services_begin();
}

static void end(unsigned slot, int status)
{
    services_ended(fake.slot[slot].pid, status);
    services_tick();
}

#define EXITED(status) ((status) << 8)
#define SAID(text)     assert_non_null(strstr(fake_said, text))
#define UNSAID(text)   assert_null(strstr(fake_said, text))

static void every_cell_of_the_table_is_filled(void **state)
{
    (void)state;
    for (int s = 0; s < STATES; s++) {
        for (int e = 0; e < EVENTS; e++)
            assert_non_null(verbs[s][e]);
    }
}

static void a_service_starts_and_rests_longer_each_time(void **state)
{
    (void)state;
    static const int64_t rests[] = {0, 500, 1000, 2000, 4000, 8000};
    const struct service s = {.name = "a", .argv = argv};
    add(&s, 1);
    assert_int_equal(fake.slot[0].starts, 1);
    assert_int_equal(services_deadline(), NEVER);
    for (unsigned i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
        int64_t died = fake.now;
        services_ended(fake.slot[0].pid, EXITED(1));
        assert_int_equal(services_deadline() - died, rests[i]);
        fake_next_deadline();
        assert_int_equal(fake.slot[0].starts, i + 2);
    }
    SAID("a: ended with status 1; starting it again\n");
    SAID("a: ended with status 1; next start in 0.5 s\n");
}

static void the_reason_of_a_death_is_named(void **state)
{
    (void)state;
    const struct service s = {.name = "a", .argv = argv};
    add(&s, 1);
    end(0, SIGSEGV);
    SAID("a: killed by signal 11 (Segmentation fault); starting it again\n");
}

static void what_cannot_be_executed_is_tried_again_slowly(void **state)
{
    (void)state;
    const struct service s = {.name = "a", .argv = argv, .flags = SERVICE_VITAL, .rest_ms = 9000};
    add(&s, 1);
    fake.failure = (struct start_failure){"execute", "/bin/x", ENOENT};
    services_ended(fake.slot[0].pid, EXITED(127));
    SAID("a: cannot execute /bin/x: No such file or directory (permanent); next start in 9.0 s\n");
    assert_int_equal(services_deadline(), fake.now + 9000);
    fake_next_deadline();
    assert_int_equal(fake.slot[0].starts, 2);
    fake.failure.error = ENOMEM;
    services_ended(fake.slot[0].pid, EXITED(127));
    SAID("a: cannot execute /bin/x: Cannot allocate memory (temporary); next start in 0.5 s\n");
}

static void without_a_new_process_it_tries_again(void **state)
{
    (void)state;
    const struct service s = {.name = "a", .argv = argv};
    fake.fork_error = EAGAIN;
    add(&s, 1);
    SAID("a: no new process: Resource temporarily unavailable; starting it again\n");
    fake_next_deadline();
    SAID("next start in 0.5 s\n");
    fake.fork_error = 0;
    fake_next_deadline();
    assert_int_equal(fake.slot[0].starts, 1);
    assert_int_equal(services_deadline(), NEVER);
}

static void needs_are_waited_for_in_a_chain(void **state)
{
    (void)state;
    const struct service s[] = {
        {.name = "store", .argv = argv, .ready = "/run/store"},
        {.name = "setup", .argv = argv, .needs = {"store"}, .flags = SERVICE_ONCE},
        {.name = "daemon", .argv = argv, .needs = {"setup"}},
        {.name = "last", .argv = argv, .needs = {"daemon", "store"}},
    };
    add(s, 4);
    assert_int_equal(fake.slot[0].starts, 1);
    assert_int_equal(fake.slot[1].starts, 0);
    fake.existing = "/run/store";
    services_tick();
    assert_int_equal(fake.slot[1].starts, 1);
    assert_int_equal(fake.slot[2].starts, 0);
    end(1, EXITED(0));
    assert_int_equal(fake.slot[2].starts, 1);
    assert_int_equal(fake.slot[3].starts, 1);
    SAID("setup: done\n");
    assert_int_equal(services_deadline(), NEVER);
}

static void a_socket_that_refuses_is_looked_at_again(void **state)
{
    (void)state;
    const struct service s[] = {{.name = "store", .argv = argv, .ready = "/run/store"},
                                {.name = "user", .argv = argv, .needs = {"store"}}};
    add(s, 2);
    fake.existing = "/run/store";
    fake.refusing = true;
    services_tick();
    assert_int_equal(services_deadline(), fake.now + LOOK_AGAIN_MS);
    fake_next_deadline();
    assert_int_equal(fake.slot[1].starts, 0);
    fake.refusing = false;
    fake_next_deadline();
    assert_int_equal(fake.slot[1].starts, 1);
    assert_int_equal(services_deadline(), NEVER);
}

static void a_stale_ready_path_does_not_count(void **state)
{
    (void)state;
    const struct service s = {.name = "store", .argv = argv, .ready = "/run/store"};
    fake.existing = "/run/store";
    add(&s, 1);
    services_tick();
    UNSAID("store: ready");
}

static void a_one_shot_that_fails_is_repeated_and_then_done(void **state)
{
    (void)state;
    const struct service s = {.name = "setup", .argv = argv, .flags = SERVICE_ONCE};
    add(&s, 1);
    end(0, EXITED(1));
    assert_int_equal(fake.slot[0].starts, 2);
    end(0, EXITED(0));
    assert_int_equal(services_deadline(), NEVER);
    SAID("setup: done\n");
}

static void a_service_may_find_that_it_is_not_needed(void **state)
{
    (void)state;
    const struct service s = {.name = "extra", .argv = argv, .flags = SERVICE_OPTIONAL};
    add(&s, 1);
    assert_int_equal(services_deadline(), NEVER); /* it may also run as long as it likes */
    end(0, SIGKILL);
    assert_int_equal(fake.slot[0].starts, 2);
    end(0, EXITED(0));
    assert_int_equal(fake.slot[0].starts, 2);
    assert_int_equal(services_deadline(), NEVER);
    SAID("extra: done\n");
}

static void a_one_shot_that_hangs_is_killed(void **state)
{
    (void)state;
    const struct service s = {.name = "setup", .argv = argv, .flags = SERVICE_ONCE};
    add(&s, 1);
    fake_next_deadline();
    assert_int_equal(fake.slot[0].last_signal, SIGKILL);
    SAID("setup: not finished after 30 s: killing it\n");
    end(0, SIGKILL);
    assert_int_equal(fake.slot[0].starts, 2);
}

static void nobody_waits_for_ever_for_what_never_gets_ready(void **state)
{
    (void)state;
    const struct service s[] = {{.name = "store", .argv = argv, .ready = "/run/store"},
                                {.name = "user", .argv = argv, .needs = {"store"}}};
    add(s, 2);
    fake_next_deadline();
    SAID("store: not ready after 30 s\n");
    SAID("user: starting without store, which is not ready after 30 s\n");
    assert_int_equal(fake.slot[0].last_signal, 0);
    assert_int_equal(fake.slot[1].starts, 1);
    fake.existing = "/run/store";
    services_tick();
    SAID("store: ready\n"); /* late, but welcome */
}

static void what_is_missing_is_left_out_and_not_waited_for(void **state)
{
    (void)state;
    static const char *const other[] = {"/bin/other", NULL};
    const struct service s[] = {
        {.name = "gone", .argv = argv},
        {.name = "guest", .argv = other, .only_if = {"/no", "control_d"}},
        {.name = "vital", .argv = argv, .flags = SERVICE_VITAL},
        {.name = "user", .argv = other, .needs = {"gone", "guest"}, .only_if = {"/yes", NULL}},
    };
    fake.not_executable = "/bin/x";
    add(s, 4);
    SAID("gone left out: /bin/x is missing or not executable\n");
    SAID("guest left out: /no does not exist or does not say control_d\n");
    assert_int_equal(fake.slot[0].starts, 0);
    assert_int_equal(fake.slot[1].starts, 0);
    assert_int_equal(fake.slot[2].starts, 1);
    assert_int_equal(fake.slot[3].starts, 1);
}

static void a_rescue_starts_shells_only(void **state)
{
    (void)state;
    const struct service s[] = {{.name = "a", .argv = argv, .flags = SERVICE_VITAL},
                                {.name = "shell", .argv = argv, .flags = SERVICE_RESCUE}};
    services_add(&s[0], true);
    services_add(&s[1], true);
    services_begin();
    assert_int_equal(fake.slot[0].starts, 0);
    assert_int_equal(fake.slot[1].starts, 1);
}

static void the_host_fails_with_its_service_but_only_once_that_was_ready(void **state)
{
    (void)state;
    const struct service s = {
        .name = "store", .argv = argv, .ready = "/run/store", .flags = SERVICE_HOST};
    add(&s, 1);
    end(0, EXITED(1)); /* before it was ready nobody has relied on it: no reset, no boot loop */
    assert_null(services_host_failure());
    assert_int_equal(fake.slot[0].starts, 2);
    fake.existing = "/run/store";
    services_tick();
    end(0, SIGKILL);
    assert_string_equal(services_host_failure(), "store");
    assert_int_equal(fake.slot[0].starts, 2);
    SAID("store: killed by signal 9 (Killed); it cannot be restarted: this host has failed\n");
}

static void they_stop_one_by_one_in_the_opposite_order(void **state)
{
    (void)state;
    const struct service s[] = {{.name = "a", .argv = argv},
                                {.name = "b", .argv = argv, .stop_signal = SIGHUP},
                                {.name = "c", .argv = argv, .stop_ms = 120000}};
    add(s, 3);
    assert_false(services_stop(0, NEVER / 2));
    assert_int_equal(fake.slot[2].last_signal, SIGTERM);
    assert_int_equal(fake.slot[1].last_signal, 0);
    assert_int_equal(services_deadline(), fake.now + 120000);
    end(2, EXITED(0));
    assert_false(services_stop(0, NEVER / 2));
    assert_int_equal(fake.slot[1].last_signal, SIGHUP);
    assert_int_equal(fake.slot[0].last_signal, 0);
    end(1, SIGHUP);
    assert_false(services_stop(0, NEVER / 2));
    end(0, EXITED(0));
    assert_true(services_stop(0, NEVER / 2));
    assert_int_equal(services_deadline(), NEVER);
    SAID("b: stopped (killed by signal 1 (Hangup))\n");
}

static void what_does_not_stop_is_killed_and_what_survives_that_is_left(void **state)
{
    (void)state;
    const struct service s = {.name = "a", .argv = argv};
    add(&s, 1);
    services_stop(0, NEVER / 2);
    fake_next_deadline();
    assert_int_equal(fake.slot[0].last_signal, SIGKILL);
    assert_false(services_stop(0, NEVER / 2));
    fake_next_deadline();
    assert_true(services_stop(0, NEVER / 2));
    SAID("survives SIGKILL");
}

static void hurry_kills_at_once_but_still_waits_for_the_end(void **state)
{
    (void)state;
    const struct service s[] = {{.name = "a", .argv = argv}, {.name = "b", .argv = argv}};
    add(s, 2);
    services_stop(0, NEVER / 2);
    assert_false(services_stop(0, 0));
    assert_int_equal(fake.slot[1].last_signal, SIGKILL);
    assert_false(services_stop(0, 0));
    UNSAID("survives");
    end(1, SIGKILL);
    assert_false(services_stop(0, 0));
    assert_int_equal(fake.slot[0].last_signal, SIGKILL);
    end(0, SIGKILL);
    assert_true(services_stop(0, 0));
}

static void a_hand_over_stops_only_who_has_to_hand_over(void **state)
{
    (void)state;
    const struct service s[] = {
        {.name = "daemon", .argv = argv, .flags = SERVICE_HANDOVER, .stop_ms = 120000},
        {.name = "other", .argv = argv}};
    add(s, 2);
    assert_false(services_stop(SERVICE_HANDOVER, timing.handover_ms));
    assert_int_equal(fake.slot[0].last_signal, SIGTERM);
    assert_int_equal(fake.slot[1].last_signal, 0);
    assert_int_equal(services_deadline(), fake.now + timing.handover_ms);
    end(1, SIGKILL); /* the others may go on, but nobody comes back */
    end(0, EXITED(0));
    assert_true(services_stop(SERVICE_HANDOVER, timing.handover_ms));
    assert_int_equal(fake.slot[1].starts, 1);
}

static void nothing_starts_once_stopping_has_begun(void **state)
{
    (void)state;
    const struct service s[] = {{.name = "dies", .argv = argv},
                                {.name = "rests", .argv = argv},
                                {.name = "waits", .argv = argv, .needs = {"rests"}},
                                {.name = "last", .argv = argv}};
    add(s, 4);
    end(1, EXITED(1));
    end(1, EXITED(1));
    services_stop(0, NEVER / 2);
    end(0, EXITED(1));
    for (int i = 0; i < 10 && services_deadline() != NEVER; i++)
        fake_next_deadline();
    assert_int_equal(fake.slot[0].starts, 1);
    assert_int_equal(fake.slot[1].starts, 2);
    assert_int_equal(fake.slot[2].starts, 1);
}

static void services_at_the_limit_and_one_past_it(void **state)
{
    (void)state;
    const struct service s = {.name = "a", .argv = argv};
    const struct service more = {.name = "more", .argv = argv};
    for (int i = 0; i < SERVICES_MAX; i++)
        services_add(&s, false);
    UNSAID("left out");
    services_add(&more, false);
    SAID("more left out: init runs at most 24 services\n");
    services_begin();
    assert_int_equal(fake.slot[SERVICES_MAX - 1].starts, 1);
}

static void strangers_are_buried_in_silence(void **state)
{
    (void)state;
    const struct service s = {.name = "a", .argv = argv};
    add(&s, 1);
    size_t before = strlen(fake_said);
    services_ended(99999, EXITED(1));
    services_ended(0, EXITED(1));
    assert_int_equal(strlen(fake_said), before);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_cell_of_the_table_is_filled),
        TEST(a_service_starts_and_rests_longer_each_time),
        TEST(the_reason_of_a_death_is_named),
        TEST(what_cannot_be_executed_is_tried_again_slowly),
        TEST(without_a_new_process_it_tries_again),
        TEST(needs_are_waited_for_in_a_chain),
        TEST(a_socket_that_refuses_is_looked_at_again),
        TEST(a_stale_ready_path_does_not_count),
        TEST(a_one_shot_that_fails_is_repeated_and_then_done),
        TEST(a_service_may_find_that_it_is_not_needed),
        TEST(a_one_shot_that_hangs_is_killed),
        TEST(nobody_waits_for_ever_for_what_never_gets_ready),
        TEST(what_is_missing_is_left_out_and_not_waited_for),
        TEST(a_rescue_starts_shells_only),
        TEST(the_host_fails_with_its_service_but_only_once_that_was_ready),
        TEST(they_stop_one_by_one_in_the_opposite_order),
        TEST(what_does_not_stop_is_killed_and_what_survives_that_is_left),
        TEST(hurry_kills_at_once_but_still_waits_for_the_end),
        TEST(a_hand_over_stops_only_who_has_to_hand_over),
        TEST(nothing_starts_once_stopping_has_begun),
        TEST(services_at_the_limit_and_one_past_it),
        TEST(strangers_are_buried_in_silence),
    };
    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
