/* The cluster's words, with guests and files: canonical form, errors, and what follows for guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster/site.h"
#include "tests/site_lab.h"

static void put_key(const struct folder *f, int size)
{
    char key[CLUSTER_KEY_MAX + 2];
    memset(key, 'k', sizeof key);
    key[size] = '\0';
    folder_put(f, CLUSTER_KEY_FILE, key, 0600);
}

static int set_up(void **state)
{
    folder_set_up(state);
    put_key(*state, 128);
    return 0;
}

static struct site *load(const struct folder *f, const char *cmdline, const char *site_conf,
                         const char *hostname)
{
    folder_put(f, "site.conf", site_conf, 0600);
    return folder_load(f, cmdline, hostname);
}

/* What relevod -n prints on a node, below the hostname. */
static const char *print_as(struct folder *f, const char *cmdline, const char *site_conf,
                            const char *hostname)
{
    return site_text_below(load(f, cmdline, site_conf, hostname));
}

static const char *print(struct folder *f, const char *site_conf)
{
    return print_as(f, "", site_conf, "b1");
}

#define THREE                                                                                      \
    "node=b1:1:10.1.0.1,10.2.0.1\n"                                                                \
    "node=b2:2:10.1.0.2,10.2.0.2:memory=8192\n"                                                    \
    "node=w:3:10.1.0.3,10.2.0.3:witness\n"

static void a_whole_cluster(void **state)
{
    static const char words[] =
        "cluster=hill:token=2000,port=6000,watchdog=10000\n" THREE "state=/dev/sda2\n";
    assert_string_equal(print(*state, words), words);
    struct site *site = load(*state, "", words, "b2");
    const struct cluster_config *c = &site->cluster;
    assert_int_equal(c->state, CLUSTER_READY);
    assert_int_equal(c->self, 1);
    assert_int_equal(c->value[CLUSTER_TOKEN], 2000);
    assert_int_equal(c->timing.beat, 500);
    assert_int_equal(c->timing.lease, 5500); /* token + two consensuses + 3 beats */
    assert_int_equal(c->timing.watchdog, 10000);
    assert_int_equal(c->timing.silence, 4500); /* token + consensus + 3 beats */
    assert_false(c->fence_device);
    assert_true(c->node[2].witness);
    site_free(site);
}

static void order_of_words_does_not_count(void **state)
{
    assert_string_equal(print(*state, "node=w:3:[fe80::3]:witness node=b1:1:[fe80::1]\n"
                                      "node=b2:2:[fe80::2]\ncluster=c\n"),
                        "cluster=c\nnode=b1:1:[fe80::1]\nnode=b2:2:[fe80::2]\n"
                        "node=w:3:[fe80::3]:witness\n");
}

static void the_command_line_wins(void **state)
{
    assert_string_equal(print_as(*state, "cluster=c:token=3000 node=b1:1:10.0.0.9\n",
                                 "cluster=d\nnode=b1:1:10.0.0.1\nnode=b2:2:10.0.0.2\n"
                                 "node=b3:3:10.0.0.3\n",
                                 "b1"),
                        "cluster=c:token=3000\nnode=b1:1:10.0.0.9\nnode=b2:2:10.0.0.2\n"
                        "node=b3:3:10.0.0.3\n");
}

/* Each makes the cluster unfit to be joined, so the guest is not started. */
static void what_is_no_cluster_starts_no_guest(void **state)
{
    static const struct {
        const char *words, *error;
    } cases[] = {
        {"cluster=c\n", "site.conf:1: cluster: expected node= for each of its nodes"},
        {THREE, "site.conf:1: node: expected cluster=NAME, too"},
        {"role=witness\n", "site.conf:1: cluster: expected node= for each of its nodes"},
        {"cluster=c:tocken=1\n" THREE,
         "site.conf:1: cluster=c:tocken=1: tocken is no option; expected one of token, port, beat, "
         "lease, watchdog, silence, "
         "wait, margin, drift, stop, settle"},
        {"cluster=c:watchdog=5500\n" THREE,
         "site.conf:1: cluster=c:watchdog=5500: watchdog=5500: expected whole seconds in "
         "milliseconds"},
        {"cluster=c:port=80\n" THREE,
         "site.conf:1: cluster=c:port=80: port=80: expected 1024 to 65534"},
        {"cluster=c:wait=7957\n" THREE,
         "site.conf:1: cluster: unsafe timing: wait=7957 ms is too short: (lease 2750 + watchdog "
         "5000) x (1 + 500 ppm) / (1 - 500 ppm) + margin 200 = 7958 ms"},
        {"cluster=c:lease=749\n" THREE, "site.conf:1: cluster: unsafe timing: lease=749 ms must "
                                        "be at least three heartbeats of 250 ms"},
        {"cluster=c\ncluster=d\n" THREE, NULL},
        {"cluster=c\nnode=b1:1:10.0.0.1\nnode=b2:1:10.0.0.2\n",
         "site.conf:3: b2: id 1 is b1's already; expected ids to differ"},
        {"cluster=c\nnode=b1:1:10.0.0.1\nnode=b2:2:10.0.0.1\n",
         "site.conf:3: b2: 10.0.0.1 is an address of b1 already; expected them to differ"},
        {"cluster=c\nnode=b1:1:10.0.0.1,10.0.0.1\nnode=b2:2:10.0.0.2,10.0.0.3\n",
         "site.conf:2: b1: 10.0.0.1 is an address of b1 already; expected them to differ"},
        {"cluster=c\nnode=b1:1:10.0.0.1\nnode=b2:2:10.0.0.2,10.0.0.3\n",
         "site.conf:3: b2: has 2 addresses, b1 has 1; expected one for each link"},
        {"cluster=c\nnode=b1:1:10.0.0.1\nnode=b2:2:[fe80::1]\n",
         "site.conf:3: b2: address 1 is not of the same IP version as b1's; expected one for each "
         "link"},
        {"cluster=c\nnode=b1:1:10.0.0.1\nnode=b2:3:10.0.0.2\n",
         "site.conf:3: b2: id 3, but there are 2 nodes; expected ids 1 to 2"},
        {"cluster=c\nnode=b1:17:10.0.0.1\n",
         "site.conf:2: node=b1:17:10.0.0.1: expected NAME:ID:ADDRESS[,ADDRESS][:witness,memory=MIB]"
         " (IPv6 in brackets), ids 1 to 16"},
        {"cluster=c\nnode=b1:1:host\n",
         "site.conf:2: node=b1:1:host: expected NAME:ID:ADDRESS[,ADDRESS][:witness,memory=MIB] "
         "(IPv6 in brackets), ids 1 to 16"},
        {"cluster=c\nnode=b2:1:10.0.0.1\nnode=b3:2:10.0.0.2\nnode=b4:3:10.0.0.3\n",
         "site.conf:2: no node= has this node's hostname, b1"},
        {"cluster=c\nrole=witness\n" THREE,
         "site.conf:2: role=witness: but not in node=b1:1:..., which the other nodes read; "
         "expected :witness there"},
        {"cluster=c\nnode=b1:1:10.0.0.1:witness\n",
         "site.conf:2: b1: is a witness, as all are; expected a node for guests"},
        {"cluster=c\nnode=8yn0iYCKYHlIj4-BwPqk:1:10.0.0.1\nnode=GReLUrM4wMqfg9yzV3KQ:2:10.0.0.2\n"
         "node=b1:3:10.0.0.3\n",
         "site.conf:3: GReLUrM4wMqfg9yzV3KQ: has the same hash as 8yn0iYCKYHlIj4-BwPqk; expected "
         "another name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[512];
        struct site *site =
            load(*state, "guest=web:disk=/dev/xvda,memory=64", cases[i].words, "b1");
        assert_int_equal(site->guests, 1);
        if (cases[i].error == NULL) { /* twice: reported, and the first one counts */
            assert_int_equal(site->errors, 1);
            assert_string_equal(site->cluster.name, "c");
            site_free(site);
            continue;
        }
        assert_true(site->guest[0]->broken);
        assert_int_equal(site->cluster.state, CLUSTER_BROKEN);
        snprintf(expected, sizeof expected, "%s", cases[i].error);
        assert_string_equal(site->error[0].text, expected);
        site_free(site);
    }
}

static void the_key(void **state)
{
    struct folder *f = *state;
    char path[128];
    static const char words[] = "cluster=c\n" THREE;
    put_key(f, 127);
    assert_non_null(
        strstr(print(f, words), "error: corosync_key: 127 bytes; expected 128 to 4096"));
    put_key(f, CLUSTER_KEY_MAX + 1);
    assert_non_null(strstr(print(f, words), "error: corosync_key: 4097 bytes; expected"));
    snprintf(path, sizeof path, "%s/%s", f->path, CLUSTER_KEY_FILE);
    assert_int_equal(unlink(path), 0);
    assert_non_null(strstr(print(f, words), "error: corosync_key: missing in the site's folder"));
}

static void a_witness_says_so_twice_or_once(void **state)
{
    static const char words[] = "cluster=c\n" THREE;
    struct site *site = load(*state, "role=witness", words, "w");
    assert_int_equal(site->errors, 0);
    assert_int_equal(site->cluster.state, CLUSTER_READY);
    site_free(site);
    site = load(*state, "", words, "w");
    assert_int_equal(site->errors, 0);
    site_free(site);
}

static void guests_belong_to_nodes_that_run_guests(void **state)
{
    static const char words[] =
        "cluster=c\n" THREE "guest=a:disk=/dev/xvda,memory=64,home=b9\n"
        "guest=b:disk=/dev/xvda,memory=64,home=w\n"
        "guest=c:disk=/dev/xvda,memory=64,home=b1,peers=w,peers=b2,peers=b3\n"
        "guest=8yn0iYCKYHlIj4-BwPqk:disk=/dev/xvda,memory=64,home=b1\n"
        "guest=GReLUrM4wMqfg9yzV3KQ:disk=/dev/xvda,memory=64,home=b1\n";
    const char *printed = print(*state, words);
    assert_non_null(strstr(printed, "error: site.conf: a: home b9 is no node of the cluster that "
                                    "runs guests; left out\n"));
    assert_non_null(strstr(printed, "error: site.conf: b: home w is no node of the cluster that "
                                    "runs guests; left out\n"));
    assert_non_null(strstr(printed, "error: site.conf: c: peer w is no node of the cluster that "
                                    "runs guests; left out\n"));
    assert_non_null(strstr(printed, "error: site.conf: c: peer b3 is no node"));
    assert_non_null(strstr(printed, "has the same hash as guest"));
    struct site *site = load(*state, "", words, "b1");
    const struct guest *c = site_find_guest(site, "c");
    assert_false(c->broken);
    assert_int_equal(c->peers, 1);
    assert_string_equal(c->peer[0], "b2");
    assert_true(site_find_guest(site, "a")->broken);
    site_free(site);
}

static void mirrors_lie_where_their_guests_may_run(void **state)
{
    static const char words[] =
        "cluster=c\n" THREE "drbd=m:0:/dev/sda1:b1@10.0.0.1:7788,b2@10.0.0.2:7788\n"
        "drbd=far:1:/dev/sda2:b1@10.0.0.1:7789,b9@10.0.0.9:7789\n"
        "guest=a:disk=/dev/drbd/m,memory=64,home=b1,peers=b2\n"
        "guest=b:disk=/dev/drbd/far,memory=64,home=b1\n";
    const char *printed = print(*state, words);
    assert_non_null(strstr(printed, "error: site.conf: b: its mirror far is on b9, no node of the "
                                    "cluster that runs guests; left out\n"));
    struct site *site = load(*state, "", words, "b1");
    static struct core_site core;
    const struct guest *guest[CORE_GUESTS];
    assert_false(site_find_guest(site, "a")->broken);
    assert_true(site_find_guest(site, "b")->broken);
    cluster_site(&core, site, guest);
    assert_int_equal(core.mirrors, 1);
    assert_int_equal(core.mirror[0].node[0], 0);
    assert_int_equal(core.mirror[0].node[1], 1);
    assert_int_equal(core.guest[0].mirrors, 1);
    assert_int_equal(core.guest[0].mirror[0], 0);
    site_free(site);
}

static void fence_devices(void **state)
{
    struct folder *f = *state;
    static const char two[] = "cluster=c\nnode=b1:1:10.0.0.1\nnode=b2:2:10.0.0.2\n";
    static const char ipmi[] =
        "fence=ipmi:b1=10.9.0.1:user=ADMIN,cipher=3\nfence=ipmi:b2=[fe80::9]\n";
    char words[512];
    assert_string_equal(strstr(print(f, two), "warning"),
                        "warning: site.conf:1: cluster: two nodes without a third vote: takeover "
                        "asks the operator; expected a witness or a fence device for both\n");
    snprintf(words, sizeof words, "%s%s", two, ipmi);
    assert_non_null(strstr(print(f, words),
                           "error: site.conf:4: fence=ipmi: expected the BMCs' password in the "
                           "site's file ipmi_password; left out\n"));
    folder_put(f, CLUSTER_PASSWORD_FILE, "secret\n", 0600);
    assert_string_equal(print(f, words), words);
    struct site *site = load(f, "", words, "b1");
    assert_true(site->cluster.fence_device);
    assert_int_equal(site->cluster.node[1].fence.kind, FENCE_IPMI);
    assert_string_equal(site->cluster.node[1].fence.target, "fe80::9");
    assert_string_equal(site->cluster.node[0].fence.user, "ADMIN");
    assert_int_equal(site->cluster.node[0].fence.cipher, 3);
    site_free(site);

    snprintf(words, sizeof words, "%sfence=ipmi:b1=10.9.0.1\nfence=exec:pdu\n", two);
    assert_non_null(strstr(print(f, words),
                           "error: site.conf:5: pdu: expected a program in the site's folder"));
    folder_put(f, "pdu", "#!/bin/sh\n", 0755);
    assert_string_equal(print(f, words), words);
    site = load(f, "", words, "b1");
    assert_int_equal(site->cluster.node[0].fence.kind, FENCE_IPMI);
    assert_int_equal(site->cluster.node[1].fence.kind, FENCE_EXEC);
    site_free(site);

    static const char *const bad[] = {"ipmi",
                                      "ipmi:b1",
                                      "ipmi:b1=host",
                                      "exec:",
                                      "exec:/bin/x",
                                      "exec:../x",
                                      "exec:a/../../x",
                                      "ssh:b1=10.0.0.1",
                                      "ipmi:b1=10.0.0.1:user=-x",
                                      "ipmi:b1=10.0.0.1:cipher=0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(words, sizeof words, "%sfence=%s\n", two, bad[i]);
        assert_non_null(strstr(print(f, words), "expected ipmi:NODE=ADDRESS"));
    }
    snprintf(words, sizeof words, "%sfence=ipmi:b7=10.9.0.1\n", two);
    assert_non_null(
        strstr(print(f, words), "site.conf:4: b7: no node of the cluster has this name"));
}

static void words_that_need_a_cluster(void **state)
{
    assert_string_equal(print(*state, "state=/dev/sda2\nfence=ipmi:b1=10.0.0.1\n"),
                        "state=/dev/sda2\nfence=ipmi:b1=10.0.0.1\n"
                        "error: site.conf:1: state: expected with cluster= and node=\n"
                        "error: site.conf:2: fence: expected with cluster= and node=\n");
    assert_string_equal(print(*state, "cluster=c\n" THREE "state=sda2\n"),
                        "cluster=c\n" THREE
                        "error: site.conf:5: state: sda2: expected a block device, /dev/...\n");
}

static void there_is_an_end_to_their_number(void **state)
{
    char words[1024] = "cluster=c\n";
    for (int i = 1; i <= CORE_NODES + 1; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), "node=b%d:%d:10.0.0.%d\n", i,
                 i <= CORE_NODES ? i : 1, i);
    struct site *site = load(*state, "", words, "b1");
    assert_int_equal(site->cluster.nodes, CORE_NODES);
    assert_int_equal(site->cluster.state, CLUSTER_BROKEN);
    assert_non_null(strstr(site->error[0].text, "too many; expected at most 16 nodes"));
    site_free(site);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, folder_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_cluster),
        TEST(order_of_words_does_not_count),
        TEST(the_command_line_wins),
        TEST(what_is_no_cluster_starts_no_guest),
        TEST(the_key),
        TEST(a_witness_says_so_twice_or_once),
        TEST(guests_belong_to_nodes_that_run_guests),
        TEST(mirrors_lie_where_their_guests_may_run),
        TEST(fence_devices),
        TEST(words_that_need_a_cluster),
        TEST(there_is_an_end_to_their_number),
    };
    return cmocka_run_group_tests_name("cluster words", tests, NULL, NULL);
}
