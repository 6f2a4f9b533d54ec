#include "network/leave.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/run_dir.h"
#include "network/ip.h"
#include "network/lease.h"
#include "network/link.h"

/* --- what was configured --- */

/* The file is this program's own, of this boot: a structure as it is in memory. */
static bool load(struct network_config *before)
{
    char path[PATH_MAX];
    int fd =
        run_path(path, sizeof path, "network", NULL) == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    ssize_t n = read(fd, before, sizeof *before);
    close(fd);
    return n > 0 && network_config_ok(before, (size_t)n);
}

static void save(const struct network_config *next)
{
    char path[PATH_MAX];
    struct err e;
    if (run_path(path, sizeof path, "network", NULL) == 0 &&
        file_replace_bytes(path, next, sizeof *next, &e) != 0)
        log_err("network: %s; what a later configuration drops may stay", e.text);
}

/* --- addresses --- */

static bool same_address(const struct site_address *a, const struct site_address *b)
{
    return strcmp(a->iface, b->iface) == 0 && a->dhcp == b->dhcp && a->family == b->family &&
           (a->dhcp ||
            (a->prefix == b->prefix && memcmp(a->address, b->address, sizeof a->address) == 0));
}

static bool same_gateway(const struct site_address *a, const struct site_address *b)
{
    return a->has_gateway && strcmp(a->iface, b->iface) == 0 && a->family == b->family &&
           memcmp(a->gateway, b->gateway, sizeof a->gateway) == 0;
}

static bool has_address(const struct network_config *c, const struct site_address *wanted)
{
    for (uint32_t i = 0; i < c->addresses; i++)
        if (same_address(&c->address[i], wanted))
            return true;
    return false;
}

static bool has_gateway(const struct network_config *c, const struct site_address *wanted)
{
    for (uint32_t i = 0; i < c->addresses; i++)
        if (same_gateway(&c->address[i], wanted))
            return true;
    return false;
}

static void told(const char *iface, const char *what, int rc, const struct err *e)
{
    if (rc == 0)
        log_notice("%s: %s is no longer configured; removed", iface, what);
    else
        log_err("%s: %s is no longer configured, but cannot be removed: %s", iface, what, e->text);
}

static bool lease_ip(const struct site_address *a, struct link_ip *ip, struct lease *lease)
{
    if (lease_load_applied(lease, a->iface) != 0)
        return false;
    *ip = lease->ip;
    return true;
}

/* The lease goes after its address: who dies in between leaves what the next one knows. Its client
 * is the role's to end. */
static void forget_lease(const char *iface)
{
    run_forget("dhcp", iface);
    lease_keep_applied(NULL, iface);
}

static void leave_address(const struct site_address *a, int index, bool gateway_stays,
                          bool address_stays, struct nl_sock *sock)
{
    struct link_ip ip = {.family = a->family, .prefix = a->prefix};
    struct lease lease = {.has_gateway = false};
    struct err e;
    memcpy(ip.address, a->address, sizeof ip.address);
    bool any = address_stays || !a->dhcp || lease_ip(a, &ip, &lease);
    const uint8_t *gateway = a->has_gateway ? a->gateway : lease.has_gateway ? lease.gateway : NULL;
    if (gateway != NULL && !gateway_stays)
        told(a->iface, "its default route",
             link_remove_gateway(sock, index, a->family, gateway, &e), &e);
    if (any && !address_stays)
        told(a->iface, "an address", link_remove_ip(sock, index, &ip, &e), &e);
    if (a->dhcp && !address_stays)
        forget_lease(a->iface);
}

static void leave_addresses(const struct network_config *before, const struct network_config *next,
                            struct nl_sock *sock)
{
    for (uint32_t i = 0; i < before->addresses; i++) {
        const struct site_address *a = &before->address[i];
        bool address = has_address(next, a), gateway = has_gateway(next, a);
        struct link_state link;
        if ((!address || (a->has_gateway && !gateway)) &&
            link_look(sock, a->iface, &link, NULL) == 0 && link.exists)
            leave_address(a, link.index, gateway, address, sock);
    }
}

/* --- bridges' ports; those of bonds are told by their bond --- */

static bool has_port(const struct site_bridge *bridge, const char *port)
{
    for (uint32_t i = 0; i < bridge->ports; i++)
        if (strcmp(bridge->port[i], port) == 0)
            return true;
    return false;
}

static void leave_ports(const struct site_bridge *before, const struct site_bridge *next,
                        struct nl_sock *sock)
{
    struct link_state bridge, port;
    struct err e;
    if (link_look(sock, before->name, &bridge, NULL) != 0 || !bridge.exists)
        return;
    for (uint32_t i = 0; i < before->ports; i++)
        if (!has_port(next, before->port[i]) &&
            link_look(sock, before->port[i], &port, NULL) == 0 && port.exists &&
            port.master == bridge.index)
            told(before->name, before->port[i], link_set_master(sock, before->port[i], 0, &e), &e);
}

void network_leave(const struct network_config *next, struct nl_sock *sock)
{
    static struct network_config before;
    if (load(&before)) {
        leave_addresses(&before, next, sock);
        for (uint32_t i = 0; i < before.bridges; i++)
            for (uint32_t j = 0; j < next->bridges; j++)
                if (strcmp(before.bridge[i].name, next->bridge[j].name) == 0)
                    leave_ports(&before.bridge[i], &next->bridge[j], sock);
    }
    save(next);
}
