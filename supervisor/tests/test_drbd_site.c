/* drbd= and exactly what it becomes: canonical form and errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/site_lab.h"

static struct site *site_of(const char *cmdline, const char *site_conf)
{
    struct site *site = site_new();
    snprintf(site->hostname, sizeof site->hostname, "blade1");
    site_take(site, (struct place){.file = "command line"}, cmdline);
    site_take(site, (struct place){.file = "site.conf", .line = 7}, site_conf);
    return site;
}

/* What relevod -n prints for these words, the hostname aside. */
static const char *print(const char *cmdline, const char *site_conf)
{
    return site_text_below(site_of(cmdline, site_conf));
}

#define HERE  "blade1@10.0.0.1:7788"
#define THERE "blade2@10.0.0.2:7788"
#define WEB   "drbd=web:0:/dev/mapper/web:" HERE "," THERE

static void options_that_are_not_the_default_are_printed(void **state)
{
    (void)state;
    assert_string_equal(print(WEB, ""), WEB "\n");
    assert_string_equal(print("", WEB ":protocol=C,ping-int=2,verify-every=never"), WEB "\n");
    assert_string_equal(
        print("",
              WEB ":protocol=A,fencing=dont-care,on-io-error=pass_on,ping-int=10,"
                  "ping-timeout=10,timeout=60,connect-int=10,ko-count=0,resync-rate=1000,"
                  "c-plan-ahead=0,c-fill-target=0,c-max-rate=20000,c-min-rate=0,verify-alg=sha256,"
                  "csums-alg=crc32c,verify-every=168"),
        WEB ":protocol=A,fencing=dont-care,on-io-error=pass_on,ping-int=10,"
            "ping-timeout=10,timeout=60,connect-int=10,ko-count=0,resync-rate=1000,"
            "c-plan-ahead=0,c-fill-target=0,c-max-rate=20000,c-min-rate=0,verify-alg=sha256,"
            "csums-alg=crc32c,verify-every=168\n");
    assert_string_equal(
        print("drbd=v6:7:/dev/sdb1:blade1@[fd00::1]:7000,blade2@[fd00:0::2]:7001:", ""),
        "drbd=v6:7:/dev/sdb1:blade1@[fd00::1]:7000,blade2@[fd00::2]:7001\n");
}

static void what_cannot_be_is_said_where_it_stands(void **state)
{
    (void)state;
#define FORM "expected NAME:MINOR:BACKING:NODE@ADDR:PORT,NODE@ADDR:PORT[:OPTION=VALUE,...]"
#define NODE                                                                                       \
    "expected NODE@ADDR, as blade1@10.0.0.1 or blade1@[fd00::1], and a port from 1 to 65535"
    static const struct {
        const char *value, *error;
    } cases[] = {
        {"web", FORM},
        {"web:0:/dev/sda:" HERE, FORM},
        {"web:0:/dev/sda:" HERE ";" THERE, FORM},
        {":0:/dev/sda:" HERE "," THERE, "expected a name of 1 to 31 letters, digits and _ . + -, "
                                        "not beginning with . or -"},
        {"..:0:/dev/sda:" HERE "," THERE, "expected a name of 1 to 31 letters, digits and _ . + -, "
                                          "not beginning with . or -"},
        {"web:-1:/dev/sda:" HERE "," THERE, "-1: expected a minor number from 0 to 1048575"},
        {"web:1048576:/dev/sda:" HERE "," THERE,
         "1048576: expected a minor number from 0 to 1048575"},
        {"web:0:sda:" HERE "," THERE, "sda: expected a path that begins with /dev/"},
        {"web:0:/dev/sda:10.0.0.1:7788," THERE, "10.0.0.1:7788: " NODE},
        {"web:0:/dev/sda:@10.0.0.1:7788," THERE, "@10.0.0.1:7788: " NODE},
        {"web:0:/dev/sda:blade1@10.0.0.256:7788," THERE, "blade1@10.0.0.256:7788: " NODE},
        {"web:0:/dev/sda:" HERE ",blade2@10.0.0.2:0", "blade2@10.0.0.2:0: " NODE},
        {"web:0:/dev/sda:" HERE ",blade2@10.0.0.2:65536", "blade2@10.0.0.2:65536: " NODE},
        {"web:0:/dev/sda:" HERE ",blade2@[fd00::g]:1", "blade2@[fd00::g]:1: " NODE},
        {"web:0:/dev/sda:" HERE ",blade1@10.0.0.2:7788",
         "both sides are on blade1; expected two nodes"},
        {"web:0:/dev/sda:" HERE "," THERE ":protocol=D", "protocol=D: expected A, B, C"},
        {"web:0:/dev/sda:" HERE "," THERE ":ping-int=0", "ping-int=0: expected 1 to 120"},
        {"web:0:/dev/sda:" HERE "," THERE ":verify-every=0",
         "verify-every=0: expected never, 1 to 8784"},
        {"web:0:/dev/sda:" HERE "," THERE ":protocol=A",
         "protocol=A: what the peer has not got yet is lost with this node; expected "
         "fencing=dont-care beside it, to say so"},
        {"web:0:/dev/sda:" HERE "," THERE ":timeout=20",
         "timeout=20 (0.1 s): expected it shorter than ping-int (2 s) and connect-int (2 s)"},
        {"web:0:/dev/sda:" HERE "," THERE ":verify-every=24,verify-alg=none",
         "verify-every: expected a verify-alg other than none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char word[256], expected[512];
        snprintf(word, sizeof word, "drbd=%s", cases[i].value);
        snprintf(expected, sizeof expected, "error: site.conf:7: %.94s: %s\n", word,
                 cases[i].error);
        const char *got = print("", word);
        if (strstr(got, cases[i].error) == NULL)
            fail_msg("%s: got %s", word, got);
        assert_true(strncmp(got, "error: site.conf:7: drbd=", 25) == 0);
        assert_true(strchr(got, '\n')[1] == '\0');
    }
}

static void an_unknown_option_is_told_the_known_ones(void **state)
{
    (void)state;
    assert_non_null(
        strstr(print("", WEB ":rate=1"),
               "rate is no option; expected one of protocol, fencing, on-io-error, ping-int, "
               "ping-timeout, timeout, connect-int, ko-count, resync-rate, "
               "c-plan-ahead, c-fill-target, c-max-rate, c-min-rate, verify-alg, "
               "csums-alg, verify-every"));
}

static void what_only_one_can_have_is_given_once(void **state)
{
    (void)state;
    static const struct {
        const char *second, *error; /* NULL: it is good */
    } cases[] = {
        {"web:1:/dev/sdb:blade1@10.0.0.1:1,blade2@10.0.0.2:1",
         "there is a mirror web already; expected names to differ"},
        {"db:1:/dev/sdb:" HERE ",blade2@10.0.0.2:1",
         "10.0.0.1:7788 is used by mirror web already; expected a port for each mirror"},
        {"db:1:/dev/sdb:blade3@10.0.0.3:1,blade4@10.0.0.2:7788",
         "10.0.0.2:7788 is used by mirror web already; expected a port for each mirror"},
        {"db:0:/dev/sdb:blade1@10.0.0.1:1,blade3@10.0.0.3:1",
         "minor 0 is mirror web already; expected minors to differ on a node"},
        {"db:1:/dev/mapper/web:blade3@10.0.0.3:1,blade2@10.0.0.2:1",
         "/dev/mapper/web is under mirror web already; expected a device for each mirror"},
        {"db:0:/dev/mapper/web:blade3@10.0.0.3:1,blade4@10.0.0.4:1", NULL},
        {"db:1:/dev/sdb:blade1@10.0.0.1:7789,blade2@10.0.0.2:7788",
         "10.0.0.2:7788 is used by mirror web already; expected a port for each mirror"},
        {"db:1:/dev/sdb:blade1@10.0.0.1:7789,blade2@10.0.0.2:7789", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char words[512];
        snprintf(words, sizeof words, WEB " drbd=%s", cases[i].second);
        struct site *site = site_of("", words);
        assert_int_equal(site->errors, cases[i].error != NULL);
        assert_int_equal(site->drbd.mirrors, cases[i].error != NULL ? 1 : 2);
        if (cases[i].error != NULL && strstr(site->error[0].text, cases[i].error) == NULL)
            fail_msg("%s", site->error[0].text);
        site_free(site);
    }
    /* The command line wins over the file. */
    assert_string_equal(print(WEB, "drbd=web:1:/dev/sdb:blade1@10.0.0.1:1,blade2@10.0.0.2:1"),
                        WEB "\n");
}

static void a_node_knows_its_side(void **state)
{
    (void)state;
    struct site *site = site_of("", WEB " drbd=b:1:/dev/sdb:x@10.0.0.3:1,blade1@10.0.0.1:1"
                                        " drbd=c:2:/dev/sdc:x@10.0.0.3:2,y@10.0.0.1:2");
    assert_int_equal(site->errors, 0);
    assert_int_equal(site->drbd.mirror[0].me, 0);
    assert_int_equal(site->drbd.mirror[1].me, 1);
    assert_int_equal(site->drbd.mirror[2].me, DRBD_NOBODY);
    assert_int_equal(drbd_find_disk(&site->drbd, "/dev/drbd/b"), 1);
    assert_int_equal(drbd_find_disk(&site->drbd, "/dev/drbd1"), -1);
    assert_int_equal(drbd_find_disk(&site->drbd, "/dev/drbd/d"), -1);
    site_free(site);
}

static void guests_disks_are_mirrors_of_their_home(void **state)
{
    (void)state;
    struct site *site = site_of("", WEB " drbd=c:1:/dev/sdb:x@10.0.0.3:2,y@10.0.0.4:2"
                                        " guest=a:disk=/dev/drbd/web,memory=64,home=blade1"
                                        " guest=b:disk=/dev/drbd/none,memory=64,home=blade1"
                                        " guest=c:disk=/dev/drbd/c,memory=64,home=blade1"
                                        " guest=d:disk=/dev/drbd/c,memory=64,home=x");
    assert_int_equal(site->errors, 0);
    site_check_drbd(site);
    assert_int_equal(site->errors, 2);
    assert_non_null(strstr(site->error[0].text,
                           "/dev/drbd/none: disk of guest b: expected the name of a mirror (drbd=) "
                           "behind /dev/drbd/"));
    assert_non_null(strstr(site->error[1].text, "/dev/drbd/c: disk of guest c, whose home is "
                                                "blade1: mirror c is on x and y"));
    site_free(site);
}

static void there_is_an_end_to_their_number(void **state)
{
    (void)state;
    struct site *site = site_of("", "");
    for (int i = 0; i <= SITE_DRBDS_MAX; i++) {
        char word[128];
        snprintf(word, sizeof word, "drbd=m%d:%d:/dev/sd%d:a@10.0.0.1:%d,b@10.0.0.2:%d", i, i, i,
                 i + 1, i + 1);
        site_take(site, (struct place){.file = "site.conf", .line = i + 1}, word);
    }
    assert_int_equal(site->drbd.mirrors, SITE_DRBDS_MAX);
    assert_int_equal(site->errors, 1);
    assert_non_null(strstr(site->error[0].text, "too many; expected at most 128 mirrors"));
    site_free(site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_that_are_not_the_default_are_printed),
        cmocka_unit_test(what_cannot_be_is_said_where_it_stands),
        cmocka_unit_test(an_unknown_option_is_told_the_known_ones),
        cmocka_unit_test(what_only_one_can_have_is_given_once),
        cmocka_unit_test(a_node_knows_its_side),
        cmocka_unit_test(guests_disks_are_mirrors_of_their_home),
        cmocka_unit_test(there_is_an_end_to_their_number),
    };
    return cmocka_run_group_tests_name("drbd words", tests, NULL, NULL);
}
