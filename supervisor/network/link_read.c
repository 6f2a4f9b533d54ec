/* RTM_NEWLINK as struct link_state: libnl-route reads neither bonds nor bridge ports. */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>

#include "network/link.h"
#include "network/link_mark.h"
#include "network/talk.h"

static void read_mac(uint8_t mac[6], struct nlattr *a)
{
    if (a != NULL && nla_len(a) == 6)
        memcpy(mac, nla_data(a), 6);
}

static uint32_t number(struct nlattr *a, size_t size)
{
    if (a == NULL || (size_t)nla_len(a) < size)
        return 0;
    return size == 1 ? nla_get_u8(a) : nla_get_u32(a);
}

static void read_bond(struct bond_state *bond, struct nlattr *data)
{
    struct nlattr *tb[IFLA_BOND_MAX + 1], *target;
    if (nla_parse_nested(tb, IFLA_BOND_MAX, data, NULL) < 0)
        return;
    for (int id = 0; id < BOND_OPTIONS; id++)
        bond->value[id] = number(tb[bond_option[id].attribute], bond_option[id].size);
    bond->primary = (int)number(tb[IFLA_BOND_PRIMARY], 4);
    bond->active = (int)number(tb[IFLA_BOND_ACTIVE_SLAVE], 4);
    int left;
    if (tb[IFLA_BOND_ARP_IP_TARGET] == NULL)
        return;
    nla_for_each_nested(target, tb[IFLA_BOND_ARP_IP_TARGET], left)
    {
        if (nla_len(target) == 4 && bond->targets < SITE_TARGETS_MAX)
            memcpy(bond->target[bond->targets++], nla_data(target), 4);
    }
}

static void read_slave(struct link_state *state, const char *kind, struct nlattr *data)
{
    struct nlattr *bond[IFLA_BOND_SLAVE_MAX + 1], *port[IFLA_BRPORT_MAX + 1];
    if (strcmp(kind, "bond") == 0 && nla_parse_nested(bond, IFLA_BOND_SLAVE_MAX, data, NULL) == 0) {
        state->slave.dead = number(bond[IFLA_BOND_SLAVE_MII_STATUS], 1) != 0; /* BOND_LINK_UP */
        state->slave.failures = number(bond[IFLA_BOND_SLAVE_LINK_FAILURE_COUNT], 4);
    } else if (strcmp(kind, "bridge") == 0 &&
               nla_parse_nested(port, IFLA_BRPORT_MAX, data, NULL) == 0) {
        state->port.learning = number(port[IFLA_BRPORT_LEARNING], 1) != 0;
        state->port.flooded = number(port[IFLA_BRPORT_UNICAST_FLOOD], 1) != 0;
        state->port.locked = number(port[IFLA_BRPORT_LOCKED], 1) != 0;
    }
}

static void read_info(struct link_state *state, struct nlattr *info)
{
    struct nlattr *tb[IFLA_INFO_MAX + 1], *vlan[IFLA_VLAN_MAX + 1];
    if (nla_parse_nested(tb, IFLA_INFO_MAX, info, NULL) < 0)
        return;
    const char *kind = tb[IFLA_INFO_KIND] != NULL ? nla_get_string(tb[IFLA_INFO_KIND]) : "";
    struct nlattr *data = tb[IFLA_INFO_DATA];
    if (strcmp(kind, "bridge") == 0)
        state->kind = LINK_BRIDGE;
    if (strcmp(kind, "bond") == 0) {
        state->kind = LINK_BOND;
        if (data != NULL)
            read_bond(&state->bond, data);
    }
    if (strcmp(kind, "vlan") == 0) {
        state->kind = LINK_VLAN;
        if (data != NULL && nla_parse_nested(vlan, IFLA_VLAN_MAX, data, NULL) == 0 &&
            vlan[IFLA_VLAN_ID] != NULL)
            state->vlan_id = nla_get_u16(vlan[IFLA_VLAN_ID]);
    }
    if (tb[IFLA_INFO_SLAVE_KIND] != NULL && tb[IFLA_INFO_SLAVE_DATA] != NULL)
        read_slave(state, nla_get_string(tb[IFLA_INFO_SLAVE_KIND]), tb[IFLA_INFO_SLAVE_DATA]);
}

static bool read_link(struct link_state *state, struct nlmsghdr *h)
{
    struct nlattr *tb[IFLA_MAX + 1];
    const struct ifinfomsg *header = nlmsg_data(h);
    *state = (struct link_state){0};
    if (h->nlmsg_type != RTM_NEWLINK || nlmsg_parse(h, sizeof *header, tb, IFLA_MAX, NULL) < 0 ||
        tb[IFLA_IFNAME] == NULL)
        return false;
    state->exists = true;
    state->index = header->ifi_index;
    state->up = (header->ifi_flags & IFF_UP) != 0;
    nla_strlcpy(state->name, tb[IFLA_IFNAME], sizeof state->name);
    state->master = (int)number(tb[IFLA_MASTER], 4);
    state->parent = (int)number(tb[IFLA_LINK], 4);
    state->carrier = number(tb[IFLA_CARRIER], 1) != 0;
    state->mtu = number(tb[IFLA_MTU], 4);
    state->ours = number(tb[IFLA_GROUP], 4) == LINK_MARK;
    read_mac(state->mac, tb[IFLA_ADDRESS]);
    memcpy(state->permanent_mac, state->mac, sizeof state->mac);
    read_mac(state->permanent_mac, tb[IFLA_PERM_ADDRESS]);
    if (tb[IFLA_LINKINFO] != NULL)
        read_info(state, tb[IFLA_LINKINFO]);
    return true;
}

static void take_one(struct nlmsghdr *h, void *to)
{
    read_link(to, h);
}

int link_look(struct nl_sock *sock, const char *name, struct link_state *state, struct err *e)
{
    struct ifinfomsg header = {0};
    *state = (struct link_state){0};
    struct nl_msg *message = talk_message(RTM_GETLINK, 0, &header, sizeof header);
    if (message != NULL)
        nla_put_string(message, IFLA_IFNAME, name);
    int rc = talk(sock, message, take_one, state);
    return rc == 0 || rc == -ENODEV ? 0 : err_set(e, "cannot look at %s: %s", name, strerror(-rc));
}

struct visit {
    void (*see)(const struct link_state *state, void *data);
    void *data;
};

static void take_each(struct nlmsghdr *h, void *to)
{
    const struct visit *visit = to;
    struct link_state state;
    if (read_link(&state, h))
        visit->see(&state, visit->data);
}

int link_for_each(struct nl_sock *sock, void (*see)(const struct link_state *state, void *data),
                  void *data, struct err *e)
{
    struct ifinfomsg header = {0};
    struct visit visit = {.see = see, .data = data};
    int rc = talk(sock, talk_message(RTM_GETLINK, NLM_F_DUMP, &header, sizeof header), take_each,
                  &visit);
    return rc == 0 ? 0 : err_set(e, "cannot list the interfaces: %s", strerror(-rc));
}

struct receipt {
    void (*see)(int index, uint64_t frames, void *data);
    void *data;
};

static void take_received(struct nlmsghdr *h, void *to)
{
    const struct receipt *receipt = to;
    const struct if_stats_msg *header = nlmsg_data(h);
    struct nlattr *tb[IFLA_STATS_MAX + 1];
    struct rtnl_link_stats64 stats;
    if (h->nlmsg_type != RTM_NEWSTATS ||
        nlmsg_parse(h, sizeof *header, tb, IFLA_STATS_MAX, NULL) < 0 ||
        tb[IFLA_STATS_LINK_64] == NULL || nla_len(tb[IFLA_STATS_LINK_64]) < (int)sizeof stats)
        return;
    memcpy(&stats, nla_data(tb[IFLA_STATS_LINK_64]), sizeof stats);
    receipt->see((int)header->ifindex, stats.rx_packets, receipt->data);
}

int link_for_each_received(struct nl_sock *sock,
                           void (*see)(int index, uint64_t frames, void *data), void *data,
                           struct err *e)
{
    struct if_stats_msg header = {.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64)};
    struct receipt receipt = {.see = see, .data = data};
    int rc = talk(sock, talk_message(RTM_GETSTATS, NLM_F_DUMP, &header, sizeof header),
                  take_received, &receipt);
    return rc == 0 ? 0 : err_set(e, "cannot read the interfaces' counters: %s", strerror(-rc));
}
