/* Configuration texts and exactly what they become: canonical form and errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/guest_file.h"
#include "tests/site_lab.h"

static void put(const struct folder *f, const char *name, const char *text)
{
    folder_put(f, name, text, 0644);
}

/* What relevod -n prints for the folder's files on this command line. */
static const char *print(struct folder *f, const char *cmdline)
{
    return site_text(folder_load(f, cmdline, "blade1"));
}

static void words_of_others_are_passed_over(void **state)
{
    assert_string_equal(print(*state, "console=hvc0 quiet root=/dev/ram0 xen_blkback.max_ring=4 "
                                      "rescue shell=ttyS1 hostname=b7\n"),
                        "hostname=b7\n");
}

static void network_words(void **state)
{
    assert_string_equal(print(*state,
                              "bridge=xenbr0:eth0,eth1 bridge=inner: "
                              "ip=10.0.0.2::10.0.0.254:255.255.255.0::xenbr0:none ip=eth3:dhcp "
                              "ip=[fe80::1]::[fe80::2]:64::eth2:none ip=:::::eth4:dhcp "
                              "nameserver=10.0.0.1 nameserver=[fe80::5]\n"),
                        "hostname=blade1\n"
                        "bridge=xenbr0:eth0,eth1\n"
                        "bridge=inner:\n"
                        "ip=10.0.0.2::10.0.0.254:24::xenbr0:none\n"
                        "ip=eth3:dhcp\n"
                        "ip=[fe80::1]::[fe80::2]:64::eth2:none\n"
                        "ip=eth4:dhcp\n"
                        "nameserver=10.0.0.1\n"
                        "nameserver=fe80::5\n");
}

static void malformed_words_are_left_out_with_an_error(void **state)
{
    static const char expect_ip[] =
        "expected ADDRESS::GATEWAY:MASK::IFACE:none or IFACE:dhcp (IPv6 "
        "in brackets)\n";
    static const char expect_bridge[] =
        "expected NAME:IFACE[,IFACE...], names of 1 to 15 letters\n";
    static const struct {
        const char *words, *token, *expected;
    } bad[] = {
        {"bridge=:eth0", "bridge=:eth0", expect_bridge},
        {"bridge=a-bridge-too-long:eth0", "bridge=a-bridge-too-long:eth0", expect_bridge},
        {"bridge=br0:br0", "bridge=br0:br0", expect_bridge},
        {"bridge=br0:eth0,,eth1", "bridge=br0:eth0,,eth1", expect_bridge},
        {"bridge", "bridge", "expected bridge=VALUE\n"},
        {"ip=dhcp", "ip=dhcp", expect_ip},
        {"ip=10.0.0.2::::::", "ip=10.0.0.2::::::", expect_ip},
        {"ip=10.0.0.300:::24::eth0:none", "ip=10.0.0.300:::24::eth0:none", expect_ip},
        {"ip=10.0.0.3:::33::eth0:none", "ip=10.0.0.3:::33::eth0:none", expect_ip},
        {"ip=10.0.0.3:::255.0.255.0::eth0:none", "ip=10.0.0.3:::255.0.255.0::eth0:none", expect_ip},
        {"ip=10.0.0.3::fe80:24::eth0:none", "ip=10.0.0.3::fe80:24::eth0:none", expect_ip},
        {"ip=10.0.0.3:::24::eth0:bootp", "ip=10.0.0.3:::24::eth0:bootp", expect_ip},
        {"nameserver=ns.example", "nameserver=ns.example", "expected an IP address\n"},
        {"ntp=10.0.0.1", "ntp", "not supported by this version; left out\n"},
        {"bridgee=br0:eth0", "bridgee",
         "not known; expected bridge=, if it is meant for relevod\n"},
        {"geust=a:b", "geust", "not known; expected guest=, if it is meant for relevod\n"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char expected[512];
        snprintf(expected, sizeof expected, "hostname=blade1\nerror: command line: %s: %s",
                 bad[i].token, bad[i].expected);
        assert_string_equal(print(*state, bad[i].words), expected);
    }
}

static void the_command_line_wins_and_repetition_is_an_error(void **state)
{
    put(*state, "site.conf",
        "bridge=xenbr0:eth9\nip=10.0.0.9:::24::xenbr0:none\nnameserver=10.0.0.1\n"
        "bridge=xenbr1:eth0 # not a comment\nbridge=xenbr2:eth4\nbridge=xenbr2:eth5\n");
    assert_string_equal(
        print(*state, "bridge=xenbr0:eth0 ip=10.0.0.2:::24::xenbr0:none nameserver=10.0.0.1\n"),
        "hostname=blade1\n"
        "bridge=xenbr0:eth0\n"
        "bridge=xenbr2:eth4\n"
        "ip=10.0.0.2:::24::xenbr0:none\n"
        "nameserver=10.0.0.1\n"
        "error: site.conf:4: bridge=xenbr1:eth0: eth0 is in bridge xenbr0 already; expected once\n"
        "error: site.conf:4: #: not known; expected a parameter of relevo.conf(5)\n"
        "error: site.conf:4: not: not known; expected a parameter of relevo.conf(5)\n"
        "error: site.conf:4: a: not known; expected a parameter of relevo.conf(5)\n"
        "error: site.conf:4: comment: not known; expected a parameter of relevo.conf(5)\n"
        "error: site.conf:6: bridge=xenbr2:eth5: bridge given twice, first in site.conf:5; "
        "expected "
        "once\n");
}

static void sections_are_chosen_by_hostname(void **state)
{
    put(*state, "site.conf",
        "# for all\nnameserver=10.0.0.1\n[blade?]\nnameserver=10.0.0.2\n\n[spare*]\n"
        "nameserver=10.0.0.3\nnonsense=\n[blade1\nnameserver=10.0.0.4\n[blade1] # x\n"
        "[*]\nnameserver=10.0.0.5\nhostname=other\n");
    assert_string_equal(
        print(*state, ""),
        "hostname=blade1\n"
        "nameserver=10.0.0.1\n"
        "nameserver=10.0.0.2\n"
        "nameserver=10.0.0.5\n"
        "error: site.conf:9: [blade1: expected [PATTERN], matching hostnames; section left out\n"
        "error: site.conf:11: [blade1] # x: expected [PATTERN], matching hostnames; section left "
        "out\n"
        "error: site.conf:14: hostname: expected on the kernel command line only\n");
}

static void limits_hold_and_are_said(void **state)
{
    char words[4096] = "";
    for (int i = 0; i <= SITE_BRIDGES_MAX; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), "bridge=br%d: ", i);
    const char *printed = print(*state, words);
    assert_non_null(strstr(printed, "bridge=br63:\n"));
    assert_null(strstr(printed, "bridge=br64:\n"));
    assert_non_null(strstr(
        printed, "error: command line: bridge=br64:: too many; expected at most 64 bridges\n"));
    assert_string_equal(print(*state, "bridge=br0:1,2,3,4,5,6,7,8\n"),
                        "hostname=blade1\nbridge=br0:1,2,3,4,5,6,7,8\n");
    assert_non_null(
        strstr(print(*state, "bridge=br0:1,2,3,4,5,6,7,8,9\n"), "expected at most 8 interfaces\n"));
    words[0] = '\0';
    for (int i = 0; i < SITE_ERRORS_MAX + 2; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), "ntp=%d ", i);
    assert_non_null(strstr(print(*state, words), "error: and 2 more\n"));
}

static void a_guest_of_words(void **state)
{
    assert_string_equal(
        print(*state,
              "guest=web:disk=/dev/xvda,bridge=xenbr0,memory=64,vcpus=2,type=pvh "
              "guest=db:disk=/dev/a,disk=/dev/b,bridge=br1,mac=00:16:3e:00:00:01,ip=10.0.0.9,"
              "memory=128,home=blade2,peers=blade1,peers=blade3,after=web\n"),
        "hostname=blade1\n"
        "guest db (command line)\n"
        "  uuid 1020ef65-a3ce-8dd8-8826-d87424635279 type pv\n"
        "  memory 128 of 128 MiB, vcpus 1 of 1, weight 0, cap 0\n"
        "  kernel /usr/lib/grub-xen/grub-x86_64-xen.bin\n"
        "  disk xvda /dev/a rw\n"
        "  disk xvdb /dev/b rw\n"
        "  vif 00:16:3e:00:00:01 bridge=br1 ip=10.0.0.9\n"
        "  home blade2 priority 100\n"
        "  peer blade1\n"
        "  peer blade3\n"
        "  after web\n"
        "guest web (command line)\n"
        "  uuid df8f8d65-3332-8e3a-ae12-738be3a85d9c type pvh\n"
        "  memory 64 of 64 MiB, vcpus 2 of 2, weight 0, cap 0\n"
        "  kernel /usr/lib/grub-xen/grub-i386-xen_pvh.bin\n"
        "  disk xvda /dev/xvda rw\n"
        "  vif 00:16:3e:34:0d:0f bridge=xenbr0\n"
        "  home blade1 priority 100\n");
}

static void broken_guest_words(void **state)
{
#define EXPECTED "expected guest=NAME:disk=DEVICE,bridge=BRIDGE,memory=MIB[,KEY=VALUE...]\n"
    static const struct {
        const char *word, *error;
    } bad[] = {
        {"guest=web", "web: " EXPECTED},
        {"guest=a/b:disk=/dev/a", "a/b: " EXPECTED},
        {"guest=web:disk=/dev/a,memory=no", "web: memory=no: " EXPECTED},
        {"guest=web:disk=a,memory=1", "web: disk=a: " EXPECTED},
        {"guest=web:disk=/dev/a,memory=1,color=red", "web: color=red: " EXPECTED},
        {"guest=web:mac=00:16:3e:00:00:01", "web: mac=00:16:3e:00:00:01: " EXPECTED},
        {"guest=web:disk=/dev/a,memory=0", "web: memory=0: " EXPECTED},
        {"guest=web:disk=/dev/a", "memory: missing; expected the guest's memory in MiB\n"},
        {"guest=web:memory=64", "disk: missing; expected a disk or a kernel to boot from\n"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "error: command line: %s", bad[i].error);
        const char *printed = print(*state, bad[i].word);
        const char *found = strstr(printed, "error: ");
        assert_non_null(found);
        assert_string_equal(found, expected);
    }
}

static void a_guest_file_with_everything(void **state)
{
    put(*state, "guests/db.cfg",
        "# a database\n"
        "name = \"db\"; uuid = \"b34c1a4e-2c4b-4a6c-9b1e-0a3f5a0c7a11\"\n"
        "type = 'pvh'\nmemory = 512\nmaxmem = 1024\nvcpus = 2\nmaxvcpus = 4\n"
        "cpu_weight = 512\ncap = 50\ncpus = \"0-3,5,^1\"\ntsc_mode = \"native\"\n"
        "kernel = \"/site/kernels/vmlinuz\"\nramdisk = \"/site/kernels/initrd\"\n"
        "root = \"/dev/xvda1 ro\"\nextra = \"console=hvc0 # no comment\"\n"
        "disk = [ 'phy:/dev/mapper/db,xvda,w', # with a comment\n"
        "  'format=raw, vdev=xvdb, access=r, target=/dev/vg/data' ]\n"
        "vif = [ 'mac=00:16:3e:01:02:03,bridge=xenbr0,rate=10Mb/s,mtu=1500,ip=10.0.0.1', '' ]\n"
        "on_poweroff = \"restart\"\non_crash = \"destroy\"\n"
        "home = \"blade1\"\npeers = [ \"blade2\", \"blade3\" ]\npriority = 200\n"
        "probe = \"tcp:10.1.2.3:443\"\nprobe_interval = 5\nfailback = \"auto\"\n");
    assert_string_equal(print(*state, ""),
                        "hostname=blade1\n"
                        "guest db (guests/db.cfg)\n"
                        "  uuid b34c1a4e-2c4b-4a6c-9b1e-0a3f5a0c7a11 type pvh\n"
                        "  memory 512 of 1024 MiB, vcpus 2 of 4, weight 512, cap 50\n"
                        "  cpus 0,2-3,5\n"
                        "  tsc_mode native\n"
                        "  kernel /site/kernels/vmlinuz ramdisk /site/kernels/initrd\n"
                        "  cmdline root=/dev/xvda1 ro console=hvc0 # no comment\n"
                        "  disk xvda /dev/mapper/db rw\n"
                        "  disk xvdb /dev/vg/data ro\n"
                        "  vif 00:16:3e:01:02:03 bridge=xenbr0 ip=10.0.0.1\n"
                        "    rate 62500 bytes per 50000 us\n"
                        "    mtu 1500\n"
                        "  vif 00:16:3e:39:4c:32 bridge=\n"
                        "  on poweroff restart\n"
                        "  on crash destroy\n"
                        "  home blade1 priority 200\n"
                        "  peer blade2\n"
                        "  peer blade3\n"
                        "  probe tcp:10.1.2.3:443 every 5 s\n"
                        "  failback auto\n");
}

/* One key too many or wrong: the error, at its line. */
static void errors_of_guest_files(void **state)
{
    static const struct {
        const char *line, *error;
    } bad[] = {
        {"usb = 1", "usb: not supported; expected a key of relevo-guest(5)"},
        {"bootloader = \"pygrub\"",
         "bootloader: not supported; leave it out: a guest that names no "
         "kernel boots from its own disk through GRUB"},
        {"memory = 128", "memory: given twice, first in line 2; expected once"},
        {"maxmem = \"much\"", "maxmem: expected a number from 1 to 16777216"},
        {"vcpus = 129", "vcpus: expected a number from 1 to 128"},
        {"vcpus = 0", "vcpus: expected a number from 1 to 128"},
        {"priority = 1001", "priority: expected a number from 0 to 1000"},
        {"cpus = \"256\"", "cpus: 256: expected processors below 256, as in \"0-3,5,^1\""},
        {"cpus = [ \"1\", \"2\" ]", "cpus: expected a string"},
        {"tsc_mode = \"fast\"", "tsc_mode: fast: expected \"default\", \"always_emulate\", "
                                "\"native\" or \"native_paravirt\""},
        {"type = \"hvm\"", "type: hvm: expected \"pv\" or \"pvh\""},
        {"ramdisk = \"initrd\"", "ramdisk: initrd: expected an absolute path"},
        {"disk = \"x\"", "disk: expected a list: [ '...', ... ]"},
        {"disk = [ '/dev/x,qcow2,xvda,rw' ]", "disk: /dev/x,qcow2,xvda,rw: expected format raw"},
        {"disk = [ 'x,raw,xvda,rw' ]",
         "disk: x,raw,xvda,rw: expected an absolute path as the target"},
        {"disk = [ '/dev/x,raw,xvda,rw', '/dev/y,raw,xvda,rw' ]", NULL},
        {"vif = [ 'bridge' ]", "vif: bridge: expected KEY=VALUE"},
        {"vif = [ 'mac=1:2' ]", "vif: mac=1:2: not valid"},
        {"vif = [ 'mac=01:16:3e:00:00:00' ]", "vif: mac=01:16:3e:00:00:00: not valid"},
        {"vif = [ 'script=vif-route' ]", "vif: script=vif-route: not valid"},
        {"vif = [ 'mtu=67' ]", "vif: mtu=67: expected 68 to 65535"},
        {"vif = [ 'color=red' ]",
         "vif: color: not supported; expected mac, bridge, ip, rate, mtu, vifname"},
        {"uuid = \"x\"", "uuid: x: expected XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX"},
        {"on_crash = \"preserve\"", "on_crash: preserve: expected \"destroy\" or \"restart\""},
        {"after = [ \"a b\" ]", "after: a b: expected a name"},
        {"probe = \"http://x\"", "probe: http://x: expected \"tcp:ADDRESS:PORT\""},
        {"probe = \"tcp:10.0.0.1:65536\"",
         "probe: tcp:10.0.0.1:65536: expected \"tcp:ADDRESS:PORT\""},
        {"failback = \"maybe\"", "failback: maybe: expected \"manual\" or \"auto\""},
        {"home = \"\"", "home: : expected a hostname"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[512], expected[512];
        snprintf(text, sizeof text,
                 "name = \"web\"\nmemory = 64\nkernel = \"/k\"\n\n%s\nhome=\"b\"\n", bad[i].line);
        if (strncmp(bad[i].line, "home", 4) == 0) /* only once */
            *strstr(text, "home=\"b\"") = '#';
        put(*state, "guests/web.cfg", text);
        if (bad[i].error != NULL)
            snprintf(expected, sizeof expected, "error: guests/web.cfg:5: %s\n", bad[i].error);
        else
            snprintf(expected, sizeof expected,
                     "error: guests/web.cfg:1: disk: xvda given twice; "
                     "expected each vdev once\n");
        const char *printed = print(*state, "");
        assert_non_null(strstr(printed, "guest web (guests/web.cfg) broken: not started\n"));
        assert_string_equal(strstr(printed, "error: "), expected);
    }
}

static void a_file_that_is_no_guest_is_left_out(void **state)
{
    put(*state, "guests/a.cfg", "name = \n");
    put(*state, "guests/b.cfg", "memory = 64\n");
    put(*state, "guests/c.txt", "not looked at");
    put(*state, "guests/d.cfg", "");
    const char *printed = print(*state, "");
    assert_non_null(
        strstr(printed, "hostname=blade1\nerror: guests/a.cfg:1: config parsing error"));
    assert_non_null(strstr(printed, "; guest left out\n"));
    assert_non_null(strstr(
        printed, "error: guests/b.cfg:1: name: missing; expected name=\"NAME\"; left out\n"
                 "error: guests/d.cfg:1: name: missing; expected name=\"NAME\"; left out\n"));
    assert_null(strstr(printed, "c.txt"));
}

static void names_and_uuids_differ(void **state)
{
    static const char text[] = "name=\"web\"\nmemory=64\nkernel=\"/k\"\nhome=\"blade1\"\n";
    put(*state, "guests/a.cfg", text);
    put(*state, "guests/b.cfg", text);
    put(*state, "guests/c.cfg",
        "name=\"c\"\nmemory=64\nkernel=\"/k\"\nhome=\"blade1\"\n"
        "uuid=\"df8f8d65-3332-8e3a-ae12-738be3a85d9c\"\n");
    const char *printed = print(*state, "");
    assert_non_null(strstr(printed, "error: guests/b.cfg:1: web: a guest of this name is in "
                                    "guests/a.cfg already; expected names to differ; left out\n"));
    assert_non_null(strstr(printed, "error: guests/c.cfg:1: c: has the uuid of guest web; expected "
                                    "uuids to differ; left out\n"));
    printed = print(*state, "guest=web:disk=/dev/x,memory=32");
    assert_non_null(strstr(printed, "guest web (command line)\n"));
    assert_null(strstr(printed, "already"));
}

static void no_home_is_said(void **state)
{
    put(*state, "guests/a.cfg", "name=\"web\"\nmemory=64\nkernel=\"/k\"\n");
    put(*state, "site.conf", "guest=cl:disk=/dev/x,memory=32\n");
    const char *printed = print(*state, "");
    assert_non_null(strstr(printed,
                           "error: site.conf:1: cl: has no home; expected home=HOSTNAME; no "
                           "node starts it\n"));
    assert_non_null(strstr(printed, "error: guests/a.cfg:1: web: has no home; expected "
                                    "home=\"HOSTNAME\"; no node starts it\n"));
}

static void after_neither_dangles_nor_circles(void **state)
{
    static const char *const names[] = {"a", "b", "c"};
    static const char *const after[] = {"\"b\"", "\"c\"", "\"a\", \"ghost\""};
    for (int i = 0; i < 3; i++) {
        char file[32], text[160];
        snprintf(file, sizeof file, "guests/%s.cfg", names[i]);
        snprintf(text, sizeof text,
                 "name=\"%s\"\nmemory=64\nkernel=\"/k\"\nhome=\"blade1\"\nafter=[ %s ]\n", names[i],
                 after[i]);
        put(*state, file, text);
    }
    const char *printed = print(*state, "");
    assert_non_null(strstr(printed,
                           "error: guests/c.cfg: ghost: after= of guest c: expected the name "
                           "of a guest; left out\n"));
    assert_non_null(strstr(
        printed, "error: guests/a.cfg: a: after= leads back to the guest itself; left out\n"));
    assert_null(strstr(printed, "guests/b.cfg: b: after="));
    assert_null(strstr(printed, "  after b\n"));
    assert_non_null(strstr(printed, "  after c\n"));
    assert_non_null(strstr(printed, "  after a\n"));
}

struct seen {
    char text[256];
};

static void note(void *to, const char *key, size_t length, int line)
{
    struct seen *seen = to;
    size_t used = strlen(seen->text);
    snprintf(seen->text + used, sizeof seen->text - used, "%d:%.*s ", line, (int)length, key);
}

static void the_scanner_sees_what_libxlutil_sees(void **state)
{
    (void)state;
    static const struct {
        const char *text, *keys;
    } cases[] = {
        {"a=1\nb=2\n", "1:a 2:b "},
        {"a=1;b=2", "1:a 1:b "},
        {"# a=1\n\n  b = 2 # c=3\nd=4\n", "3:b 4:d "},
        {"a=[ 'x',\n 'y=1', # ] b=2\n 'z' ]\nc=3\n", "1:a 4:c "},
        {"a=[ [ 1 ], [\n2 ] ]; b=1\n", "1:a 2:b "},
        {"a=\"x;y\\\";z\"\nb='#'\nc=1\n", "1:a 2:b 3:c "},
        {"a += [ 'x' ]\n", "1:a "},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen seen = {""};
        guest_file_scan(cases[i].text, note, &seen);
        assert_string_equal(seen.text, cases[i].keys);
    }
}

#define SITE_TEST(f) cmocka_unit_test_setup_teardown(f, folder_set_up, folder_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(words_of_others_are_passed_over),
        SITE_TEST(network_words),
        SITE_TEST(malformed_words_are_left_out_with_an_error),
        SITE_TEST(the_command_line_wins_and_repetition_is_an_error),
        SITE_TEST(sections_are_chosen_by_hostname),
        SITE_TEST(limits_hold_and_are_said),
        SITE_TEST(a_guest_of_words),
        SITE_TEST(broken_guest_words),
        SITE_TEST(a_guest_file_with_everything),
        SITE_TEST(errors_of_guest_files),
        SITE_TEST(a_file_that_is_no_guest_is_left_out),
        SITE_TEST(names_and_uuids_differ),
        SITE_TEST(no_home_is_said),
        SITE_TEST(after_neither_dangles_nor_circles),
        cmocka_unit_test(the_scanner_sees_what_libxlutil_sees),
    };
    return cmocka_run_group_tests_name("site", tests, NULL, NULL);
}
