#include "network/link.h"

#include <linux/if.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/bridge.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stddef.h>
#include <sys/socket.h>

struct nl_sock *link_open(struct err *e)
{
    struct nl_sock *sock = nl_socket_alloc();
    int rc = sock != NULL ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;
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

static int failed(const char *what, const char *name, int rc, struct err *e)
{
    return err_set(e, "%s %s: %s", what, name, nl_geterror(rc));
}

int link_look(struct nl_sock *sock, const char *name, struct link_state *state, struct err *e)
{
    struct rtnl_link *link = NULL;
    *state = (struct link_state){0};
    int rc = rtnl_link_get_kernel(sock, 0, name, &link);
    if (rc == -NLE_NODEV || rc == -NLE_OBJ_NOTFOUND)
        return 0;
    if (rc < 0)
        return failed("cannot look at", name, rc, e);
    unsigned flags = rtnl_link_get_flags(link);
    *state = (struct link_state){.exists = true,
                                 .index = rtnl_link_get_ifindex(link),
                                 .master = rtnl_link_get_master(link),
                                 .up = (flags & IFF_UP) != 0,
                                 .carrier = rtnl_link_get_carrier(link) != 0,
                                 .mtu = rtnl_link_get_mtu(link)};
    rtnl_link_put(link);
    return 0;
}

int link_make_bridge(struct nl_sock *sock, const char *name, struct err *e)
{
    struct rtnl_link *bridge = rtnl_link_bridge_alloc();
    if (bridge == NULL)
        return err_set(e, "out of memory");
    rtnl_link_set_name(bridge, name);
    rtnl_link_set_flags(bridge, IFF_UP);
    int rc = rtnl_link_add(sock, bridge, NLM_F_CREATE | NLM_F_EXCL);
    rtnl_link_put(bridge);
    return rc == 0 || rc == -NLE_EXIST ? 0 : failed("cannot make bridge", name, rc, e);
}

/* Changes one interface by what set() puts into the request. */
static int change(struct nl_sock *sock, const char *name, const char *what,
                  void (*set)(struct rtnl_link *request, const void *value), const void *value,
                  struct err *e)
{
    struct rtnl_link *now = NULL, *request = rtnl_link_alloc();
    int rc = request != NULL ? rtnl_link_get_kernel(sock, 0, name, &now) : -NLE_NOMEM;
    if (rc == 0) {
        set(request, value);
        rc = rtnl_link_change(sock, now, request, 0);
        rtnl_link_put(now);
    }
    if (request != NULL)
        rtnl_link_put(request);
    return rc == 0 ? 0 : failed(what, name, rc, e);
}

static void put_up(struct rtnl_link *request, const void *value)
{
    (void)value;
    rtnl_link_set_flags(request, IFF_UP);
}

int link_set_up(struct nl_sock *sock, const char *name, struct err *e)
{
    return change(sock, name, "cannot switch on", put_up, NULL, e);
}

static void put_master(struct rtnl_link *request, const void *value)
{
    rtnl_link_set_master(request, *(const int *)value);
}

int link_set_master(struct nl_sock *sock, const char *name, int master, struct err *e)
{
    return change(sock, name, "cannot put into its bridge", put_master, &master, e);
}

static void put_address(struct rtnl_link *request, const void *value)
{
    struct nl_addr *address = nl_addr_build(AF_LLC, value, 6);
    if (address == NULL)
        return; /* out of memory: the interface keeps its address */
    rtnl_link_set_addr(request, address);
    nl_addr_put(address);
}

int link_set_address(struct nl_sock *sock, const char *name, const uint8_t mac[6], struct err *e)
{
    return change(sock, name, "cannot set the address of", put_address, mac, e);
}

static void put_mtu(struct rtnl_link *request, const void *value)
{
    rtnl_link_set_mtu(request, *(const uint32_t *)value);
}

int link_set_mtu(struct nl_sock *sock, const char *name, uint32_t mtu, struct err *e)
{
    return change(sock, name, "cannot set the MTU of", put_mtu, &mtu, e);
}

static size_t ip_size(int family)
{
    return family == AF_INET ? 4 : 16;
}

/* A libnl address object; NULL when out of memory. */
static struct rtnl_addr *ip_object(int index, const struct link_ip *ip)
{
    struct rtnl_addr *object = rtnl_addr_alloc();
    struct nl_addr *address = nl_addr_build(ip->family, ip->address, ip_size(ip->family));
    if (object != NULL && address != NULL) {
        nl_addr_set_prefixlen(address, ip->prefix);
        rtnl_addr_set_ifindex(object, index);
        rtnl_addr_set_local(object, address);
    } else if (object != NULL) {
        rtnl_addr_put(object);
        object = NULL;
    }
    if (address != NULL)
        nl_addr_put(address);
    return object;
}

/* On a large IPv4 subnet the kernel does not make up the broadcast address by itself. */
static void set_broadcast(struct rtnl_addr *object, const struct link_ip *ip)
{
    if (ip->family != AF_INET || ip->prefix >= 31)
        return;
    uint8_t all_ones[4];
    for (unsigned i = 0; i < 4; i++) {
        unsigned kept = ip->prefix > i * 8 ? ip->prefix - i * 8 : 0;
        all_ones[i] = (uint8_t)(ip->address[i] | (kept >= 8 ? 0 : 0xffU >> kept));
    }
    struct nl_addr *broadcast = nl_addr_build(AF_INET, all_ones, sizeof all_ones);
    if (broadcast == NULL)
        return;
    rtnl_addr_set_broadcast(object, broadcast);
    nl_addr_put(broadcast);
}

int link_add_ip(struct nl_sock *sock, int index, const struct link_ip *ip, bool *added,
                struct err *e)
{
    struct rtnl_addr *object = ip_object(index, ip);
    if (object == NULL)
        return err_set(e, "out of memory");
    set_broadcast(object, ip);
    int rc = rtnl_addr_add(sock, object, 0);
    rtnl_addr_put(object);
    *added = rc == 0;
    return rc == 0 || rc == -NLE_EXIST ? 0 : err_set(e, "cannot add address: %s", nl_geterror(rc));
}

int link_remove_ip(struct nl_sock *sock, int index, const struct link_ip *ip, struct err *e)
{
    struct rtnl_addr *object = ip_object(index, ip);
    if (object == NULL)
        return err_set(e, "out of memory");
    int rc = rtnl_addr_delete(sock, object, 0);
    rtnl_addr_put(object);
    return rc == 0 || rc == -NLE_NOADDR || rc == -NLE_OBJ_NOTFOUND
               ? 0
               : err_set(e, "cannot remove address: %s", nl_geterror(rc));
}

/* Fills an empty default route; 0, or -1 when out of memory. */
static int fill_default(struct rtnl_route *route, int index, int family, const uint8_t *gateway)
{
    static const uint8_t anywhere[16];
    struct nl_addr *to = nl_addr_build(family, anywhere, ip_size(family));
    struct nl_addr *via = nl_addr_build(family, gateway, ip_size(family));
    struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
    bool ok = to != NULL && via != NULL && hop != NULL;
    if (ok) {
        nl_addr_set_prefixlen(to, 0);
        rtnl_route_set_family(route, (uint8_t)family);
        rtnl_route_set_dst(route, to);
        rtnl_route_nh_set_gateway(hop, via);
        rtnl_route_nh_set_ifindex(hop, index);
        rtnl_route_add_nexthop(route, hop); /* the route's from here */
    } else if (hop != NULL) {
        rtnl_route_nh_free(hop);
    }
    if (to != NULL)
        nl_addr_put(to);
    if (via != NULL)
        nl_addr_put(via);
    return ok ? 0 : -1;
}

int link_set_gateway(struct nl_sock *sock, int index, int family, const uint8_t *gateway,
                     struct err *e)
{
    struct rtnl_route *route = rtnl_route_alloc();
    if (route == NULL || fill_default(route, index, family, gateway) != 0) {
        if (route != NULL)
            rtnl_route_put(route);
        return err_set(e, "out of memory");
    }
    int rc = rtnl_route_add(sock, route, NLM_F_CREATE | NLM_F_REPLACE);
    rtnl_route_put(route);
    return rc == 0 ? 0 : err_set(e, "cannot set the default route: %s", nl_geterror(rc));
}
