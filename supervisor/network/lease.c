#include "network/lease.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/kv.h"
#include "base/log.h"
#include "base/run_dir.h"

#define APPLIED "dhcp-applied"

static int64_t number(const char *text, int64_t most)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    return end == text || *end != '\0' || value < 0 || value > most ? -1 : value;
}

/* "10.0.0.5/24" */
static int parse_ip(char *text, struct link_ip *ip)
{
    char *slash = strchr(text, '/');
    if (slash == NULL)
        return -1;
    *slash = '\0';
    int64_t prefix = number(slash + 1, 32);
    if (prefix < 1 || inet_pton(AF_INET, text, ip->address) != 1)
        return -1;
    ip->family = AF_INET;
    ip->prefix = (uint8_t)prefix;
    return 0;
}

static int take(struct lease *lease, const char *key, char *value)
{
    int64_t n;
    if (strcmp(key, "address") == 0)
        return parse_ip(value, &lease->ip);
    if (strcmp(key, "gateway") == 0) {
        lease->has_gateway = true;
        return inet_pton(AF_INET, value, lease->gateway) == 1 ? 0 : -1;
    }
    if (strcmp(key, "dns") == 0) {
        struct in_addr address;
        if (inet_pton(AF_INET, value, &address) != 1)
            return -1;
        if (lease->nameservers < SITE_NAMESERVERS_MAX)
            inet_ntop(AF_INET, &address, lease->nameserver[lease->nameservers++], INET_ADDRSTRLEN);
        return 0;
    }
    if (strcmp(key, "client") == 0 && (n = number(value, INT32_MAX)) >= 0)
        lease->client = (int32_t)n;
    else if (strcmp(key, "ends_ms") == 0 && (n = number(value, INT64_MAX)) >= 0)
        lease->ends_ms = (uint64_t)n;
    else
        return -1;
    return 0;
}

int lease_parse(struct lease *lease, char *text)
{
    *lease = (struct lease){0};
    struct kv word;
    while (kv_next(&text, &word))
        if (word.value == NULL || take(lease, word.key, word.value) != 0)
            return -1;
    return lease->ip.family == AF_INET ? 0 : -1;
}

void lease_format(const struct lease *lease, char text[LEASE_TEXT_SIZE])
{
    char address[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, lease->ip.address, address, sizeof address);
    int n = snprintf(text, LEASE_TEXT_SIZE, "client=%" PRId32 " address=%s/%u ends_ms=%" PRIu64,
                     lease->client, address, lease->ip.prefix, lease->ends_ms);
    if (lease->has_gateway) {
        inet_ntop(AF_INET, lease->gateway, address, sizeof address);
        n += snprintf(text + n, LEASE_TEXT_SIZE - (size_t)n, " gateway=%s", address);
    }
    for (uint32_t i = 0; i < lease->nameservers; i++)
        n += snprintf(text + n, LEASE_TEXT_SIZE - (size_t)n, " dns=%s", lease->nameserver[i]);
    snprintf(text + n, LEASE_TEXT_SIZE - (size_t)n, "\n");
}

static int load(struct lease *lease, const char *folder, const char *iface)
{
    char text[LEASE_TEXT_SIZE];
    if (run_load(folder, iface, text, sizeof text) == 0 && lease_parse(lease, text) == 0)
        return 0;
    *lease = (struct lease){0};
    return -1;
}

int lease_load(struct lease *lease, const char *iface)
{
    return load(lease, "dhcp", iface);
}

void lease_keep_applied(const struct lease *lease, const char *iface)
{
    char text[LEASE_TEXT_SIZE], kept[LEASE_TEXT_SIZE];
    struct err e;
    if (lease == NULL) {
        run_forget(APPLIED, iface);
        return;
    }
    lease_format(lease, text);
    if (run_load(APPLIED, iface, kept, sizeof kept) == 0 && strcmp(kept, text) == 0)
        return;
    if (run_save(APPLIED, iface, text, &e) != 0)
        log_err("%s: %s; if this process dies, its address may stay", iface, e.text);
}

int lease_load_applied(struct lease *lease, const char *iface)
{
    return load(lease, APPLIED, iface);
}

/* What udhcpc says in the environment (udhcpc's fill_envp): ip, mask (a prefix length), router, dns
 * (lists), lease (seconds). */
static int lease_from_environment(struct lease *lease, struct err *e)
{
    const char *ip = getenv("ip"), *mask = getenv("mask"), *seconds = getenv("lease");
    char text[64], list[256];
    *lease = (struct lease){.client = getppid()};
    snprintf(text, sizeof text, "%s/%s", ip != NULL ? ip : "", mask != NULL ? mask : "24");
    if (parse_ip(text, &lease->ip) != 0)
        return err_set(e, "the server's address or mask is not valid");
    int64_t s = seconds != NULL ? number(seconds, UINT32_MAX) : -1;
    lease->ends_ms = s >= 0 ? clock_ms() + (uint64_t)s * 1000 : INT64_MAX;

    static const struct {
        const char *variable;
        char key[8];
    } lists[] = {{"router", "gateway"}, {"dns", "dns"}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        snprintf(list, sizeof list, "%s",
                 getenv(lists[i].variable) != NULL ? getenv(lists[i].variable) : "");
        char *rest = list, *word;
        while ((word = strsep(&rest, " ")) != NULL)
            if (word[0] != '\0' && (i == 1 || !lease->has_gateway) &&
                take(lease, lists[i].key, word) != 0)
                log_warn("DHCP: %s: %s is not an address; left out", lists[i].variable, word);
    }
    return 0;
}

static int bound(const char *path, struct err *e)
{
    struct lease lease;
    char text[LEASE_TEXT_SIZE];
    if (lease_from_environment(&lease, e) != 0)
        return -1;
    lease_format(&lease, text);
    return file_replace(path, text, e);
}

/* udhcpc's first word is always deconfig. The lease that an earlier udhcpc got still stands then;
 * only the one who got it takes it back, or its end. */
static void lost(const char *path, const char *iface)
{
    struct lease lease;
    if (lease_load(&lease, iface) == 0 &&
        (lease.client == getppid() || clock_ms() >= lease.ends_ms))
        unlink(path);
}

int dhcp_event_role(int argc, char **argv)
{
    char path[PATH_MAX];
    struct err e = {.text = "called wrongly: expected udhcpc's arguments"};
    const char *event = argc > 1 ? argv[1] : "", *iface = getenv("interface");
    int result = -1;
    if (iface != NULL && strchr(iface, '/') == NULL && iface[0] != '.' &&
        run_path(path, sizeof path, "dhcp", NULL) == 0) {
        mkdir(path, 0700);
        run_path(path, sizeof path, "dhcp", iface);
        result = 0;
        if (strcmp(event, "bound") == 0 || strcmp(event, "renew") == 0)
            result = bound(path, &e);
        else if (strcmp(event, "deconfig") == 0 || strcmp(event, "leasefail") == 0)
            lost(path, iface);
    }
    if (result != 0)
        log_err("DHCP on %s: %s: %s", iface != NULL ? iface : "?", event, e.text);
    return result == 0 ? 0 : 1;
}
