/* cluster=, node=, role=, state= and fence= */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/address.h"
#include "config/words.h"

#define EXPECT_NODE    "expected NAME:ID:ADDRESS[,ADDRESS][:witness,memory=MIB] (IPv6 in brackets)"
#define EXPECT_CLUSTER "expected NAME[:OPTION=VALUE,...]"
#define EXPECT_FENCE                                                                               \
    "expected ipmi:NODE=ADDRESS[,NODE=ADDRESS...][:user=NAME,cipher=3] or exec:FILE"
#define MEMORY_MAX_MIB (16U << 20)

/* Without a word of it the cluster is another one than was meant: such a node starts no guests. */
__attribute__((format(printf, 4, 5))) static void refuse(struct site *site, struct place place,
                                                         const char *token, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    site_verror(site, place, token, format, args);
    va_end(args);
    site->cluster.bad_word = true;
}

/* Whether it has been given before. The command line wins silently over a file; twice in one place
 * is an error. */
static bool taken(struct site *site, struct place place, struct place first, const char *token)
{
    if (first.file != NULL && (first.line != 0 || place.line == 0))
        site_error(site, place, token, "given twice; expected once");
    return first.file != NULL;
}

static bool copy(char *to, size_t size, const char *from)
{
    return (size_t)snprintf(to, size, "%s", from) < size;
}

/* ---- cluster= ---- */

void word_cluster(struct site *site, struct place place, char *value)
{
    struct cluster_config *c = &site->cluster;
    char *part[2], token[100], name[CLUSTER_NAME_SIZE];
    uint32_t values[CLUSTER_OPTIONS];
    snprintf(token, sizeof token, "cluster=%s", value);
    if (taken(site, place, c->name_place, token))
        return;
    int n = kv_split(value, ':', part, 2);
    if (n < 1 || !guest_name_ok(part[0]) || !copy(name, sizeof name, part[0])) {
        refuse(site, place, token, EXPECT_CLUSTER ", a name of letters, digits and . _ + -");
        return;
    }
    for (int i = 0; i < CLUSTER_OPTIONS; i++)
        values[i] = cluster_option[i].initial;
    if (n == 2 &&
        !word_options_take(site, place, token, cluster_option, CLUSTER_OPTIONS, values, part[1])) {
        c->bad_word = true;
        return;
    }
    if (values[CLUSTER_WATCHDOG] % 1000 != 0) { /* Xen's SCHEDOP_watchdog counts seconds */
        refuse(site, place, token, "watchdog=%u: expected whole seconds in milliseconds",
               values[CLUSTER_WATCHDOG]);
        return;
    }
    c->name_place = place;
    memcpy(c->name, name, sizeof c->name);
    memcpy(c->value, values, sizeof c->value);
}

/* ---- node= ---- */

static bool parse_number(const char *text, uint32_t max, uint32_t *value)
{
    if (text[0] == '\0' || strlen(text) > 8 || strspn(text, "0123456789") != strlen(text))
        return false;
    *value = (uint32_t)strtoul(text, NULL, 10);
    return *value >= 1 && *value <= max;
}

static bool take_node_option(struct cluster_node *node, const char *text)
{
    if (strcmp(text, "witness") == 0) {
        node->witness = true;
        return true;
    }
    return strncmp(text, "memory=", 7) == 0 &&
           parse_number(text + 7, MEMORY_MAX_MIB, &node->memory_mib);
}

static bool parse_node(struct cluster_node *node, char *value)
{
    char *part[4], *item[CLUSTER_LINKS_MAX];
    uint32_t id;
    int n = kv_split(value, ':', part, 4);
    if (n < 3 || !guest_name_ok(part[0]) || !copy(node->name, sizeof node->name, part[0]) ||
        !parse_number(part[1], CORE_NODES, &id))
        return false;
    node->id = (uint8_t)id;
    int links = kv_split(part[2], ',', item, CLUSTER_LINKS_MAX);
    for (int i = 0; i < links; i++) {
        struct cluster_address *a = &node->link[i];
        a->family = address_parse(item[i], a->address);
        if (a->family == 0)
            return false;
    }
    node->links = links > 0 ? (uint32_t)links : 0;
    int options = n == 4 ? kv_split(part[3], ',', item, 2) : 0;
    for (int i = 0; i < options; i++)
        if (!take_node_option(node, item[i]))
            return false;
    return links > 0 && options >= 0;
}

void word_node(struct site *site, struct place place, char *value)
{
    struct cluster_config *c = &site->cluster;
    struct cluster_node node = {.place = place};
    char token[100];
    snprintf(token, sizeof token, "node=%s", value);
    if (!parse_node(&node, value)) {
        refuse(site, place, token, EXPECT_NODE ", ids 1 to %d", CORE_NODES);
        return;
    }
    int other = cluster_find(c, node.name);
    if (other >= 0) {
        taken(site, place, c->node[other].place, token);
        return;
    }
    if (c->nodes == CORE_NODES)
        refuse(site, place, token, "too many; expected at most %d nodes", CORE_NODES);
    else
        c->node[c->nodes++] = node;
}

/* ---- role=, state= ---- */

void word_role(struct site *site, struct place place, char *value)
{
    if (taken(site, place, site->cluster.role_place, "role"))
        return;
    if (strcmp(value, "witness") != 0) {
        refuse(site, place, "role", "%.40s: expected witness", value);
        return;
    }
    site->cluster.role_place = place;
    site->cluster.witness = true;
}

void word_state(struct site *site, struct place place, char *value)
{
    struct cluster_config *c = &site->cluster;
    if (taken(site, place, c->device_place, "state"))
        return;
    if (strncmp(value, "/dev/", 5) != 0 || strlen(value) >= sizeof c->device) {
        site_error(site, place, "state", "%.100s: expected a block device, /dev/...", value);
        return;
    }
    c->device_place = place;
    snprintf(c->device, sizeof c->device, "%s", value);
}

/* ---- fence= ---- */

static void add_fence(struct site *site, const char *token, const struct site_fence *fence)
{
    struct cluster_config *c = &site->cluster;
    for (uint32_t i = 0; i < c->fences; i++)
        if (strcmp(c->fence[i].node, fence->node) == 0) {
            taken(site, fence->place, c->fence[i].place, token);
            return;
        }
    if (c->fences == CLUSTER_FENCES_MAX)
        site_error(site, fence->place, token, "too many; expected one device for each of %d nodes",
                   CORE_NODES);
    else
        c->fence[c->fences++] = *fence;
}

/* "NODE=ADDRESS" */
static bool parse_bmc(struct site_fence *fence, char *text)
{
    struct cluster_address a;
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return false;
    *equals = '\0';
    a.family = address_parse(equals + 1, a.address);
    if (a.family == 0 || !guest_name_ok(text) || !copy(fence->node, sizeof fence->node, text))
        return false;
    cluster_address_format(&a, fence->by.target);
    return true;
}

/* A user has a name that needs no quoting, and that begins with no option's hyphen. Suite 0 has no
 * authentication. */
static bool parse_ipmi_option(struct site_fence *fence, const char *text)
{
    uint32_t cipher;
    if (strncmp(text, "cipher=", 7) == 0 && parse_number(text + 7, 19, &cipher)) {
        fence->by.cipher = (uint8_t)cipher;
        return true;
    }
    return strncmp(text, "user=", 5) == 0 && guest_name_ok(text + 5) && text[5] != '-' &&
           copy(fence->by.user, sizeof fence->by.user, text + 5);
}

static bool take_ipmi(struct site *site, const char *token, struct site_fence *fence, char *nodes,
                      char *options)
{
    char *item[CORE_NODES];
    fence->by.kind = FENCE_IPMI;
    int n = options != NULL ? kv_split(options, ',', item, 2) : 0;
    bool good = n >= 0;
    for (int i = 0; i < n; i++)
        good &= parse_ipmi_option(fence, item[i]);
    n = kv_split(nodes, ',', item, CORE_NODES);
    if (n < 1 || !good)
        return false;
    for (int i = 0; i < n; i++) {
        if (!parse_bmc(fence, item[i]))
            return false;
        add_fence(site, token, fence);
    }
    return true;
}

/* A file below the site's folder, and nothing that leads out of it. */
static bool take_exec(struct site *site, const char *token, struct site_fence *fence,
                      const char *path)
{
    fence->by.kind = FENCE_EXEC;
    if (path[0] == '\0' || path[0] == '/' || path[0] == '.' || strstr(path, "/.") != NULL ||
        !copy(fence->by.target, sizeof fence->by.target, path))
        return false;
    add_fence(site, token, fence);
    return true;
}

void word_fence(struct site *site, struct place place, char *value)
{
    struct site_fence fence = {.place = place};
    char *part[3], token[100];
    snprintf(token, sizeof token, "fence=%s", value);
    int n = kv_split(value, ':', part, 3);
    bool good = false;
    if (n >= 2 && strcmp(part[0], "ipmi") == 0)
        good = take_ipmi(site, token, &fence, part[1], n == 3 ? part[2] : NULL);
    else if (n == 2 && strcmp(part[0], "exec") == 0)
        good = take_exec(site, token, &fence, part[1]);
    if (!good)
        site_error(site, place, token, EXPECT_FENCE);
}
