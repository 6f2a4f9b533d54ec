#include "control/text.h"

#include <stdbool.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#define NAME_WIDTH 18

static yajl_val get(yajl_val object, const char *key, yajl_type type)
{
    const char *path[] = {key, NULL};
    return yajl_tree_get(object, path, type);
}

static const char *text(yajl_val object, const char *key)
{
    const char *value = YAJL_GET_STRING(get(object, key, yajl_t_string));
    return value != NULL ? value : "";
}

static long long number(yajl_val object, const char *key)
{
    yajl_val value = get(object, key, yajl_t_number);
    return YAJL_IS_INTEGER(value) ? YAJL_GET_INTEGER(value) : 0;
}

static bool yes(yajl_val object, const char *key)
{
    return YAJL_IS_TRUE(get(object, key, yajl_t_any));
}

static size_t list(yajl_val object, const char *key, yajl_val **item)
{
    yajl_val value = get(object, key, yajl_t_array);
    *item = value != NULL ? value->u.array.values : NULL;
    return value != NULL ? value->u.array.len : 0;
}

/* 3:05:09, or 2d 03:05:09 */
static void duration(long long ms, char *out, size_t size)
{
    long long s = ms / 1000;
    if (s >= 86400)
        snprintf(out, size, "%lldd %02lld:%02lld:%02lld", s / 86400, s / 3600 % 24, s / 60 % 60,
                 s % 60);
    else
        snprintf(out, size, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
}

/* The last column: what is worth saying in this state. */
static void remark(yajl_val guest, char *out, size_t size)
{
    char time[32];
    const char *state = text(guest, "state"), *end = text(guest, "last_end");
    out[0] = '\0';
    if (number(guest, "up_ms") > 0) {
        duration(number(guest, "up_ms"), time, sizeof time);
        long long ends = number(guest, "ends");
        snprintf(out, size, ends == 0 ? "%s" : "%s, %lldx %s", time, ends, end);
    } else if (number(guest, "start_in_ms") > 0) {
        snprintf(out, size, "%s; in %.1f s (%lld)", end[0] != '\0' ? end : "failed",
                 (double)number(guest, "start_in_ms") / 1000, number(guest, "failures"));
    } else if (strcmp(state, "elsewhere") == 0) {
        const char *home = text(guest, "home");
        snprintf(out, size, home[0] != '\0' ? "home %s" : "no home", home);
    } else if (strcmp(state, "stopped") == 0) {
        snprintf(out, size, "by %s",
                 text(guest, "hold")[0] == 'o' ? "relevo stop" : "its own wish");
    } else if (strcmp(state, "gave-up") == 0) {
        snprintf(out, size, "%s, %lld times", end[0] != '\0' ? end : "not started",
                 number(guest, "failures"));
    }
}

static void print_guest(FILE *to, const char *node, yajl_val guest)
{
    char domid[16] = "-", why[64];
    if (number(guest, "domid") >= 0)
        snprintf(domid, sizeof domid, "%lld", number(guest, "domid"));
    remark(guest, why, sizeof why);
    const char *name = text(guest, "name");
    if (strlen(name) > NAME_WIDTH) /* a line of its own: whole, for the next command */
        fprintf(to, "%s\n", name);
    fprintf(to, "%-*s %-9s %5s %-4s %6lld %4lld  %s\n", NAME_WIDTH,
            strlen(name) > NAME_WIDTH ? "" : name, text(guest, "state"), domid, text(guest, "type"),
            number(guest, "memory_mib"), number(guest, "vcpus"), why);
    if (text(guest, "error")[0] != '\0')
        fprintf(to, "    %s\n", text(guest, "error"));
    if (YAJL_IS_FALSE(get(guest, "configured", yajl_t_any)))
        fprintf(to, "    no longer configured; relevo stop ends it\n");
    else if (number(guest, "domid") >= 0 && strcmp(text(guest, "home"), node) != 0)
        fprintf(to, "    runs here, but its home is %s\n",
                text(guest, "home")[0] != '\0' ? text(guest, "home") : "nowhere");
    if (text(guest, "waits_for")[0] != '\0')
        fprintf(to, "    waits: %s\n", text(guest, "waits_for"));
    else if (number(guest, "domid") >= 0 && strcmp(text(guest, "disks"), "ready") != 0)
        fprintf(to, "    storage %s: %s\n", text(guest, "disks"), text(guest, "disks_text"));
    if (yes(guest, "changed"))
        fprintf(to, "    has a new description, which it takes at its next start\n");
}

static void print_pieces(FILE *to, yajl_val root)
{
    yajl_val *item;
    size_t n = list(root, "network", &item);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "%-6s %-15s %-4s %s\n", text(item[i], "kind"), text(item[i], "name"),
                yes(item[i], "good") ? "good" : "bad", text(item[i], "text"));
}

static void print_vif(FILE *to, yajl_val vif)
{
    static const char *const classes[] = {"mac", "ip", "arp", "dhcp", "router", "other"};
    yajl_val dropped = get(vif, "dropped", yajl_t_object);
    fprintf(to, "%-15s %-15s %-6s", text(vif, "name"), text(vif, "bridge"), text(vif, "filter"));
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        fprintf(to, " %8lld", dropped != NULL ? number(dropped, classes[i]) : 0);
    fprintf(to, "%s%s\n", text(vif, "text")[0] != '\0' ? "  " : "", text(vif, "text"));
}

static void print_network(FILE *to, yajl_val root)
{
    yajl_val *item;
    print_pieces(to, root);
    size_t n = list(root, "vifs", &item);
    if (n > 0)
        fprintf(to, "\n%-15s %-15s %-6s %s\n%38s %8s %8s %8s %8s %8s %8s\n", "GUESTS'", "BRIDGE",
                "FILTER", " FRAMES DROPPED FOR THEIR", "", "MAC", "IP", "ARP", "DHCP", "ROUTER",
                "OTHER");
    for (size_t i = 0; i < n; i++)
        print_vif(to, item[i]);
}

static void print_status(FILE *to, yajl_val root)
{
    yajl_val *item;
    size_t n = list(root, "guests", &item), running = 0;
    for (size_t i = 0; i < n; i++)
        running += strcmp(text(item[i], "state"), "running") == 0;
    fprintf(to, "%s: %zu of %zu guests running%s%s\n", text(root, "node"), running, n,
            strcmp(text(root, "xen"), "connected") == 0 ? "" : "; Xen is not reached",
            yes(root, "leaving") ? "; going down" : "");
    if (n > 0)
        fprintf(to, "\n%-*s %-9s %5s %-4s %6s %4s  %s\n", NAME_WIDTH, "GUEST", "STATE", "DOMID",
                "TYPE", "MIB", "CPUS", "UP, OR WHY NOT");
    for (size_t i = 0; i < n; i++)
        print_guest(to, text(root, "node"), item[i]);

    if (list(root, "network", &item) > 0) {
        fprintf(to, "\nNETWORK\n");
        print_pieces(to, root);
    }

    n = list(root, "errors", &item);
    if (n > 0)
        fprintf(to, "\nERRORS\n");
    for (size_t i = 0; i < n; i++)
        if (YAJL_IS_STRING(item[i]))
            fprintf(to, "%s\n", YAJL_GET_STRING(item[i]));
    if (number(root, "errors_dropped") > 0)
        fprintf(to, "and %lld more\n", number(root, "errors_dropped"));
}

static int print_reply(FILE *to, const char *json, void (*print)(FILE *to, yajl_val root))
{
    yajl_val root = yajl_tree_parse(json, NULL, 0);
    if (root == NULL || !yes(root, "ok")) {
        yajl_tree_free(root);
        return -1;
    }
    print(to, root);
    yajl_tree_free(root);
    return 0;
}

/* 2.0G, as multipath prints it */
static void print_size(FILE *to, long long bytes)
{
    static const char units[] = "BKMGTPE";
    double size = (double)bytes;
    int unit = 0;
    for (; size >= 1024 && units[unit + 1] != '\0'; unit++)
        size /= 1024;
    fprintf(to, size < 10 ? "size=%.1f%c" : "size=%.0f%c", size, units[unit]);
}

static void print_path(FILE *to, yajl_val path, const char *indent)
{
    const char *hctl = text(path, "hctl");
    fprintf(to, "%s %s %-5s %-6s %s %s %s", indent, hctl[0] != '\0' ? hctl : "-",
            text(path, "name"), text(path, "dev"), text(path, "dm"), text(path, "check"),
            text(path, "state"));
    if (number(path, "failures") > 0)
        fprintf(to, " failures=%lld", number(path, "failures"));
    fprintf(to, "%s%s\n", text(path, "text")[0] != '\0' ? ": " : "", text(path, "text"));
}

static void print_group(FILE *to, yajl_val map, yajl_val group, bool last)
{
    yajl_val *path;
    size_t paths = list(group, "paths", &path);
    const char *access = paths > 0 ? text(path[0], "access") : "";
    fprintf(to, "%c-+- policy='%s 0'%s%s status=%s\n", last ? '`' : '|', text(map, "selector"),
            access[0] != '\0' ? " access=" : "", access, text(group, "state"));
    for (size_t i = 0; i < paths; i++) {
        char indent[8];
        snprintf(indent, sizeof indent, "%c %c-", last ? ' ' : '|', i + 1 == paths ? '`' : '|');
        print_path(to, path[i], indent);
    }
}

static void print_map(FILE *to, yajl_val map)
{
    char dm[24] = "", since[32];
    yajl_val *item;
    if (number(map, "minor") >= 0)
        snprintf(dm, sizeof dm, " dm-%lld", number(map, "minor"));
    duration(number(map, "changed_ms_ago"), since, sizeof since);
    fprintf(to, "%s (%s)%s %s for %s%s%s\n", text(map, "alias"), text(map, "wwid"), dm,
            text(map, "state"), since, text(map, "text")[0] != '\0' ? ": " : "", text(map, "text"));
    if (number(map, "minor") >= 0) {
        const char *handler = text(map, "handler");
        print_size(to, number(map, "size_bytes"));
        fprintf(to, " features='%s' hwhandler='%s%s' opened=%lld\n",
                yes(map, "queueing") ? "1 queue_if_no_path" : "0", handler[0] != '\0' ? "1 " : "0",
                handler, number(map, "opened"));
    }
    size_t n = list(map, "groups", &item);
    for (size_t i = 0; i < n; i++)
        print_group(to, map, item[i], i + 1 == n);
    n = list(map, "left_out", &item);
    for (size_t i = 0; i < n; i++)
        print_path(to, item[i], "left out:");
}

static void print_multipath(FILE *to, yajl_val root)
{
    yajl_val *map;
    size_t n = list(root, "multipath", &map);
    for (size_t i = 0; i < n; i++)
        print_map(to, map[i]);
}

int status_print(FILE *to, const char *json)
{
    return print_reply(to, json, print_status);
}

int network_print(FILE *to, const char *json)
{
    return print_reply(to, json, print_network);
}

int multipath_print(FILE *to, const char *json)
{
    return print_reply(to, json, print_multipath);
}
