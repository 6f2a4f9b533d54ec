#include "config/wwid.h"

#include <string.h>

#include "tests/test.h"

static const char *canonical(const char *text)
{
    static char wwid[WWID_SIZE];
    return wwid_canonical(text, wwid) == 0 ? wwid : NULL;
}

static void all_ways_of_writing_an_naa_name_are_one(void **state)
{
    (void)state;
    static const char *const ways[] = {
        "naa.600A0B80001234560000111122223333",   "naa.600a0b80001234560000111122223333",
        "3600a0b80001234560000111122223333",      "0x600a0b80001234560000111122223333",
        "wwn-0x600a0b80001234560000111122223333", "scsi-3600a0b80001234560000111122223333",
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        assert_string_equal(canonical(ways[i]), "naa.600a0b80001234560000111122223333");
    assert_string_equal(canonical("350014380025bc5d0"), "naa.50014380025bc5d0");
}

static void eui_uuid_and_t10_names(void **state)
{
    (void)state;
    assert_string_equal(canonical("eui.002538B111B2C3D4"), "eui.002538b111b2c3d4");
    assert_string_equal(canonical("2002538b111b2c3d4"), "eui.002538b111b2c3d4");
    assert_string_equal(canonical("eui.0100000001000000e4d25c0000000001"),
                        "eui.0100000001000000e4d25c0000000001");
    assert_string_equal(canonical("uuid.9E5C1C60-1f08-4f8a-8d57-1e6a1a2b3c4d"),
                        "uuid.9e5c1c60-1f08-4f8a-8d57-1e6a1a2b3c4d");
    assert_string_equal(canonical("t10.ATA     QEMU HARDDISK   QM00001  "),
                        "t10.ATA_QEMU_HARDDISK_QM00001");
    assert_string_equal(canonical("1ATA_QEMU_HARDDISK_QM00001"), "t10.ATA_QEMU_HARDDISK_QM00001");
}

static void what_names_nothing_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "naa.",
        "naa.600a0b8000123456000011112222333",   /* a digit short */
        "naa.600a0b800012345600001111222233334", /* and one too many */
        "naa.700a0b8000123456",
        "naa.600a0b80001234560000111122223g33",
        "3",
        "sda",
        "eui.12",
        "uuid.1234",
        "t10.   ",
        "t10.a\"b",
        "/dev/sda",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_null(canonical(bad[i]));
    char longest[2 * WWID_SIZE];
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "t10.", 4);
    longest[WWID_SIZE] = '\0';
    assert_null(canonical(longest));
    longest[WWID_SIZE - 1] = '\0';
    assert_non_null(canonical(longest));
}

/* A page with the target port's name, a T10 name, and the LUN's NAA name. */
static const uint8_t page[] = {
    0,    0x83, 0,    48,                                                   /**/
    0x61, 0x93, 0,    8,    0x50, 0x01, 0x43, 0x80, 0x02, 0x5b, 0xc5, 0xd0, /* of the port */
    0x02, 0x01, 0,    12,   'L',  'I',  'O',  ' ',  ' ',  ' ',  ' ',  ' ',
    'd',  'i',  's',  'k', /* T10 */
    0x01, 0x03, 0,    16,   0x60, 0x0a, 0x0b, 0x80, 0,    0x12, 0x34, 0x56,
    0,    0,    0x11, 0x11, 0x22, 0x22, 0x33, 0x33,
};

static void any_designator_of_the_lun_will_do(void **state)
{
    (void)state;
    assert_true(wwid_in_page(page, sizeof page, "naa.600a0b80001234560000111122223333"));
    assert_true(wwid_in_page(page, sizeof page, "t10.LIO_disk"));
    assert_false(wwid_in_page(page, sizeof page, "naa.600a0b80001234560000111122223334"));
    /* The port's name is the same for all of its LUNs. */
    assert_false(wwid_in_page(page, sizeof page, "naa.50014380025bc5d0"));
}

static void a_broken_page_names_nothing_and_is_not_read_beyond_its_end(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof page; size++) {
        uint8_t part[sizeof page];
        memcpy(part, page, size);
        assert_false(wwid_in_page(part, size, "naa.600a0b80001234560000111122223333"));
    }
    static const uint8_t other[] = {0, 0x80, 0, 4, 'a', 'b', 'c', 'd'};
    assert_false(wwid_in_page(other, sizeof other, "t10.abcd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ways_of_writing_an_naa_name_are_one),
        cmocka_unit_test(eui_uuid_and_t10_names),
        cmocka_unit_test(what_names_nothing_is_refused),
        cmocka_unit_test(any_designator_of_the_lun_will_do),
        cmocka_unit_test(a_broken_page_names_nothing_and_is_not_read_beyond_its_end),
    };
    return cmocka_run_group_tests_name("wwid", tests, NULL, NULL);
}
