/* What a guest may send, and what is sent in its name: rules, records and frames, byte by byte. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "network/announce.h"
#include "network/filter_rules.h"
#include "tests/test.h"

static const uint8_t mac[6] = {0x00, 0x16, 0x3e, 0x01, 0x02, 0x03};

/* What a rule looks at in a frame. */
struct frame {
    uint16_t protocol;
    bool own_mac, own_arp_mac, fragment;
    const char *source;
    uint8_t ip_protocol, icmp_type;
    uint16_t source_port, target_port;
};

static bool matches(const struct filter_rule *r, const struct frame *f)
{
    uint8_t source[16] = {0};
    if (f->source != NULL)
        inet_pton(strchr(f->source, ':') != NULL ? AF_INET6 : AF_INET, f->source, source);
    return (r->protocol == ETH_P_ALL || r->protocol == f->protocol) &&
           (!r->own_mac || f->own_mac) && (!r->own_arp_mac || f->own_arp_mac) &&
           (!r->fragment || f->fragment) &&
           (r->ip_protocol == 0 || r->ip_protocol == f->ip_protocol) &&
           (r->icmp_type == 0 || r->icmp_type == f->icmp_type) &&
           (r->source_port == 0 || r->source_port == f->source_port) &&
           (r->target_port == 0 || r->target_port == f->target_port) &&
           (!r->has_source || memcmp(r->source, source, 16) == 0);
}

/* Which fields it has: in a list, the kernel looks into a frame once for each such set. */
static unsigned fields(const struct filter_rule *r)
{
    const bool has[] = {r->own_mac,        r->own_arp_mac,      r->ip_protocol != 0,
                        r->icmp_type != 0, r->source_port != 0, r->target_port != 0,
                        r->fragment,       r->has_source};
    unsigned set = 0;
    for (unsigned i = 0; i < sizeof has / sizeof has[0]; i++)
        set |= (unsigned)has[i] << i;
    return set;
}

/* The rules of an interface, at work on a frame. */
struct filtering {
    struct filter_rule rule[FILTER_RULES_MAX];
    uint32_t rules;
    struct frame frame;
    int looks; /* into the frame, so far */
};

/* The rule of the list that matches, or NULL: set of fields by set of fields, in their order. */
static const struct filter_rule *ask_list(struct filtering *f, uint8_t chain, uint16_t priority)
{
    bool looked[1 << 8] = {false};
    for (uint32_t i = 0; i < f->rules; i++) {
        const struct filter_rule *r = &f->rule[i];
        if (r->chain != chain || filter_priority(r) != priority || looked[fields(r)] ||
            (r->protocol != f->frame.protocol && r->protocol != ETH_P_ALL))
            continue;
        looked[fields(r)] = true;
        f->looks++;
        for (uint32_t j = i; j < f->rules; j++)
            if (f->rule[j].chain == chain && filter_priority(&f->rule[j]) == priority &&
                fields(&f->rule[j]) == fields(r) && matches(&f->rule[j], &f->frame))
                return &f->rule[j];
    }
    return NULL;
}

static const struct filter_rule *ask_chain(struct filtering *f, uint8_t chain)
{
    const struct filter_rule *found = NULL;
    for (uint16_t priority = 1; priority <= FILTER_PRIORITIES_MAX && found == NULL; priority++) {
        found = ask_list(f, chain, priority);
        if (found != NULL)
            assert_int_equal(filter_class_of(priority), found->class);
    }
    return found;
}

/* The verdict as the kernel finds it. */
static const char *verdict_after(const char *ips, struct frame frame, int *looks)
{
    struct vif vif = {.filtered = true};
    struct filtering f = {.frame = frame};
    int n = guest_parse_ips(ips, vif.ip);
    assert_true(n >= 0);
    vif.ips = (uint32_t)n;
    memcpy(vif.mac, mac, sizeof mac);
    f.rules = filter_rules(&vif, f.rule);
    assert_true(f.rules < FILTER_RULES_MAX);
    const struct filter_rule *found = ask_chain(&f, 0);
    if (found != NULL && found->go_to != 0) {
        const struct filter_rule *exception = ask_chain(&f, found->go_to);
        found = exception != NULL ? exception : found;
    }
    *looks = f.looks;
    return found != NULL ? filter_class_name(found->class) : "nothing matches";
}

static const char *verdict(const char *ips, struct frame f)
{
    int looks;
    return verdict_after(ips, f, &looks);
}

#define OWN    .own_mac = true, .own_arp_mac = true
#define SOME   "10.0.0.5 fd00::5"
#define LOCAL  "fe80::216:3eff:fe01:203"
#define UDP    .ip_protocol = IPPROTO_UDP
#define TCP    .ip_protocol = IPPROTO_TCP
#define ICMPV6 .ip_protocol = IPPROTO_ICMPV6

static void each_frame_has_its_verdict(void **state)
{
    (void)state;
    static const struct {
        const char *ips, *verdict;
        struct frame frame;
    } cases[] = {
        {"", "pass", {ETH_P_IP, OWN, .source = "10.9.9.9"}},
        {"", "pass", {ETH_P_IPV6, OWN, .source = "fd00::9"}},
        {"", "pass", {ETH_P_ARP, OWN, .source = "10.9.9.9"}},
        {"", "pass", {ETH_P_RARP, OWN}},
        {"", "mac", {ETH_P_IP, .source = "10.9.9.9"}},
        {"", "mac", {.protocol = ETH_P_RARP}},
        {"", "arp", {ETH_P_ARP, .own_mac = true, .source = "10.9.9.9"}},
        {"", "other", {ETH_P_8021Q, OWN}},
        {"", "other", {0x88cc, OWN}}, /* LLDP */
        {"", "dhcp", {ETH_P_IP, OWN, .source = "10.9.9.9", UDP, .source_port = 67}},
        {"", "dhcp", {ETH_P_IPV6, OWN, .source = LOCAL, UDP, .source_port = 547}},
        {"", "router", {ETH_P_IPV6, OWN, .source = LOCAL, ICMPV6, .icmp_type = 134}},
        {"", "router", {ETH_P_IPV6, OWN, .source = LOCAL, ICMPV6, .fragment = true}},
        {SOME, "pass", {ETH_P_IP, OWN, .source = "10.0.0.5"}},
        {SOME, "ip", {ETH_P_IP, OWN, .source = "10.0.0.6"}},
        {SOME, "mac", {ETH_P_IP, .source = "10.0.0.5"}},
        {SOME, "pass", {ETH_P_ARP, OWN, .source = "10.0.0.5"}},
        {SOME, "pass", {ETH_P_ARP, OWN}}, /* a probe */
        {SOME, "arp", {ETH_P_ARP, OWN, .source = "10.0.0.6"}},
        {SOME, "arp", {ETH_P_ARP, .own_mac = true, .source = "10.0.0.5"}},
        {SOME, "pass", {ETH_P_IPV6, OWN, .source = "fd00::5"}},
        {SOME, "pass", {ETH_P_IPV6, OWN, .source = LOCAL}},
        {SOME, "pass", {ETH_P_IPV6, OWN, .source = "::", ICMPV6, .icmp_type = 135}},
        {SOME, "ip", {ETH_P_IPV6, OWN, .source = "::", UDP}},
        {SOME, "ip", {ETH_P_IPV6, OWN, .source = "fd00::6"}},
        {SOME, "pass", {ETH_P_IP, OWN, UDP, .source_port = 68, .target_port = 67}},
        {SOME, "ip", {ETH_P_IP, OWN, UDP, .source_port = 68, .target_port = 69}},
        {SOME, "dhcp", {ETH_P_IP, OWN, .source = "10.0.0.5", UDP, .source_port = 67}},
        {"10.0.0.5", "ip", {ETH_P_IPV6, OWN, .source = LOCAL}},
        {"", "pass", {ETH_P_IP, OWN, .source = "10.9.9.9", TCP}},
        {"", "mac", {ETH_P_IPV6, .source = "fd00::9", TCP}},
        {SOME, "pass", {ETH_P_IP, OWN, .source = "10.0.0.5", TCP, .source_port = 67}},
        {SOME, "pass", {ETH_P_IPV6, OWN, .source = "fd00::5", TCP}},
        {SOME, "ip", {ETH_P_IP, OWN, .source = "10.0.0.6", TCP}},
        {SOME, "mac", {ETH_P_IP, .source = "10.0.0.5", TCP}},
        {"10.0.0.5", "ip", {ETH_P_IPV6, OWN, .source = "fd00::5", TCP}},
        {SOME, "pass", {ETH_P_IP, OWN, .source = "10.0.0.5", UDP, .source_port = 66}},
        {SOME, "pass", {ETH_P_IP, OWN, .source = "10.0.0.5", UDP, .source_port = 68}},
        {SOME, "pass", {ETH_P_IP, OWN, .source = "10.0.0.5", UDP, .source_port = 547}},
        {SOME, "pass", {ETH_P_IP, OWN, .source = "10.0.0.5", UDP, .fragment = true}},
        {SOME, "pass", {ETH_P_IPV6, OWN, .source = "fd00::5", UDP, .source_port = 546}},
        {SOME, "dhcp", {ETH_P_IPV6, OWN, .source = "fd00::5", UDP, .source_port = 547}},
        {SOME, "pass", {ETH_P_IPV6, OWN, .source = "fd00::5", UDP, .source_port = 65535}},
        {SOME, "ip", {ETH_P_IP, OWN, .source = "10.0.0.6", UDP, .source_port = 5000}},
        {SOME, "ip", {ETH_P_IPV6, OWN, .source = "fd00::6", UDP, .source_port = 5000}},
        {SOME, "mac", {ETH_P_IP, .source = "10.0.0.5", UDP, .source_port = 5000}},
        {"", "pass", {ETH_P_IP, OWN, .source = "10.9.9.9", UDP, .source_port = 5000}},
        {"", "mac", {ETH_P_IPV6, .source = "fd00::9", UDP, .source_port = 5000}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(verdict(cases[i].ips, cases[i].frame), cases[i].verdict);
}

static void what_guests_mostly_send_takes_few_looks(void **state)
{
    (void)state;
    static const struct {
        struct frame frame;
        int looks;
    } cases[] = {
        {{ETH_P_IP, OWN, .source = "10.0.0.5", TCP, .source_port = 80}, 1},
        {{ETH_P_IPV6, OWN, .source = "fd00::5", TCP, .source_port = 80}, 1},
        {{ETH_P_IP, OWN, .source = "10.0.0.5", .ip_protocol = IPPROTO_ICMP}, 1},
        {{ETH_P_ARP, OWN, .source = "10.0.0.5"}, 1},
        {{ETH_P_IP, OWN, .source = "10.0.0.5", UDP, .source_port = 53}, 2},
        {{ETH_P_IPV6, OWN, .source = "fd00::5", UDP, .source_port = 5000}, 2},
    };
    static const char *const ips[] = {"", SOME};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t j = 0; j < 2; j++) {
            int looks;
            assert_string_equal(verdict_after(ips[j], cases[i].frame, &looks), "pass");
            assert_int_equal(looks, cases[i].looks);
        }
}

static void the_longest_list_fits(void **state)
{
    (void)state;
    assert_string_equal(verdict("1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5 6.6.6.6 7.7.7.7 ::8",
                                (struct frame){ETH_P_IPV6, OWN, .source = "::8"}),
                        "pass");
    struct guest_ip ip[GUEST_IPS_MAX];
    assert_int_equal(guest_parse_ips("1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 "
                                     "1.1.1.8 1.1.1.9",
                                     ip),
                     -1);
    assert_int_equal(guest_parse_ips("10.0.0.1/24", ip), -1);
    assert_int_equal(guest_parse_ips(" 10.0.0.1; fd00::1 ", ip), 2);
}

static void an_unfiltered_interface_has_no_rules(void **state)
{
    (void)state;
    struct vif vif = {.filtered = false};
    struct filter_rule rule[FILTER_RULES_MAX];
    assert_int_equal(filter_rules(&vif, rule), 0);
}

static void records_come_back_as_they_were(void **state)
{
    (void)state;
    static const char text[] = "bridge=xenbr0 index=7 domid=3 devid=1 mac=00:16:3e:01:02:03 "
                               "filter=on ip=10.0.0.5 ip=fd00::5\n";
    char in[sizeof text], out[VIF_TEXT_SIZE];
    struct vif vif;
    memcpy(in, text, sizeof text);
    assert_int_equal(vif_parse(&vif, "vif3.1", in), 0);
    assert_int_equal(vif.domid, 3);
    assert_int_equal(vif.ips, 2);
    vif_format(&vif, out);
    assert_string_equal(out, text);
    static const char *const bad[] = {"",
                                      "index=7",
                                      "bridge=xenbr0 index=0",
                                      "bridge=x index=7 y",
                                      "bridge=a/b index=7",
                                      "bridge=x index=7 ip=10.0.0.5.6"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char copy[64];
        snprintf(copy, sizeof copy, "%s", bad[i]);
        assert_int_equal(vif_parse(&vif, "vif3.1", copy), -1);
    }
}

static void announcements_are_as_the_standards_have_them(void **state)
{
    (void)state;
    uint8_t frame[ANNOUNCE_FRAME_MAX];
    struct guest_ip ip[GUEST_IPS_MAX];
    static const uint8_t rarp[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x16, 0x3e, 0x01, 0x02,
                                   0x03, 0x80, 0x35, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x03,
                                   0x00, 0x16, 0x3e, 0x01, 0x02, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00,
                                   0x16, 0x3e, 0x01, 0x02, 0x03, 0x00, 0x00, 0x00, 0x00};
    assert_int_equal(announce_rarp(frame, mac), sizeof rarp);
    assert_memory_equal(frame, rarp, sizeof rarp);

    static const uint8_t arp[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x16, 0x3e, 0x01, 0x02,
                                  0x03, 0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01,
                                  0x00, 0x16, 0x3e, 0x01, 0x02, 0x03, 0x0a, 0x00, 0x00, 0x05, 0x00,
                                  0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x05};
    assert_int_equal(guest_parse_ips(SOME, ip), 2);
    assert_int_equal(announce_ip(frame, mac, &ip[0]), sizeof arp);
    assert_memory_equal(frame, arp, sizeof arp);

    assert_int_equal(announce_ip(frame, mac, &ip[1]), ANNOUNCE_FRAME_MAX);
    uint32_t total = 0; /* over pseudo header and message the checksum makes 0xffff */
    for (size_t i = 14 + 8; i < ANNOUNCE_FRAME_MAX; i += 2)
        total += (uint32_t)frame[i] << 8 | frame[i + 1];
    total += 32 + IPPROTO_ICMPV6;
    assert_int_equal((total & 0xffff) + (total >> 16), 0xffff);
    assert_int_equal(frame[14 + 7], 255);       /* hop limit */
    assert_int_equal(frame[14 + 40], 136);      /* neighbour advertisement */
    assert_int_equal(frame[14 + 40 + 4], 0x20); /* override, not solicited */
    assert_memory_equal(frame + 80, mac, sizeof mac);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_frame_has_its_verdict),
        cmocka_unit_test(what_guests_mostly_send_takes_few_looks),
        cmocka_unit_test(the_longest_list_fits),
        cmocka_unit_test(an_unfiltered_interface_has_no_rules),
        cmocka_unit_test(records_come_back_as_they_were),
        cmocka_unit_test(announcements_are_as_the_standards_have_them),
    };
    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
