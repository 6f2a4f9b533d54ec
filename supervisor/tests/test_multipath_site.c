/* multipath= and exactly what it becomes: canonical form and errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/site_lab.h"

/* What relevod -n prints for these words, the hostname aside. */
static const char *print(const char *cmdline, const char *site_conf)
{
    struct site *site = site_new();
    site_take(site, (struct place){.file = "command line"}, cmdline);
    site_take(site, (struct place){.file = "site.conf", .line = 7}, site_conf);
    return site_text_below(site);
}

#define WWID "naa.600a0b80001234560000111122223333"

static void options_that_are_not_the_default_are_printed(void **state)
{
    (void)state;
    assert_string_equal(print("multipath=web:3600A0B80001234560000111122223333", ""),
                        "multipath=web:" WWID "\n");
    assert_string_equal(
        print("", "multipath=web:" WWID ":group=multibus,selector=queue-length,hwhandler=alua,"
                  "checker=read,interval=10,failback=manual,no_path_retry=queue"),
        "multipath=web:" WWID ":group=multibus,selector=queue-length,hwhandler=alua,"
        "checker=read,interval=10,failback=manual,no_path_retry=queue\n");
    assert_string_equal(print("", "multipath=web:" WWID ":timeout=30,eh_timeout=5,max_retries=5,"
                                  "fast_io_fail_tmo=10,dev_loss_tmo=infinity"),
                        "multipath=web:" WWID
                        ":timeout=30,eh_timeout=5,max_retries=5,fast_io_fail_tmo=10,"
                        "dev_loss_tmo=infinity\n");
    assert_string_equal(print("multipath=web:" WWID ":failback=30,no_path_retry=fail", ""),
                        "multipath=web:" WWID ":failback=30,no_path_retry=fail\n");
    assert_string_equal(print("multipath=web:" WWID ":interval=5,failback=immediate", ""),
                        "multipath=web:" WWID "\n");
    assert_string_equal(print("\"multipath=t:t10.ATA     QEMU HARDDISK   QM1\"", ""),
                        "multipath=t:t10.ATA_QEMU_HARDDISK_QM1\n");
}

static void what_cannot_be_is_said_where_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *word, *error;
    } cases[] = {
        {"multipath=web", "multipath=web: expected ALIAS:WWID[:OPTION=VALUE,...]"},
        {"multipath=web:sda", "multipath=web:sda: expected a WWID: naa.6..., eui..., uuid..., "
                              "t10... or multipath's 36..."},
        {"multipath=:" WWID, "multipath=:" WWID ": expected a name of 1 to 31 letters, digits and "
                             "_ . + -"},
        {"multipath=control:" WWID, "multipath=control:" WWID ": expected a name of 1 to 31 "
                                    "letters, digits and _ . + -"},
        {"multipath=a/b:" WWID, "multipath=a/b:" WWID ": expected a name of 1 to 31 letters, "
                                "digits and _ . + -"},
        {"multipath=w:" WWID ":grp=x", "multipath=w:" WWID ":grp=x: grp is no option; expected one "
                                       "of group, selector, hwhandler, checker, interval, "
                                       "failback, no_path_retry, timeout, eh_timeout, "
                                       "max_retries, fast_io_fail_tmo, dev_loss_tmo"},
        {"multipath=w:" WWID ":max_retries=6",
         "multipath=w:" WWID ":max_retries=6: max_retries=6: expected 0 to 5"},
        {"multipath=w:" WWID ":dev_loss_tmo=5",
         "multipath=w:" WWID ":dev_loss_tmo=5: expected dev_loss_tmo to be more than "
         "fast_io_fail_tmo"},
        {"multipath=w:" WWID ":fast_io_fail_tmo=off,dev_loss_tmo=601",
         "multipath=w:" WWID ":fast_io_fail_tmo=off,dev_loss_tmo=601: without fast_io_fail_tmo, "
         "expected dev_loss_tmo=600 or less"},
        {"multipath=w:" WWID ":group=x",
         "multipath=w:" WWID ":group=x: group=x: expected failover, multibus"},
        {"multipath=w:" WWID ":interval=0",
         "multipath=w:" WWID ":interval=0: interval=0: expected 1 to 3600"},
        {"multipath=w:" WWID ":no_path_retry=-1",
         "multipath=w:" WWID ":no_path_retry=-1: no_path_retry=-1: expected fail, queue or 1 to "
         "86400"},
        {"multipath=w:" WWID ":failback",
         "multipath=w:" WWID ":failback: failback=: expected immediate, manual or 1 to 86400"},
        {"multipath", "multipath: expected multipath=VALUE"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[512];
        snprintf(expected, sizeof expected, "error: site.conf:7: %s\n", cases[i].error);
        assert_string_equal(print("", cases[i].word), expected);
    }
}

static void names_and_wwids_differ(void **state)
{
    (void)state;
    assert_string_equal(
        print("", "multipath=web:" WWID " multipath=web:naa.5000000000000001"),
        "multipath=web:" WWID "\n"
        "error: site.conf:7: multipath=web:naa.5000000000000001: alias web has " WWID
        " already; expected aliases to differ\n");
    assert_string_equal(
        print("", "multipath=web:" WWID " multipath=db:3600a0b80001234560000111122223333"),
        "multipath=web:" WWID "\n"
        "error: site.conf:7: multipath=db:3600a0b80001234560000111122223333: this "
        "WWID is web already; expected WWIDs to differ\n");
    /* The command line wins over the file. */
    assert_string_equal(print("multipath=web:" WWID, "multipath=web:naa.5000000000000001"),
                        "multipath=web:" WWID "\n");
}

static void there_is_an_end_to_their_number(void **state)
{
    (void)state;
    struct site *site = calloc(1, sizeof *site);
    assert_non_null(site);
    for (int i = 0; i <= SITE_MULTIPATHS_MAX; i++) {
        char word[64];
        snprintf(word, sizeof word, "multipath=lun%d:naa.5%015x", i, i);
        site_take(site, (struct place){.file = "site.conf", .line = i + 1}, word);
    }
    assert_int_equal(site->multipath.maps, SITE_MULTIPATHS_MAX);
    assert_int_equal(site->errors, 1);
    assert_non_null(strstr(site->error[0].text, "too many; expected at most 256 LUNs"));
    site_free(site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_that_are_not_the_default_are_printed),
        cmocka_unit_test(what_cannot_be_is_said_where_it_stands),
        cmocka_unit_test(names_and_wwids_differ),
        cmocka_unit_test(there_is_an_end_to_their_number),
    };
    return cmocka_run_group_tests_name("multipath words", tests, NULL, NULL);
}
