#include "guest/messages.h"

#include <stdio.h>
#include <string.h>

#include "base/child.h"
#include "guest/record.h"
#include "network/lease.h"
#include "tests/test.h"

static struct message_job job(void)
{
    struct message_job m = {.type = MESSAGE_CREATE};
    guest_init(&m.guest);
    strcpy(m.guest.name, "web");
    guest_complete(&m.guest);
    return m;
}

static void a_job_is_one_size_with_closed_strings_and_sane_counts(void **state)
{
    (void)state;
    struct message_job m = job();
    assert_true(message_ok(&m, sizeof m));
    assert_false(message_ok(&m, sizeof m - 1));
    assert_false(message_ok(&m, sizeof m + 1));
    m.guest.disks = GUEST_DISKS_MAX;
    assert_true(message_ok(&m, sizeof m));
    m.guest.disks++;
    assert_false(message_ok(&m, sizeof m));
    m = job();
    memset(m.guest.cmdline, 'x', sizeof m.guest.cmdline);
    assert_false(message_ok(&m, sizeof m));
    m = job();
    strcpy(m.guest.name, "../../etc");
    assert_false(message_ok(&m, sizeof m));
    m = job();
    m.type = MESSAGE_DOMAINS + 1;
    assert_false(message_ok(&m, sizeof m));
    assert_false(message_ok(&m, 3));
}

static void a_list_of_domains_has_the_size_of_its_count(void **state)
{
    (void)state;
    static struct message_domains m = {.type = MESSAGE_DOMAINS};
    m.count = XEN_DOMAINS_MAX;
    assert_true(message_ok(&m, message_domains_size(m.count)));
    m.count++;
    assert_false(message_ok(&m, message_domains_size(m.count)));
    m.count = 2;
    assert_true(message_ok(&m, message_domains_size(2)));
    assert_false(message_ok(&m, message_domains_size(1)));
    m.domain[1].state = XEN_STATES;
    assert_false(message_ok(&m, message_domains_size(2)));
    m.domain[1].state = XEN_DYING;
    memset(m.domain[0].name, 'x', sizeof m.domain[0].name);
    assert_false(message_ok(&m, message_domains_size(2)));
    assert_false(message_ok(&m, 8));
}

static void records_come_back_as_they_were(void **state)
{
    (void)state;
    struct record r = {.domid = 7,
                       .built = INT64_MAX,
                       .ended_domid = 6,
                       .hold = HOLD_GAVE_UP,
                       .building = true,
                       .restarting = true,
                       .restart = {.failures = 9},
                       .starts = 12,
                       .last_end = GUEST_END_CRASH,
                       .ends = 11,
                       .started_ms = 1,
                       .ended_ms = INT64_MAX,
                       .start_at_ms = 3,
                       .stop_by_ms = 4};
    struct record back;
    char text[RECORD_TEXT_SIZE];
    record_format(&r, text);
    record_parse(&back, text);
    assert_memory_equal(&r, &back, sizeof r);
}

static void a_damaged_record_keeps_what_is_sound(void **state)
{
    (void)state;
    struct record r;
    char text[] = "domid=x hold=99 failures=-1 starts=5 color=red ends= stop_by_ms";
    record_parse(&r, text);
    assert_int_equal(r.domid, -1);
    assert_int_equal(r.hold, HOLD_NONE);
    assert_int_equal(r.restart.failures, 0);
    assert_int_equal(r.starts, 5);
    assert_int_equal(r.ends, 0);
}

static void leases_come_back_as_they_were(void **state)
{
    (void)state;
    static const char text[] = "client=9 address=10.0.0.5/24 ends_ms=100 gateway=10.0.0.1 "
                               "dns=10.0.0.2 dns=10.0.0.3\n";
    char in[sizeof text], out[LEASE_TEXT_SIZE];
    memcpy(in, text, sizeof text);
    struct lease lease;
    assert_int_equal(lease_parse(&lease, in), 0);
    lease_format(&lease, out);
    assert_string_equal(out, text);
    static const char *const bad[] = {"",
                                      "client=9",
                                      "address=10.0.0.5",
                                      "address=10.0.0.5/33",
                                      "address=10.0.0.5/24 gateway=x",
                                      "address=10.0.0.5/24 x=y"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char copy[64];
        snprintf(copy, sizeof copy, "%s", bad[i]);
        assert_int_equal(lease_parse(&lease, copy), -1);
    }
}

static void what_is_derived_from_a_name_differs_by_name(void **state)
{
    (void)state;
    struct guest a, b;
    guest_init(&a);
    guest_init(&b);
    strcpy(a.name, "web1");
    strcpy(b.name, "web2");
    a.vifs = b.vifs = 2;
    guest_complete(&a);
    guest_complete(&b);
    assert_memory_not_equal(a.uuid, b.uuid, sizeof a.uuid);
    assert_memory_not_equal(a.vif[0].mac, b.vif[0].mac, 6);
    assert_memory_not_equal(a.vif[0].mac, a.vif[1].mac, 6);
    static const uint8_t xen_oui[3] = {0x00, 0x16, 0x3e};
    assert_memory_equal(a.vif[0].mac, xen_oui, 3);
    struct guest again;
    guest_init(&again);
    strcpy(again.name, "web1");
    guest_complete(&again);
    assert_memory_equal(a.uuid, again.uuid, sizeof a.uuid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_one_size_with_closed_strings_and_sane_counts),
        cmocka_unit_test(a_list_of_domains_has_the_size_of_its_count),
        cmocka_unit_test(records_come_back_as_they_were),
        cmocka_unit_test(a_damaged_record_keeps_what_is_sound),
        cmocka_unit_test(leases_come_back_as_they_were),
        cmocka_unit_test(what_is_derived_from_a_name_differs_by_name),
    };
    return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
