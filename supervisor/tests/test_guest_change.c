/* Which changes of a guest's description want a new domain. */
#include <stdio.h>
#include <string.h>

#include "config/guest.h"
#include "tests/test.h"

static struct guest described(void)
{
    struct guest g;
    guest_init(&g);
    snprintf(g.name, sizeof g.name, "web");
    g.memory_mib = 64;
    g.disks = 1;
    snprintf(g.disk[0].path, sizeof g.disk[0].path, "/dev/a");
    snprintf(g.disk[0].vdev, sizeof g.disk[0].vdev, "xvda");
    g.vifs = 1;
    guest_complete(&g);
    return g;
}

static void it_is_the_same_for_the_same_words(void **state)
{
    (void)state;
    struct guest a = described(), b;
    memset(&b, 0xa5, sizeof b); /* what lies between members does not count */
    b = described();
    assert_int_not_equal(guest_fingerprint(&a), 0);
    assert_true(guest_fingerprint(&a) == guest_fingerprint(&b));
    assert_true(guest_fingerprint(&a) <= INT64_MAX);
}

#define CHANGES_DISKS(what)                                                                        \
    do {                                                                                           \
        struct guest b = described();                                                              \
        what;                                                                                      \
        assert_true(guest_disks_fingerprint(&b) != guest_disks_fingerprint(&a));                   \
        assert_true(guest_fingerprint(&b) == guest_fingerprint(&a));                               \
    } while (0)

static void its_disks_count_for_themselves(void **state)
{
    (void)state;
    struct guest a = described();
    CHANGES_DISKS(b.disk[0].path[5]++);
    CHANGES_DISKS(b.disk[0].vdev[3]++);
    CHANGES_DISKS(b.disk[0].writable = true);
    CHANGES_DISKS(b.disk[0].direct_io_safe = true);
    CHANGES_DISKS(b.disk[0].discard = 1);
    CHANGES_DISKS(b.disks = 2);
}

#define CHANGES(what)                                                                              \
    do {                                                                                           \
        struct guest b = described();                                                              \
        what;                                                                                      \
        assert_true(guest_fingerprint(&b) != guest_fingerprint(&a));                               \
    } while (0)

static void what_a_domain_is_built_with_counts(void **state)
{
    (void)state;
    struct guest a = described();
    CHANGES(b.type = GUEST_PVH);
    CHANGES(b.memory_mib++);
    CHANGES(b.maxmem_mib++);
    CHANGES(b.vcpus++);
    CHANGES(b.maxvcpus++);
    CHANGES(b.cpu_weight++);
    CHANGES(b.cpu_cap++);
    CHANGES(b.cpus.word[3] = 1);
    CHANGES(b.tsc_mode = TSC_NATIVE);
    CHANGES(b.uuid[15]++);
    CHANGES(b.unfiltered = true);
    CHANGES(b.kernel[1]++);
    CHANGES(b.ramdisk[0] = '/');
    CHANGES(b.cmdline[0] = 'x');
    CHANGES(b.vif[0].mac[5]++);
    CHANGES(b.vif[0].bridge[0] = 'x');
    CHANGES(b.vif[0].ip[0] = '1');
    CHANGES(b.vif[0].ifname[0] = 'v');
    CHANGES(b.vif[0].rate_bytes++);
    CHANGES(b.vif[0].rate_interval_us++);
    CHANGES(b.vif[0].mtu++);
    CHANGES(b.vifs = 0);
}

static void what_relevod_alone_acts_on_does_not(void **state)
{
    (void)state;
    struct guest a = described(), b = described();
    b.priority++;
    b.on[GUEST_END_CRASH] = RESTART_NO;
    b.afters = 1;
    b.probe_interval_s++;
    b.failback = FAILBACK_AUTO;
    snprintf(b.home, sizeof b.home, "blade1");
    snprintf(b.origin, sizeof b.origin, "guests/web.cfg");
    assert_true(guest_fingerprint(&a) == guest_fingerprint(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_same_for_the_same_words),
        cmocka_unit_test(what_a_domain_is_built_with_counts),
        cmocka_unit_test(its_disks_count_for_themselves),
        cmocka_unit_test(what_relevod_alone_acts_on_does_not),
    };
    return cmocka_run_group_tests_name("guest_change", tests, NULL, NULL);
}
