/* What nodes tell each other of their sites: what is a difference, and what is not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/card.h"
#include "tests/test.h"

static struct {
    struct site site;
    struct guest guest[SITE_GUESTS_MAX];
    struct card mine, other;
    char text[CARD_TEXT_SIZE];
} t;

static void fill(struct card *card)
{
    card_fill(card, &t.site, 7, "v1");
}

/* Guests g0, g1 … with a LUN each, and a mirror. */
static void begin(uint32_t guests)
{
    memset(&t, 0, sizeof t);
    t.site.guests = t.site.multipath.maps = guests;
    for (uint32_t i = 0; i < guests; i++) {
        struct guest *g = t.site.guest[i] = &t.guest[i];
        struct site_multipath *lun = &t.site.multipath.map[i];
        snprintf(g->name, sizeof g->name, "g%u", i);
        snprintf(g->disk[0].path, sizeof g->disk[0].path, "/dev/mapper/g%u", i);
        snprintf(lun->alias, sizeof lun->alias, "g%u", i);
        snprintf(lun->wwid, sizeof lun->wwid, "360%u", i);
        g->disks = 1;
    }
    t.site.drbd.mirrors = 1;
    snprintf(t.site.drbd.mirror[0].name, DRBD_NAME_SIZE, "m");
    fill(&t.mine);
}

static const char *compare(void)
{
    fill(&t.other);
    fill(&t.mine);
    card_compare(&t.mine, &t.other, &t.site, t.text);
    return t.text;
}

/* The site as it is now is the other's; what it is afterwards, mine. */
static const char *compare_after(void (*change)(void))
{
    fill(&t.other);
    change();
    fill(&t.mine);
    card_compare(&t.mine, &t.other, &t.site, t.text);
    return t.text;
}

static void change_wwid(void)
{
    t.site.multipath.map[0].wwid[0] = '5';
}

static void change_priority(void)
{
    t.guest[0].priority = 9;
}

static void change_protocol(void)
{
    t.site.drbd.mirror[0].value[DRBD_PROTOCOL] = DRBD_PROTOCOL_A;
}

static void change_backing(void)
{
    snprintf(t.site.drbd.mirror[0].backing, DRBD_BACKING_SIZE, "/dev/sdq");
}

static void break_guest(void)
{
    t.guest[0].broken = true;
}

static void drop_guest(void)
{
    t.site.guests--;
}

static void change_all(void)
{
    for (uint32_t i = 0; i < t.site.guests; i++)
        t.guest[i].memory_mib++;
}

static void what_is_the_same_is_no_difference(void **state)
{
    (void)state;
    begin(3);
    t.site.drbd.mirror[0].value[DRBD_PROTOCOL] = DRBD_PROTOCOL_C;
    assert_string_equal(compare(), "");
    assert_string_equal(compare_after(change_backing), ""); /* each side has its own */
    struct guest *first = t.site.guest[0];                  /* nor the order */
    fill(&t.other);
    t.site.guest[0] = t.site.guest[1];
    t.site.guest[1] = first;
    fill(&t.mine);
    card_compare(&t.mine, &t.other, &t.site, t.text);
    assert_string_equal(t.text, "");
}

static void a_guest_on_another_lun_has_other_disks(void **state)
{
    (void)state;
    begin(2);
    assert_non_null(strstr(compare_after(change_wwid), "guest g0 has other disks"));
    assert_null(strstr(t.text, "g1"));
    assert_true(card_other_disks(&t.mine, &t.other, cluster_id("g0")));
    assert_false(card_other_disks(&t.mine, &t.other, cluster_id("g1")));
    assert_false(card_other_disks(&t.mine, &t.other, cluster_id("none")));
}

static void other_words_are_said_and_no_more(void **state)
{
    (void)state;
    begin(1);
    t.site.drbd.mirror[0].value[DRBD_PROTOCOL] = DRBD_PROTOCOL_C;
    assert_string_equal(compare_after(change_priority), "guest g0 is described otherwise");
    assert_string_equal(compare_after(change_protocol), "mirror m is described otherwise");
    assert_string_equal(compare_after(break_guest), "guest g0 has errors here");
    assert_false(card_other_disks(&t.mine, &t.other, cluster_id("g0")));
}

static void guests_are_missed_on_either_side(void **state)
{
    (void)state;
    begin(2);
    assert_string_equal(compare_after(drop_guest), "it has 1 guest that this node has not");
    card_compare(&t.other, &t.mine, &(struct site){.guest = {&t.guest[0], &t.guest[1]}}, t.text);
    assert_null(strstr(t.text, "g0"));
    assert_non_null(strstr(t.text, "it has no guest g1"));
    assert_true(card_has_guest(&t.mine, cluster_id("g0")));
    assert_false(card_has_guest(&t.mine, cluster_id("g1")));
}

static void what_many_differ_in_fits(void **state)
{
    (void)state;
    begin(SITE_GUESTS_MAX);
    assert_non_null(strstr(compare_after(change_all), "guest g0 is described otherwise"));
    assert_non_null(strstr(t.text, "and 250 more"));
}

static void another_cluster_is_said_before_all(void **state)
{
    (void)state;
    begin(1);
    fill(&t.other);
    t.other.cluster++;
    change_priority();
    fill(&t.mine);
    card_compare(&t.mine, &t.other, &t.site, t.text);
    assert_non_null(strstr(t.text, "not listened to"));
    assert_null(strstr(t.text, "g0"));
}

static void a_card_is_whole(void **state)
{
    (void)state;
    begin(2);
    size_t size = card_size(&t.mine);
    assert_true(card_ok(&t.mine, size));
    assert_false(card_ok(&t.mine, size - 1));
    assert_false(card_ok(&t.mine, size + 1));
    assert_false(card_ok(&t.mine, 8));
    t.mine.guests = SITE_GUESTS_MAX + 1;
    assert_false(card_ok(&t.mine, card_size(&t.mine)));
    fill(&t.mine);
    memset(t.mine.version, 'v', sizeof t.mine.version);
    assert_false(card_ok(&t.mine, size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_the_same_is_no_difference),
        cmocka_unit_test(a_guest_on_another_lun_has_other_disks),
        cmocka_unit_test(other_words_are_said_and_no_more),
        cmocka_unit_test(guests_are_missed_on_either_side),
        cmocka_unit_test(what_many_differ_in_fits),
        cmocka_unit_test(another_cluster_is_said_before_all),
        cmocka_unit_test(a_card_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
