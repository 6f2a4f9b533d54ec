/* bridge=, ip= and nameserver=, in the syntax of dracut.cmdline(7). */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/address.h"
#include "config/iface.h"
#include "config/words.h"

#define EXPECT_BRIDGE "expected NAME:IFACE[,IFACE...], names of 1 to 15 letters"
#define EXPECT_IP     "expected ADDRESS::GATEWAY:MASK::IFACE:none or IFACE:dhcp (IPv6 in brackets)"

static bool port_in_use(struct site *site, struct place place, const char *bridge, const char *port)
{
    for (uint32_t b = 0; b < site->network.bridges; b++)
        for (uint32_t p = 0; p < site->network.bridge[b].ports; p++)
            if (strcmp(site->network.bridge[b].port[p], port) == 0) {
                site_error(site, place, bridge, "%s is in bridge %s already; expected once", port,
                           site->network.bridge[b].name);
                return true;
            }
    return false;
}

void word_bridge(struct site *site, struct place place, char *value)
{
    char *part[2], *port[SITE_PORTS_MAX];
    char token[64];
    snprintf(token, sizeof token, "bridge=%s", value);
    int n = kv_split(value, ':', part, 2);
    if (n < 1 || !iface_ok(part[0])) {
        site_error(site, place, token, EXPECT_BRIDGE);
        return;
    }
    for (uint32_t b = 0; b < site->network.bridges; b++)
        if (strcmp(site->network.bridge[b].name, part[0]) == 0) {
            iface_repeated(site, place, site->network.bridge[b].place, "bridge", token);
            return;
        }
    if (site->network.bridges == SITE_BRIDGES_MAX) {
        site_error(site, place, token, "too many; expected at most %d bridges", SITE_BRIDGES_MAX);
        return;
    }
    /* A bridge without ports (guests among themselves) is NAME: or NAME. */
    int ports = n == 2 && part[1][0] != '\0' ? kv_split(part[1], ',', port, SITE_PORTS_MAX) : 0;
    if (ports < 0) {
        site_error(site, place, token, "expected at most %d interfaces", SITE_PORTS_MAX);
        return;
    }
    struct site_bridge bridge = {.place = place, .ports = (uint32_t)ports};
    iface_copy(bridge.name, part[0]);
    for (int p = 0; p < ports; p++) {
        if (!iface_ok(port[p]) || strcmp(port[p], bridge.name) == 0) {
            site_error(site, place, token, EXPECT_BRIDGE);
            return;
        }
        if (port_in_use(site, place, token, port[p]))
            return;
        iface_copy(bridge.port[p], port[p]);
    }
    site->network.bridge[site->network.bridges++] = bridge;
}

/* A mask as 255.255.255.0 or as a prefix length: the length, or -1. */
static int parse_mask(const char *text, int family)
{
    struct in_addr mask;
    if (family == AF_INET && strchr(text, '.') != NULL && inet_pton(AF_INET, text, &mask) == 1) {
        uint32_t bits = ntohl(mask.s_addr);
        int length = bits == 0 ? 0 : 32 - __builtin_ctz(bits);
        uint32_t whole = length == 0 ? 0 : UINT32_MAX << (32 - length);
        return bits == whole ? length : -1;
    }
    if (text[0] == '\0' || strlen(text) > 3 || strspn(text, "0123456789") != strlen(text))
        return -1;
    long length = strtol(text, NULL, 10);
    return length <= (family == AF_INET ? 32 : 128) ? (int)length : -1;
}

static void add_address(struct site *site, const char *token, const struct site_address *address)
{
    for (uint32_t i = 0; i < site->network.addresses; i++) {
        const struct site_address *other = &site->network.address[i];
        if (strcmp(other->iface, address->iface) == 0 && other->family == address->family) {
            iface_repeated(site, address->place, other->place, "an address for this interface",
                           token);
            return;
        }
    }
    if (site->network.addresses == SITE_ADDRESSES_MAX)
        site_error(site, address->place, token, "too many; expected at most %d addresses",
                   SITE_ADDRESSES_MAX);
    else
        site->network.address[site->network.addresses++] = *address;
}

static bool is_dhcp(const char *method)
{
    return strcmp(method, "dhcp") == 0 || strcmp(method, "on") == 0 || strcmp(method, "any") == 0;
}

/* ADDRESS:PEER:GATEWAY:MASK:HOST:IFACE:METHOD */
static bool parse_full(char *part[], int n, struct site_address *a)
{
    enum { ADDRESS, PEER, GATEWAY, MASK, HOST, IFACE, METHOD };
    if (n <= IFACE || !iface_ok(part[IFACE]))
        return false;
    iface_copy(a->iface, part[IFACE]);
    const char *method = n > METHOD ? part[METHOD] : "none";
    if (is_dhcp(method)) {
        a->dhcp = true;
        a->family = AF_INET;
        return part[ADDRESS][0] == '\0';
    }
    if (method[0] != '\0' && strcmp(method, "none") != 0 && strcmp(method, "off") != 0 &&
        strcmp(method, "static") != 0)
        return false;
    a->family = address_parse(part[ADDRESS], a->address);
    int prefix = a->family == 0 ? -1 : parse_mask(part[MASK], a->family);
    a->has_gateway = part[GATEWAY][0] != '\0';
    if (prefix < 0 || (a->has_gateway && address_parse(part[GATEWAY], a->gateway) != a->family))
        return false;
    a->prefix = (uint8_t)prefix;
    return true;
}

void word_ip(struct site *site, struct place place, char *value)
{
    char token[96];
    snprintf(token, sizeof token, "ip=%s", value);
    char *part[9];
    int n = kv_split(value, ':', part, 9);
    struct site_address address = {.place = place};
    bool ok;
    if (n == 2) {
        ok = iface_ok(part[0]) && is_dhcp(part[1]);
        address.dhcp = true;
        address.family = AF_INET;
        iface_copy(address.iface, part[0]);
    } else {
        ok = n > 0 && parse_full(part, n, &address);
    }
    if (!ok) {
        site_error(site, place, token, EXPECT_IP);
        return;
    }
    add_address(site, token, &address);
    for (int dns = 7; dns < n; dns++)
        if (part[dns][0] != '\0')
            word_nameserver(site, place, part[dns]);
}

void word_nameserver(struct site *site, struct place place, char *value)
{
    char token[64];
    uint8_t address[16];
    snprintf(token, sizeof token, "nameserver=%s", value);
    int family = address_parse(value, address);
    if (family == 0) {
        site_error(site, place, token, "expected an IP address");
        return;
    }
    char text[INET6_ADDRSTRLEN];
    inet_ntop(family, address, text, sizeof text);
    for (uint32_t i = 0; i < site->network.nameservers; i++)
        if (strcmp(site->network.nameserver[i], text) == 0) {
            iface_repeated(site, place, site->network.nameserver_place[i], "this name server",
                           token);
            return;
        }
    if (site->network.nameservers == SITE_NAMESERVERS_MAX) {
        site_error(site, place, token, "too many; expected at most %d name servers",
                   SITE_NAMESERVERS_MAX);
        return;
    }
    site->network.nameserver_place[site->network.nameservers] = place;
    memcpy(site->network.nameserver[site->network.nameservers++], text, sizeof text);
}
