/* Addresses, routes and name servers. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "network/pass.h"

/* The root is read-only: /etc/resolv.conf is a link to this. */
static const char *resolv_conf_path(void)
{
    const char *path = getenv("RELEVO_RESOLV_CONF");
    return path != NULL ? path : "/run/resolv.conf";
}

static void describe_ip(const struct link_ip *ip, char *text, size_t size)
{
    char address[INET6_ADDRSTRLEN];
    inet_ntop(ip->family, ip->address, address, sizeof address);
    snprintf(text, size, "%s/%u", address, ip->prefix);
}

static int put_ip(struct pass *p, const struct link_state *link, const struct link_ip *ip,
                  const uint8_t *gateway, struct err *e)
{
    bool added;
    if (link_add_ip(p->sock, link->index, ip, &added, e) != 0)
        return -1;
    if (added) {
        char text[INET6_ADDRSTRLEN + 8];
        describe_ip(ip, text, sizeof text);
        log_info("%s: has address %s", p->piece->name, text);
    }
    return gateway == NULL ? 0 : link_set_gateway(p->sock, link->index, ip->family, gateway, e);
}

static void converge_static(struct pass *p, const struct site_address *a,
                            const struct link_state *link)
{
    struct link_ip ip = {.family = a->family, .prefix = a->prefix};
    memcpy(ip.address, a->address, sizeof ip.address);
    struct err e;
    char text[INET6_ADDRSTRLEN + 8];
    describe_ip(&ip, text, sizeof text);
    if (put_ip(p, link, &ip, a->has_gateway ? a->gateway : NULL, &e) != 0)
        pass_failed(p, &e);
    else
        pass_say(p, true, "%s%s", text, link->carrier ? "" : " (no carrier)");
}

static bool same_ip(const struct link_ip *a, const struct link_ip *b)
{
    return a->family == b->family && a->prefix == b->prefix &&
           memcmp(a->address, b->address, sizeof a->address) == 0;
}

static void converge_dhcp(struct pass *p, const struct link_state *link, struct lease *applied)
{
    struct lease lease = {0};
    struct err e;
    char text[INET6_ADDRSTRLEN + 8];
    bool have = lease_load(&lease, p->piece->name) == 0 && clock_ms() < lease.ends_ms;
    if (applied->ip.family != 0 && (!have || !same_ip(&applied->ip, &lease.ip))) {
        describe_ip(&applied->ip, text, sizeof text);
        log_notice("%s: gives up address %s", p->piece->name, text);
        if (link_remove_ip(p->sock, link->index, &applied->ip, &e) != 0) {
            pass_failed(p, &e);
            return;
        }
    }
    lease_keep_applied(have ? &lease : NULL, p->piece->name);
    *applied = have ? lease : (struct lease){0};
    if (!have) {
        pass_say(p, false, "waiting for DHCP%s", link->carrier ? "" : " (no carrier)");
    } else if (put_ip(p, link, &lease.ip, lease.has_gateway ? lease.gateway : NULL, &e) != 0) {
        pass_failed(p, &e);
    } else {
        describe_ip(&lease.ip, text, sizeof text);
        pass_say(p, true, "%s (DHCP)", text);
    }
}

static void converge_address(struct pass *p, uint32_t i)
{
    const struct site_address *a = &p->state->config.address[i];
    struct link_state link;
    struct err e;
    if (link_look(p->sock, a->iface, &link, &e) != 0) {
        pass_failed(p, &e);
    } else if (!link.exists) {
        pass_say(p, false, "does not exist yet");
        p->state->applied[i] = (struct lease){0};
    } else if (!link.up && link_set_up(p->sock, a->iface, &e) != 0) {
        pass_failed(p, &e);
    } else if (a->dhcp) {
        converge_dhcp(p, &link, &p->state->applied[i]);
    } else {
        converge_static(p, a, &link);
    }
}

/* Name servers that are configured go before those that DHCP names. */
static void converge_resolver(struct network_state *state)
{
    char text[sizeof state->resolv_conf] = "";
    uint32_t n = 0;
    for (; n < state->config.nameservers; n++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "nameserver %s\n",
                 state->config.nameserver[n]);
    for (uint32_t a = 0; a < state->config.addresses; a++)
        for (uint32_t i = 0; i < state->applied[a].nameservers && n < SITE_NAMESERVERS_MAX;
             i++, n++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "nameserver %s\n",
                     state->applied[a].nameserver[i]);
    if (strcmp(text, state->resolv_conf) == 0)
        return;
    struct err e;
    if (file_replace(resolv_conf_path(), text, &e) != 0)
        log_err("name servers: %s", e.text);
    else
        memcpy(state->resolv_conf, text, sizeof text);
}

void converge_addresses(struct pass *p)
{
    for (uint32_t i = 0; i < p->state->config.addresses; i++) {
        pass_piece(p, "ip", p->state->config.address[i].iface);
        converge_address(p, i);
    }
    converge_resolver(p->state);
}
