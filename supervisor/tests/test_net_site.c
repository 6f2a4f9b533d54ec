/* bond=, vlan=, bridge=, ifname= and ip= together: texts and exactly what they become. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/site_lab.h"

/* The canonical form of these words on the command line; the first line, hostname=, left out. */
static const char *print(const char *words)
{
    struct site *site = site_new();
    site_take(site, (struct place){.file = "command line"}, words);
    site_check_network(site);
    return site_text_below(site);
}

static void the_blade_chassis(void **state)
{
    (void)state;
    static const char words[] =
        "ifname=eth0:52:54:00:00:00:01\n"
        "bond=bond0:eth0,eth1:mode=active-backup,arp_interval=200,arp_validate=all,arp_ip_target="
        "10.1.0.1;10.1.0.2,primary=eth0:9000\n"
        "bond=bond1:eth2,eth3:mode=802.3ad,miimon=100,updelay=200,xmit_hash_policy=layer3+4,"
        "lacp_rate=fast\n"
        "vlan=bond0.10:bond0\n"
        "vlan=vlan0020:bond1\n"
        "bridge=xenbr0:bond0.10\n"
        "bridge=xenbr1:vlan0020\n"
        "ip=10.1.0.5::10.1.0.1:24::xenbr0:none\n";
    assert_string_equal(print(words), words); /* the canonical form is what it is made of */
}

static void every_mode_and_option_has_names_and_bounds(void **state)
{
    (void)state;
    char words[256], expected[640], value[32];
    for (uint32_t mode = 0; mode < BOND_MODES; mode++)
        for (int id = 1; id < BOND_OPTIONS; id++) {
            const struct bond_option *o = &bond_option[id];
            uint32_t v = o->names != NULL ? 1 : (o->max < 100 ? o->max : 100);
            if (!bond_option_fits(o, mode) || v == o->initial)
                continue;
            bond_option_format(o, v, value, sizeof value);
            bool arp = id >= BOND_ARP_INTERVAL && id <= BOND_ARP_MISSED_MAX;
            const char *monitor = id == BOND_MIIMON || id == BOND_ARP_INTERVAL ? ""
                                  : arp                                        ? ",arp_interval=100"
                                                                               : ",miimon=100";
            const char *targets = arp ? ",arp_ip_target=10.0.0.1" : "";
            snprintf(words, sizeof words, "bond=b:e:mode=%u,%s=%s%s%s", mode, o->name, value,
                     monitor, targets);
            snprintf(expected, sizeof expected, "bond=b:e:mode=%s",
                     bond_option[BOND_MODE].names[mode]);
            const char *printed = print(words);
            assert_int_equal(strncmp(printed, expected, strlen(expected)), 0);
            snprintf(expected, sizeof expected, ",%s=%s", o->name, value);
            assert_non_null(strstr(printed, expected));
            assert_null(strstr(printed, "error"));
            if (o->names != NULL)
                continue;
            snprintf(words, sizeof words, "bond=b:e:mode=%u,%s=%u", mode, o->name, o->max + 1);
            snprintf(expected, sizeof expected,
                     "error: command line: %s: %s=%u: expected 0 to %u\n", words, o->name,
                     o->max + 1, o->max);
            assert_string_equal(print(words), expected);
        }
}

static void malformed_words_are_left_out_with_an_error(void **state)
{
    (void)state;
#define BOND   "expected NAME:IFACE[,IFACE...][:OPTION=VALUE,...[:MTU]], names of 1 to 15 letters"
#define VLAN   "expected NAME:IFACE, with the number 1 to 4094 in the name: vlan5 or eth0.5"
#define IFNAME "expected NAME:MAC, a name of 1 to 15 letters and an address like 52:54:00:12:34:56"
    static const char *const bad[][2] = {
        {"bond=bond0", BOND},
        {"bond=a-bond-name-too-long:eth0", BOND},
        {"bond=b:eth0,,eth1", BOND},
        {"bond=b:b", BOND},
        {"bond=b:1,2,3,4,5,6,7,8,9", "expected at most 8 interfaces"},
        {"bond=b:e:speed=9", "speed: expected an option of relevo.conf(5)"},
        {"bond=b:e:miimon", "miimon: expected an option of relevo.conf(5)"},
        {"bond=b:e:mode=fast", "mode=fast: expected balance-rr, active-backup, balance-xor, "
                               "broadcast, 802.3ad, balance-tlb, balance-alb"},
        {"bond=b:e:miimon=-1", "miimon=-1: expected 0 to 60000"},
        {"bond=b:e:miimon=100:67", "MTU 67: expected 68 to 65535"},
        {"bond=b:e:miimon=100,arp_interval=100,arp_ip_target=10.0.0.1",
         "expected miimon= or arp_interval=, not both"},
        {"bond=b:e:arp_interval=100", "expected arp_interval= and arp_ip_target= together"},
        {"bond=b:e:miimon=100,arp_ip_target=10.0.0.1",
         "expected arp_interval= and arp_ip_target= together"},
        {"bond=b:e:arp_interval=100,arp_ip_target=10.0.0.300",
         "arp_ip_target: expected 1 to 16 IPv4 addresses with ; between them"},
        {"bond=b:e:miimon=100,updelay=50",
         "updelay, downdelay, peer_notif_delay: expected multiples of miimon"},
        {"bond=b:e:mode=802.3ad,arp_interval=100,arp_ip_target=10.0.0.1",
         "arp_interval: not for mode 802.3ad"},
        {"bond=b:e:mode=1,miimon=100,lacp_rate=fast", "lacp_rate: not for mode active-backup"},
        {"bond=b:e:miimon=100,primary=e",
         "primary: expected mode active-backup, balance-tlb or balance-alb"},
        {"bond=b:e:mode=1,miimon=100,primary=f", "primary: expected one of the bond's interfaces"},
        {"vlan=vlan0:e", VLAN},
        {"vlan=vlan4095:e", VLAN},
        {"vlan=eth0.:eth0", VLAN},
        {"vlan=storage:eth0", VLAN},
        {"vlan=vlan5", VLAN},
        {"vlan=vlan5:vlan5", VLAN},
        {"ifname=eth0", IFNAME},
        {"ifname=eth0:52:54:00:00:00", IFNAME},
        {"ifname=eth0:53:54:00:00:00:01", IFNAME}, /* a group address */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char expected[512];
        snprintf(expected, sizeof expected, "error: command line: %s: %s\n", bad[i][0], bad[i][1]);
        assert_string_equal(print(bad[i][0]), expected);
    }
}

#define GOOD "bond=b:e:mode=balance-rr,miimon=100\n"

static void what_contradicts_an_earlier_word_is_left_out(void **state)
{
    (void)state;
    assert_string_equal(
        print(GOOD "bond=c:f,e:miimon=100"),
        GOOD "error: command line: bond=c: e is in bond b already; expected once; left out\n");
    assert_string_equal(
        print("bond=b:e,e:miimon=100"),
        "error: command line: bond=b: e is in bond b already; expected once; left out\n");
    assert_string_equal(
        print(GOOD "bridge=br0:e"),
        GOOD "error: command line: bridge=br0: e is in bond b already; expected once; left out\n");
    assert_string_equal(print(GOOD "bridge=b:f"),
                        GOOD "error: command line: bridge=b: is the name of a bond already; "
                             "expected names to differ; left out\n");
    assert_string_equal(print("vlan=vlan5:vlan6 vlan=vlan6:br0 bridge=br0:vlan5 bridge=br1:br0"),
                        "vlan=vlan6:br0\n"
                        "bridge=br0:vlan5\n"
                        "bridge=br1:br0\n"
                        "error: command line: vlan=vlan5: stands on itself in the end; expected "
                        "no loop; left out\n");
    assert_string_equal(print("ip=10.0.0.2:::24::a:none ip=10.0.0.2:::16::b:none"),
                        "ip=10.0.0.2:::24::a:none\n"
                        "error: command line: 10.0.0.2: is the address of a already; expected "
                        "once; left out\n");
    assert_string_equal(print("vlan=vlan5:e vlan=e.5:e"),
                        "vlan=vlan5:e\n"
                        "error: command line: vlan=e.5:e: this VLAN given twice, first in command "
                        "line; expected once\n");
    assert_string_equal(print("ifname=a:52:54:00:00:00:01 ifname=b:52:54:00:00:00:01"),
                        "ifname=a:52:54:00:00:00:01\n"
                        "error: command line: ifname=b:52:54:00:00:00:01: this name or address "
                        "given twice, first in command line; expected once\n");
}

static void a_loop_under_another_link_ends(void **state)
{
    (void)state;
    char words[1024] = "bond=top:br0:miimon=100 bridge=br0:";
    for (int i = 1; i <= 8; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), "%sbr0.%d", i > 1 ? "," : "",
                 i);
    for (int i = 1; i <= 8; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), " vlan=br0.%d:br0", i);
    const char *printed = print(words);
    assert_non_null(strstr(printed, "bond=top:br0"));
    assert_non_null(strstr(printed, "vlan=br0.8: stands on itself"));
}

static void warnings_about_monitoring(void **state)
{
    (void)state;
    assert_string_equal(print("bond=b:e"),
                        "bond=b:e:mode=balance-rr,miimon=100\n"
                        "warning: command line: bond=b:e: neither miimon= nor arp_interval= given; "
                        "miimon=100 is used\n");
    assert_string_equal(print("bond=b:e:miimon=0"),
                        "bond=b:e:mode=balance-rr,miimon=0\n"
                        "warning: command line: bond=b:e:miimon=0: is not monitored: a link that "
                        "fails will still be used; expected miimon= or arp_interval=\n");
    assert_non_null(strstr(print("bond=b:e:mode=1,arp_interval=100,arp_ip_target=10.0.0.1"),
                           "arp_validate=none takes any neighbour's broadcast as life"));
    static const char inside[] = "bond=b:e,f:mode=active-backup,miimon=100 vlan=b.10:b "
                                 "bridge=br0:b.10 ip=10.0.0.2::10.0.0.1:24::br0:none";
    assert_non_null(strstr(print(inside),
                           "warning: command line: bond=b: miimon sees the blade's own links only, "
                           "not a failure behind them; expected "
                           "arp_interval=200,arp_ip_target=10.0.0.1,arp_validate=all\n"));
    assert_null(strstr(print("bond=b:e,f:mode=active-backup,miimon=100 bridge=br0:g "
                             "ip=10.0.0.2::10.0.0.1:24::br0:none"),
                       "warning"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_blade_chassis),
        cmocka_unit_test(every_mode_and_option_has_names_and_bounds),
        cmocka_unit_test(malformed_words_are_left_out_with_an_error),
        cmocka_unit_test(what_contradicts_an_earlier_word_is_left_out),
        cmocka_unit_test(a_loop_under_another_link_ends),
        cmocka_unit_test(warnings_about_monitoring),
    };
    return cmocka_run_group_tests_name("net_site", tests, NULL, NULL);
}
