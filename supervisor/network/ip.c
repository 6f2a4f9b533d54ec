#include "network/ip.h"

#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <stddef.h>
#include <sys/socket.h>

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

/* NULL when out of memory. */
static struct rtnl_route *default_route(int index, int family, const uint8_t *gateway)
{
    struct rtnl_route *route = rtnl_route_alloc();
    if (route != NULL && fill_default(route, index, family, gateway) != 0) {
        rtnl_route_put(route);
        return NULL;
    }
    return route;
}

int link_set_gateway(struct nl_sock *sock, int index, int family, const uint8_t *gateway,
                     struct err *e)
{
    struct rtnl_route *route = default_route(index, family, gateway);
    if (route == NULL)
        return err_set(e, "out of memory");
    int rc = rtnl_route_add(sock, route, NLM_F_CREATE | NLM_F_REPLACE);
    rtnl_route_put(route);
    return rc == 0 ? 0 : err_set(e, "cannot set the default route: %s", nl_geterror(rc));
}

int link_remove_gateway(struct nl_sock *sock, int index, int family, const uint8_t *gateway,
                        struct err *e)
{
    struct rtnl_route *route = default_route(index, family, gateway);
    if (route == NULL)
        return err_set(e, "out of memory");
    int rc = rtnl_route_delete(sock, route, 0);
    rtnl_route_put(route);
    return rc == 0 || rc == -NLE_OBJ_NOTFOUND
               ? 0
               : err_set(e, "cannot remove the default route: %s", nl_geterror(rc));
}
