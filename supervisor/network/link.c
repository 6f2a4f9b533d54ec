#include "network/link.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <string.h>

#include "network/link_mark.h"
#include "network/talk.h"

/* The kernel packs no more into one packet. With a size given, libnl asks for no packet twice. */
#define ANSWER_SIZE 32768

struct nl_sock *link_open(struct err *e)
{
    struct nl_sock *sock = nl_socket_alloc();
    int rc = sock != NULL ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;
    if (rc == 0) {
        nl_socket_disable_seq_check(sock); /* talk() does that, and libnl's leaves no request out */
        rc = nl_socket_set_msg_buf_size(sock, ANSWER_SIZE);
    }
    if (rc == 0)
        return sock;
    err_set(e, "rtnetlink: %s", nl_geterror(rc));
    if (sock != NULL)
        nl_socket_free(sock);
    return NULL;
}

void link_close(struct nl_sock *sock)
{
    nl_socket_free(sock);
}

static int outcome(int rc, const char *what, const char *name, struct err *e)
{
    return rc == 0 ? 0 : err_set(e, "%s %s: %s", what, name, strerror(-rc));
}

/* --- making and removing --- */

/* A request for a new interface of a kind, its data begun. */
static struct nl_msg *new_link(const char *name, const char *kind, int parent, struct nlattr **info,
                               struct nlattr **data)
{
    struct ifinfomsg header = {0};
    struct nl_msg *m = talk_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
    if (m == NULL)
        return NULL;
    nla_put_string(m, IFLA_IFNAME, name);
    nla_put_u32(m, IFLA_GROUP, LINK_MARK);
    if (parent != 0)
        nla_put_u32(m, IFLA_LINK, (uint32_t)parent);
    *info = nla_nest_start(m, IFLA_LINKINFO);
    nla_put_string(m, IFLA_INFO_KIND, kind);
    *data = nla_nest_start(m, IFLA_INFO_DATA);
    return m;
}

static int make(struct nl_sock *sock, struct nl_msg *m, struct nlattr *info, struct nlattr *data,
                const char *what, const char *name, struct err *e)
{
    if (m != NULL) {
        nla_nest_end(m, data);
        nla_nest_end(m, info);
    }
    int rc = talk(sock, m, NULL, NULL);
    return rc == -EEXIST ? 0 : outcome(rc, what, name, e);
}

int link_make_bond(struct nl_sock *sock, const char *name, uint32_t mode, struct err *e)
{
    struct nlattr *info = NULL, *data = NULL;
    struct nl_msg *m = new_link(name, "bond", 0, &info, &data);
    if (m != NULL)
        nla_put_u8(m, IFLA_BOND_MODE, (uint8_t)mode);
    return make(sock, m, info, data, "cannot make bond", name, e);
}

int link_make_vlan(struct nl_sock *sock, const char *name, int parent, uint16_t id, struct err *e)
{
    struct nlattr *info = NULL, *data = NULL;
    struct nl_msg *m = new_link(name, "vlan", parent, &info, &data);
    if (m != NULL)
        nla_put_u16(m, IFLA_VLAN_ID, id);
    return make(sock, m, info, data, "cannot make VLAN", name, e);
}

int link_make_bridge(struct nl_sock *sock, const char *name, struct err *e)
{
    struct nlattr *info = NULL, *data = NULL;
    struct nl_msg *m = new_link(name, "bridge", 0, &info, &data);
    return make(sock, m, info, data, "cannot make bridge", name, e);
}

int link_remove(struct nl_sock *sock, const char *name, struct err *e)
{
    struct ifinfomsg header = {0};
    struct nl_msg *m = talk_message(RTM_DELLINK, 0, &header, sizeof header);
    if (m != NULL)
        nla_put_string(m, IFLA_IFNAME, name);
    int rc = talk(sock, m, NULL, NULL);
    return rc == -ENODEV ? 0 : outcome(rc, "cannot remove", name, e);
}

/* --- changing --- */

static int set_flags(struct nl_sock *sock, const char *name, unsigned flags, const char *what,
                     struct err *e)
{
    struct ifinfomsg header = {.ifi_flags = flags, .ifi_change = IFF_UP};
    struct nl_msg *m = talk_message(RTM_NEWLINK, 0, &header, sizeof header);
    if (m != NULL)
        nla_put_string(m, IFLA_IFNAME, name);
    return outcome(talk(sock, m, NULL, NULL), what, name, e);
}

int link_set_up(struct nl_sock *sock, const char *name, struct err *e)
{
    return set_flags(sock, name, IFF_UP, "cannot switch on", e);
}

int link_set_down(struct nl_sock *sock, const char *name, struct err *e)
{
    return set_flags(sock, name, 0, "cannot switch off", e);
}

static int set_number(struct nl_sock *sock, const char *name, int attribute, uint32_t value,
                      const char *what, struct err *e)
{
    struct ifinfomsg header = {0};
    struct nl_msg *m = talk_message(RTM_NEWLINK, 0, &header, sizeof header);
    if (m != NULL) {
        nla_put_string(m, IFLA_IFNAME, name);
        nla_put_u32(m, attribute, value);
    }
    return outcome(talk(sock, m, NULL, NULL), what, name, e);
}

int link_set_master(struct nl_sock *sock, const char *name, int master, struct err *e)
{
    return set_number(sock, name, IFLA_MASTER, (uint32_t)master,
                      master != 0 ? "cannot take in" : "cannot let go", e);
}

int link_set_mtu(struct nl_sock *sock, const char *name, uint32_t mtu, struct err *e)
{
    return set_number(sock, name, IFLA_MTU, mtu, "cannot set the MTU of", e);
}

int link_set_address(struct nl_sock *sock, const char *name, const uint8_t mac[6], struct err *e)
{
    struct ifinfomsg header = {0};
    struct nl_msg *m = talk_message(RTM_NEWLINK, 0, &header, sizeof header);
    if (m != NULL) {
        nla_put_string(m, IFLA_IFNAME, name);
        nla_put(m, IFLA_ADDRESS, 6, mac);
    }
    return outcome(talk(sock, m, NULL, NULL), "cannot set the address of", name, e);
}

int link_rename(struct nl_sock *sock, int index, const char *name, struct err *e)
{
    struct ifinfomsg header = {.ifi_index = index};
    struct nl_msg *m = talk_message(RTM_NEWLINK, 0, &header, sizeof header);
    if (m != NULL)
        nla_put_string(m, IFLA_IFNAME, name);
    return outcome(talk(sock, m, NULL, NULL), "cannot name an interface", name, e);
}

/* --- bonds --- */

/* Sends what put() adds as data of the bond. */
static int set_bond_data(struct nl_sock *sock, int index,
                         void (*put)(struct nl_msg *m, const void *value), const void *value)
{
    struct ifinfomsg header = {.ifi_index = index};
    struct nl_msg *m = talk_message(RTM_NEWLINK, 0, &header, sizeof header);
    if (m != NULL) {
        struct nlattr *info = nla_nest_start(m, IFLA_LINKINFO);
        nla_put_string(m, IFLA_INFO_KIND, "bond");
        struct nlattr *data = nla_nest_start(m, IFLA_INFO_DATA);
        put(m, value);
        nla_nest_end(m, data);
        nla_nest_end(m, info);
    }
    return talk(sock, m, NULL, NULL);
}

struct bond_value {
    const struct bond_option *option;
    uint32_t value;
};

static void put_option(struct nl_msg *m, const void *value)
{
    const struct bond_value *v = value;
    if (v->option->size == 1)
        nla_put_u8(m, v->option->attribute, (uint8_t)v->value);
    else
        nla_put_u32(m, v->option->attribute, v->value);
}

static void put_targets(struct nl_msg *m, const void *value)
{
    const struct site_bond *want = value;
    struct nlattr *targets = nla_nest_start(m, IFLA_BOND_ARP_IP_TARGET);
    for (uint32_t i = 0; i < want->targets; i++)
        nla_put(m, (int)i, 4, want->target[i]);
    nla_nest_end(m, targets);
}

static bool same_targets(const struct bond_state *now, const struct site_bond *want)
{
    return now->targets == want->targets &&
           memcmp(now->target, want->target, want->targets * sizeof want->target[0]) == 0;
}

static int set_option(struct nl_sock *sock, int index, const struct site_bond *want, int id,
                      struct err *e)
{
    const struct bond_option *option = &bond_option[id];
    struct bond_value v = {.option = option, .value = want->value[id]};
    int rc = set_bond_data(sock, index, put_option, &v);
    char text[32];
    if (rc == 0)
        return 0;
    bond_option_format(option, v.value, text, sizeof text);
    return err_set(e, "cannot set %s=%s: %s", option->name, text, strerror(-rc));
}

/* The two monitors exclude each other: the one not wanted is switched off first. Targets come
 * before their monitor, which else complains of having none. */
int link_set_bond(struct nl_sock *sock, const struct link_state *now, const struct site_bond *want,
                  struct err *e)
{
    static const int off_first[] = {BOND_MIIMON, BOND_ARP_INTERVAL};
    const uint32_t *have = now->bond.value;
    for (size_t i = 0; i < 2; i++)
        if (want->value[off_first[i]] == 0 && have[off_first[i]] != 0 &&
            set_option(sock, now->index, want, off_first[i], e) != 0)
            return -1;
    if (!same_targets(&now->bond, want)) {
        int rc = set_bond_data(sock, now->index, put_targets, want);
        if (rc != 0)
            return err_set(e, "cannot set arp_ip_target: %s", strerror(-rc));
    }
    for (int id = 0; id < BOND_OPTIONS; id++)
        if (want->value[id] != have[id] &&
            bond_option_fits(&bond_option[id], want->value[BOND_MODE]) &&
            (want->value[id] != 0 || (id != BOND_MIIMON && id != BOND_ARP_INTERVAL)) &&
            set_option(sock, now->index, want, id, e) != 0)
            return -1;
    return 0;
}

static void put_primary(struct nl_msg *m, const void *value)
{
    nla_put_u32(m, IFLA_BOND_PRIMARY, *(const uint32_t *)value);
}

int link_set_primary(struct nl_sock *sock, const char *bond, int index, int primary, struct err *e)
{
    uint32_t value = (uint32_t)primary;
    return outcome(set_bond_data(sock, index, put_primary, &value), "cannot set the primary of",
                   bond, e);
}

/* --- bridge ports --- */

static struct nl_msg *set_port(int index, bool open, bool locked)
{
    struct ifinfomsg header = {.ifi_family = AF_BRIDGE, .ifi_index = index};
    struct nl_msg *m = talk_message(RTM_SETLINK, 0, &header, sizeof header);
    if (m != NULL) {
        struct nlattr *port = nla_nest_start(m, IFLA_PROTINFO | NLA_F_NESTED);
        nla_put_u8(m, IFLA_BRPORT_LEARNING, open);
        nla_put_u8(m, IFLA_BRPORT_UNICAST_FLOOD, open);
        nla_put_u8(m, IFLA_BRPORT_LOCKED, locked);
        if (!open)
            nla_put_flag(m, IFLA_BRPORT_FLUSH);
        nla_nest_end(m, port);
    }
    return m;
}

/* A static entry for the port. Sticky: a frame of the guest's that a switch sends back while a bond
 * fails over would take the entry to that port, static or not, and the lock then shuts the guest
 * out. */
static struct nl_msg *put_forwarding(int index, const uint8_t mac[6])
{
    struct ndmsg header = {.ndm_family = AF_BRIDGE,
                           .ndm_ifindex = index,
                           .ndm_state = NUD_NOARP,
                           .ndm_flags = NTF_MASTER | NTF_STICKY};
    struct nl_msg *m =
        talk_message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof header);
    if (m != NULL)
        nla_put(m, NDA_LLADDR, 6, mac);
    return m;
}

int link_guard_port(struct nl_sock *sock, const char *name, int index, const uint8_t mac[6],
                    struct err *e)
{
    struct nl_msg *message[3];
    int error[3];
    uint32_t count = 0;
    message[count++] = set_port(index, mac == NULL, false);
    if (mac != NULL) {
        message[count++] = put_forwarding(index, mac);
        message[count++] = set_port(index, false, true); /* flushed by now: nothing old opens it */
    }
    talk_all(sock, message, count, error);
    for (uint32_t i = 0; i < count; i++)
        if (error[i] != 0)
            return outcome(error[i], "cannot guard port", name, e);
    return 0;
}
