#include <stdio.h>
#include <string.h>

#include "storage/digest.h"
#include "tests/test.h"

static struct multipath_config config;
static struct multipath_status status[SITE_MULTIPATHS_MAX];

static void put(uint32_t i, const char *alias, const char *wwid, enum map_state state)
{
    snprintf(config.map[i].alias, sizeof config.map[i].alias, "%s", alias);
    snprintf(config.map[i].wwid, sizeof config.map[i].wwid, "%s", wwid);
    status[i] = (struct multipath_status){.map = i, .state = state, .exists = 1};
}

static struct multipath_digest digest_of(uint32_t maps)
{
    struct multipath_digest d;
    config.maps = maps;
    multipath_digest(&config, status, &d);
    return d;
}

static void lists_are_the_same_in_any_order(void **state)
{
    (void)state;
    put(0, "web", "naa.5000000000000001", MAP_GOOD);
    put(1, "db", "naa.5000000000000002", MAP_LOST);
    struct multipath_digest a = digest_of(2);
    put(0, "db", "naa.5000000000000002", MAP_LOST);
    put(1, "web", "naa.5000000000000001", MAP_GOOD);
    struct multipath_digest b = digest_of(2);
    assert_true(a.list == b.list);
    assert_memory_equal(a.seen, b.seen, sizeof a.seen);
    put(0, "db", "naa.5000000000000001", MAP_LOST); /* exchanged */
    put(1, "web", "naa.5000000000000002", MAP_GOOD);
    assert_true(digest_of(2).list != a.list);
    assert_true(digest_of(1).list != a.list);
    assert_true(digest_of(0).list != a.list);
}

static void what_carries_is_seen(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SITE_MULTIPATHS_MAX; i++) {
        char alias[16];
        snprintf(alias, sizeof alias, "lun%u", i);
        put(i, alias, "naa.5000000000000001", (enum map_state)(i % MAP_STATES));
    }
    struct multipath_digest d = digest_of(SITE_MULTIPATHS_MAX);
    for (uint32_t i = 0; i < SITE_MULTIPATHS_MAX; i++)
        assert_true(multipath_is_seen(&d, &config, config.map[i].alias) ==
                    (status[i].state == MAP_GOOD || status[i].state == MAP_DEGRADED));
    assert_false(multipath_is_seen(&d, &config, "none"));
    status[MAP_GOOD].exists = 0;
    d = digest_of(SITE_MULTIPATHS_MAX);
    assert_false(multipath_is_seen(&d, &config, config.map[MAP_GOOD].alias));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_the_same_in_any_order),
        cmocka_unit_test(what_carries_is_seen),
    };
    return cmocka_run_group_tests_name("multipath digest", tests, NULL, NULL);
}
