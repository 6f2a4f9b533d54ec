#include "network/filter_rules.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#define BOOTP_SERVER         67
#define BOOTP_CLIENT         68
#define DHCPV6_SERVER        547
#define ROUTER_ADVERTISEMENT 134

static const char *const class_name[FILTER_CLASSES] = {
    [FILTER_PASS] = "pass", [FILTER_DHCP] = "dhcp", [FILTER_ROUTER] = "router",
    [FILTER_IP] = "ip",     [FILTER_ARP] = "arp",   [FILTER_OTHER] = "other",
    [FILTER_MAC] = "mac",
};

const char *filter_class_name(enum filter_class class)
{
    return class_name[class];
}

/* What comes here is UDP with the guest's own addresses. */
#define CHAIN_UDP 1

/* The order of the lists. */
static const struct {
    enum filter_class class;
    uint16_t protocol;
    bool quick;
    uint8_t chain;
} list[] = {
    {.class = FILTER_PASS, .protocol = ETH_P_IP, .quick = true},
    {.class = FILTER_PASS, .protocol = ETH_P_IPV6, .quick = true},
    {.class = FILTER_DHCP, .protocol = ETH_P_IP, .chain = CHAIN_UDP},
    {.class = FILTER_DHCP, .protocol = ETH_P_IPV6, .chain = CHAIN_UDP},
    {.class = FILTER_DHCP, .protocol = ETH_P_IP},
    {.class = FILTER_DHCP, .protocol = ETH_P_IPV6},
    {.class = FILTER_ROUTER, .protocol = ETH_P_IPV6},
    {.class = FILTER_PASS, .protocol = ETH_P_IP},
    {.class = FILTER_PASS, .protocol = ETH_P_IPV6},
    {.class = FILTER_PASS, .protocol = ETH_P_ARP},
    {.class = FILTER_PASS, .protocol = ETH_P_RARP},
    {.class = FILTER_IP, .protocol = ETH_P_IP},
    {.class = FILTER_IP, .protocol = ETH_P_IPV6},
    {.class = FILTER_ARP, .protocol = ETH_P_ARP},
    {.class = FILTER_OTHER, .protocol = ETH_P_ALL},
    {.class = FILTER_MAC, .protocol = ETH_P_ALL},
};
#define LISTS (sizeof list / sizeof list[0])
_Static_assert(LISTS <= FILTER_PRIORITIES_MAX, "room for every list's counters");

uint16_t filter_priority(const struct filter_rule *rule)
{
    for (size_t i = 0; i < LISTS; i++)
        if (list[i].protocol == rule->protocol && list[i].class == rule->class &&
            list[i].quick == rule->quick && list[i].chain == rule->chain)
            return (uint16_t)(i + 1);
    return (uint16_t)LISTS; /* every rule below has its list: tested */
}

enum filter_class filter_class_of(uint16_t priority)
{
    return priority >= 1 && priority <= LISTS ? list[priority - 1].class : FILTER_PASS;
}

struct rules {
    struct filter_rule *rule;
    uint32_t count;
};

static void add(struct rules *r, struct filter_rule rule)
{
    if (r->count < FILTER_RULES_MAX)
        r->rule[r->count++] = rule;
}

/* Adds a rule that lets IP pass. Each set of fields that rules of a list have is another look into
 * the frame, and costs: what guests mostly send is found with the first. */
static void add_ip(struct rules *r, struct filter_rule rule)
{
    add(r, rule);
    rule.quick = true;
    rule.ip_protocol = IPPROTO_TCP;
    add(r, rule);
    rule.ip_protocol = IPPROTO_ICMP;
    if (rule.protocol == ETH_P_IP)
        add(r, rule);
    rule.ip_protocol = IPPROTO_UDP;
    rule.go_to = CHAIN_UDP;
    add(r, rule);
}

/* Adds a rule against the answers of DHCP servers, for UDP that has the guest's addresses, too. */
static void add_dhcp(struct rules *r, uint16_t protocol, uint16_t port)
{
    struct filter_rule rule = {.class = FILTER_DHCP,
                               .protocol = protocol,
                               .ip_protocol = IPPROTO_UDP,
                               .source_port = port};
    add(r, rule);
    rule.chain = CHAIN_UDP;
    add(r, rule);
}

static struct filter_rule from(uint16_t protocol, const uint8_t *source, size_t size)
{
    struct filter_rule rule = {
        .class = FILTER_PASS, .protocol = protocol, .own_mac = true, .has_source = true};
    rule.own_arp_mac = protocol == ETH_P_ARP;
    memcpy(rule.source, source, size);
    return rule;
}

/* The link-local address that the guest makes of its MAC (RFC 4291, appendix A): without it there
 * is no IPv6 neighbour discovery. */
static void link_local(const uint8_t mac[6], uint8_t address[16])
{
    static const uint8_t prefix[8] = {0xfe, 0x80};
    memcpy(address, prefix, sizeof prefix);
    const uint8_t id[8] = {mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]};
    memcpy(address + 8, id, sizeof id);
}

/* Only the addresses listed, and what a host sends before it has one. */
static void add_listed(struct rules *r, const struct vif *vif)
{
    static const uint8_t unspecified[16];
    bool ipv6 = false;
    for (uint32_t i = 0; i < vif->ips; i++) {
        if (vif->ip[i].family == AF_INET) {
            add_ip(r, from(ETH_P_IP, vif->ip[i].address, 4));
            add(r, from(ETH_P_ARP, vif->ip[i].address, 4));
        } else {
            add_ip(r, from(ETH_P_IPV6, vif->ip[i].address, 16));
            ipv6 = true;
        }
    }
    struct filter_rule rule = from(ETH_P_IP, unspecified, 4);
    rule.ip_protocol = IPPROTO_UDP;
    rule.source_port = BOOTP_CLIENT;
    rule.target_port = BOOTP_SERVER;
    add(r, rule);
    add(r, from(ETH_P_ARP, unspecified, 4)); /* a probe, RFC 5227 */
    if (!ipv6)
        return;
    uint8_t local[16];
    link_local(vif->mac, local);
    add(r, from(ETH_P_IPV6, local, 16));
    rule = from(ETH_P_IPV6, unspecified, 16); /* is this address free? RFC 4862 */
    rule.ip_protocol = IPPROTO_ICMPV6;
    add(r, rule);
}

uint32_t filter_rules(const struct vif *vif, struct filter_rule rule[FILTER_RULES_MAX])
{
    struct rules r = {.rule = rule};
    if (!vif->filtered)
        return 0;
    add_dhcp(&r, ETH_P_IP, BOOTP_SERVER);
    add_dhcp(&r, ETH_P_IPV6, DHCPV6_SERVER);
    add(&r, (struct filter_rule){.class = FILTER_ROUTER,
                                 .protocol = ETH_P_IPV6,
                                 .ip_protocol = IPPROTO_ICMPV6,
                                 .icmp_type = ROUTER_ADVERTISEMENT});
    /* Neighbour discovery is never fragmented (RFC 6980): this would be hiding something. */
    add(&r, (struct filter_rule){.class = FILTER_ROUTER,
                                 .protocol = ETH_P_IPV6,
                                 .ip_protocol = IPPROTO_ICMPV6,
                                 .fragment = true});
    if (vif->ips > 0) {
        add_listed(&r, vif);
    } else {
        add_ip(&r, (struct filter_rule){.protocol = ETH_P_IP, .own_mac = true});
        add_ip(&r, (struct filter_rule){.protocol = ETH_P_IPV6, .own_mac = true});
        add(&r, (struct filter_rule){.protocol = ETH_P_ARP, .own_mac = true, .own_arp_mac = true});
    }
    /* After a migration a guest announces itself so. */
    add(&r, (struct filter_rule){.protocol = ETH_P_RARP, .own_mac = true});
    add(&r, (struct filter_rule){.class = FILTER_IP, .protocol = ETH_P_IP, .own_mac = true});
    add(&r, (struct filter_rule){.class = FILTER_IP, .protocol = ETH_P_IPV6, .own_mac = true});
    add(&r, (struct filter_rule){.class = FILTER_ARP, .protocol = ETH_P_ARP, .own_mac = true});
    add(&r, (struct filter_rule){.class = FILTER_OTHER, .protocol = ETH_P_ALL, .own_mac = true});
    add(&r, (struct filter_rule){.class = FILTER_MAC, .protocol = ETH_P_ALL});
    return r.count;
}
