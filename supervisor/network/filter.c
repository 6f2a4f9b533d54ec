#include "network/filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_gact.h>
#include <netlink/attr.h>
#include <string.h>

#include "network/talk.h"

static struct tcmsg ingress(int index)
{
    return (struct tcmsg){.tcm_ifindex = index,
                          .tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)};
}

static struct nl_msg *change_qdisc(int type, int flags, int index)
{
    struct tcmsg header = {
        .tcm_ifindex = index, .tcm_parent = TC_H_CLSACT, .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0)};
    struct nl_msg *m = talk_message(type, flags, &header, sizeof header);
    if (m != NULL)
        nla_put_string(m, TCA_KIND, "clsact");
    return m;
}

/* --- one rule --- */

static void put_masked(struct nl_msg *m, int key, int mask, const void *value, int size)
{
    uint8_t ones[16];
    memset(ones, 0xff, sizeof ones);
    nla_put(m, key, size, value);
    nla_put(m, mask, size, ones);
}

static void put_port(struct nl_msg *m, int key, int mask, uint16_t port)
{
    uint16_t value = htons(port);
    if (port != 0)
        put_masked(m, key, mask, &value, sizeof value);
}

static void put_source(struct nl_msg *m, const struct filter_rule *rule)
{
    if (rule->protocol == ETH_P_IP)
        put_masked(m, TCA_FLOWER_KEY_IPV4_SRC, TCA_FLOWER_KEY_IPV4_SRC_MASK, rule->source, 4);
    else if (rule->protocol == ETH_P_IPV6)
        put_masked(m, TCA_FLOWER_KEY_IPV6_SRC, TCA_FLOWER_KEY_IPV6_SRC_MASK, rule->source, 16);
    else
        put_masked(m, TCA_FLOWER_KEY_ARP_SIP, TCA_FLOWER_KEY_ARP_SIP_MASK, rule->source, 4);
}

static void put_keys(struct nl_msg *m, const struct filter_rule *rule, const uint8_t mac[6])
{
    if (rule->protocol != ETH_P_ALL)
        nla_put_u16(m, TCA_FLOWER_KEY_ETH_TYPE, htons(rule->protocol));
    if (rule->own_mac)
        put_masked(m, TCA_FLOWER_KEY_ETH_SRC, TCA_FLOWER_KEY_ETH_SRC_MASK, mac, 6);
    if (rule->own_arp_mac)
        put_masked(m, TCA_FLOWER_KEY_ARP_SHA, TCA_FLOWER_KEY_ARP_SHA_MASK, mac, 6);
    if (rule->ip_protocol != 0)
        nla_put_u8(m, TCA_FLOWER_KEY_IP_PROTO, rule->ip_protocol);
    if (rule->icmp_type != 0)
        put_masked(m, TCA_FLOWER_KEY_ICMPV6_TYPE, TCA_FLOWER_KEY_ICMPV6_TYPE_MASK, &rule->icmp_type,
                   1);
    put_port(m, TCA_FLOWER_KEY_UDP_SRC, TCA_FLOWER_KEY_UDP_SRC_MASK, rule->source_port);
    put_port(m, TCA_FLOWER_KEY_UDP_DST, TCA_FLOWER_KEY_UDP_DST_MASK, rule->target_port);
    if (rule->fragment) {
        nla_put_u32(m, TCA_FLOWER_KEY_FLAGS, htonl(TCA_FLOWER_KEY_FLAGS_IS_FRAGMENT));
        nla_put_u32(m, TCA_FLOWER_KEY_FLAGS_MASK, htonl(TCA_FLOWER_KEY_FLAGS_IS_FRAGMENT));
    }
    if (rule->has_source)
        put_source(m, rule);
}

static void put_verdict(struct nl_msg *m, const struct filter_rule *rule)
{
    int verdict = rule->class != FILTER_PASS ? TC_ACT_SHOT
                  : rule->go_to != 0         ? (int)(TC_ACT_GOTO_CHAIN | rule->go_to)
                                             : TC_ACT_OK;
    struct tc_gact gact = {.action = verdict};
    struct nlattr *actions = nla_nest_start(m, TCA_FLOWER_ACT);
    struct nlattr *first = nla_nest_start(m, 1);
    nla_put_string(m, TCA_ACT_KIND, "gact");
    struct nlattr *options = nla_nest_start(m, TCA_ACT_OPTIONS);
    nla_put(m, TCA_GACT_PARMS, sizeof gact, &gact);
    nla_nest_end(m, options);
    nla_nest_end(m, first);
    nla_nest_end(m, actions);
}

static struct nl_msg *add_rule(const struct vif *vif, const struct filter_rule *rule)
{
    struct tcmsg header = ingress(vif->index);
    header.tcm_info =
        TC_H_MAKE((uint32_t)filter_priority(rule) << 16, (uint32_t)htons(rule->protocol));
    struct nl_msg *m =
        talk_message(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
    if (m != NULL) {
        nla_put_string(m, TCA_KIND, "flower");
        nla_put_u32(m, TCA_CHAIN, rule->chain);
        struct nlattr *options = nla_nest_start(m, TCA_OPTIONS);
        put_keys(m, rule, vif->mac);
        put_verdict(m, rule);
        nla_nest_end(m, options);
    }
    return m;
}

/* --- all of them --- */

enum { CLEAR, BEGIN, FIRST_RULE };
_Static_assert(FIRST_RULE + FILTER_RULES_MAX <= TALK_MAX, "a filter is set at once");

int filter_set(struct nl_sock *sock, const struct vif *vif, struct err *e)
{
    struct filter_rule rule[FILTER_RULES_MAX];
    struct nl_msg *message[TALK_MAX];
    int error[TALK_MAX];
    uint32_t rules = filter_rules(vif, rule), count = 0;
    message[count++] = change_qdisc(RTM_DELQDISC, 0, vif->index);
    if (rules > 0)
        message[count++] = change_qdisc(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, vif->index);
    for (uint32_t i = 0; i < rules; i++)
        message[count++] = add_rule(vif, &rule[i]);
    talk_all(sock, message, count, error);
    if (error[CLEAR] != 0 && error[CLEAR] != -ENOENT && error[CLEAR] != -EINVAL) /* was none */
        return err_set(e, "cannot clear its filter: %s", strerror(-error[CLEAR]));
    if (rules > 0 && error[BEGIN] != 0)
        return err_set(e, "cannot begin its filter: %s", strerror(-error[BEGIN]));
    for (uint32_t i = 0; i < rules; i++)
        if (error[FIRST_RULE + i] != 0)
            return err_set(e, "cannot set rule %u of its filter (%s): %s", i + 1,
                           filter_class_name(rule[i].class), strerror(-error[FIRST_RULE + i]));
    return 0;
}

bool filter_is_set(const struct vif *vif, const struct filter_count *count)
{
    struct filter_rule rule[FILTER_RULES_MAX];
    return count->rules == filter_rules(vif, rule);
}

/* --- counters --- */

static uint64_t packets_of(struct nlattr *actions)
{
    struct nlattr *first[2], *action[TCA_ACT_MAX + 1], *stats[TCA_STATS_MAX + 1];
    struct gnet_stats_basic basic;
    if (nla_parse_nested(first, 1, actions, NULL) < 0 || first[1] == NULL ||
        nla_parse_nested(action, TCA_ACT_MAX, first[1], NULL) < 0 ||
        action[TCA_ACT_STATS] == NULL ||
        nla_parse_nested(stats, TCA_STATS_MAX, action[TCA_ACT_STATS], NULL) < 0 ||
        stats[TCA_STATS_BASIC] == NULL || nla_len(stats[TCA_STATS_BASIC]) < (int)sizeof basic)
        return 0;
    memcpy(&basic, nla_data(stats[TCA_STATS_BASIC]), sizeof basic);
    return basic.packets;
}

static void count_rule(struct nlmsghdr *h, void *to)
{
    struct filter_count *count = to;
    const struct tcmsg *header = nlmsg_data(h);
    struct nlattr *tb[TCA_MAX + 1], *flower[TCA_FLOWER_MAX + 1];
    /* Each list is told of too, without a rule and so without options. */
    if (h->nlmsg_type != RTM_NEWTFILTER || nlmsg_parse(h, sizeof *header, tb, TCA_MAX, NULL) < 0 ||
        tb[TCA_OPTIONS] == NULL ||
        nla_parse_nested(flower, TCA_FLOWER_MAX, tb[TCA_OPTIONS], NULL) < 0)
        return;
    count->rules++;
    if (flower[TCA_FLOWER_ACT] != NULL)
        count->packets[filter_class_of((uint16_t)(header->tcm_info >> 16))] +=
            packets_of(flower[TCA_FLOWER_ACT]);
}

int filter_read(struct nl_sock *sock, int index, struct filter_count *count, struct err *e)
{
    struct tcmsg header = ingress(index);
    *count = (struct filter_count){0};
    int rc = talk(sock, talk_message(RTM_GETTFILTER, NLM_F_DUMP, &header, sizeof header),
                  count_rule, count);
    /* Without a qdisc there are no rules, and the kernel says so in one way or another. */
    return rc == 0 || rc == -ENOENT || rc == -EINVAL
               ? 0
               : err_set(e, "cannot read the filter: %s", strerror(-rc));
}
