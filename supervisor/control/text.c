#include "control/text.h"

#include <stdbool.h>
#include <string.h>

#include "control/reply.h"

#define NAME_WIDTH 18

/* The last column: what is worth saying in this state. */
static void remark(yajl_val guest, char *out, size_t size)
{
    char time[32];
    const char *state = reply_text(guest, "state"), *end = reply_text(guest, "last_end");
    out[0] = '\0';
    if (reply_number(guest, "up_ms") > 0) {
        reply_duration(reply_number(guest, "up_ms"), time, sizeof time);
        long long ends = reply_number(guest, "ends");
        snprintf(out, size, ends == 0 ? "%s" : "%s, %lldx %s", time, ends, end);
    } else if (reply_number(guest, "start_in_ms") > 0) {
        snprintf(out, size, "%s; in %.1f s (%lld)", end[0] != '\0' ? end : "failed",
                 (double)reply_number(guest, "start_in_ms") / 1000,
                 reply_number(guest, "failures"));
    } else if (strcmp(state, "elsewhere") == 0) {
        const char *home = reply_text(guest, "home"), *owner = reply_text(guest, "owner");
        if (owner[0] != '\0')
            snprintf(out, size, "on %s", owner);
        else
            snprintf(out, size, home[0] != '\0' ? "home %s" : "no home", home);
    } else if (strcmp(state, "stopped") == 0) {
        const char *hold = reply_text(guest, "hold");
        snprintf(out, size, "%s",
                 hold[0] == 'o'    ? "by relevo stop"
                 : hold[0] != '\0' ? "by its own wish"
                                   : "in the whole cluster");
    } else if (strcmp(state, "gave-up") == 0) {
        snprintf(out, size, "%s, %lld times", end[0] != '\0' ? end : "not started",
                 reply_number(guest, "failures"));
    }
}

static void print_guest(FILE *to, const char *node, yajl_val guest)
{
    char domid[16] = "-", why[64];
    if (reply_number(guest, "domid") >= 0)
        snprintf(domid, sizeof domid, "%lld", reply_number(guest, "domid"));
    remark(guest, why, sizeof why);
    const char *name = reply_text(guest, "name");
    if (strlen(name) > NAME_WIDTH) /* a line of its own: whole, for the next command */
        fprintf(to, "%s\n", name);
    fprintf(to, "%-*s %-9s %5s %-4s %6lld %4lld  %s\n", NAME_WIDTH,
            strlen(name) > NAME_WIDTH ? "" : name, reply_text(guest, "state"), domid,
            reply_text(guest, "type"), reply_number(guest, "memory_mib"),
            reply_number(guest, "vcpus"), why);
    if (reply_text(guest, "error")[0] != '\0')
        fprintf(to, "    %s\n", reply_text(guest, "error"));
    if (YAJL_IS_FALSE(reply_get(guest, "configured", yajl_t_any)))
        fprintf(to, "    no longer configured; relevo stop ends it\n");
    else if (reply_number(guest, "domid") >= 0 && strcmp(reply_text(guest, "home"), node) != 0)
        fprintf(to, "    runs here, but its home is %s\n",
                reply_text(guest, "home")[0] != '\0' ? reply_text(guest, "home") : "nowhere");
    if (reply_text(guest, "waits_for")[0] != '\0')
        fprintf(to, "    waits: %s\n", reply_text(guest, "waits_for"));
    else if (reply_number(guest, "domid") >= 0 && strcmp(reply_text(guest, "disks"), "ready") != 0)
        fprintf(to, "    storage %s: %s\n", reply_text(guest, "disks"),
                reply_text(guest, "disks_text"));
    if (reply_yes(guest, "changed"))
        fprintf(to, "    has a new description, which it takes at its next start\n");
}

static void print_pieces(FILE *to, yajl_val root)
{
    yajl_val *item;
    size_t n = reply_list(root, "network", &item);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "%-6s %-15s %-4s %s\n", reply_text(item[i], "kind"),
                reply_text(item[i], "name"), reply_yes(item[i], "good") ? "good" : "bad",
                reply_text(item[i], "text"));
}

static void print_vif(FILE *to, yajl_val vif)
{
    static const char *const classes[] = {"mac", "ip", "arp", "dhcp", "router", "other"};
    yajl_val dropped = reply_get(vif, "dropped", yajl_t_object);
    fprintf(to, "%-15s %-15s %-6s", reply_text(vif, "name"), reply_text(vif, "bridge"),
            reply_text(vif, "filter"));
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        fprintf(to, " %8lld", dropped != NULL ? reply_number(dropped, classes[i]) : 0);
    fprintf(to, "%s%s\n", reply_text(vif, "text")[0] != '\0' ? "  " : "", reply_text(vif, "text"));
}

static void print_network(FILE *to, yajl_val root)
{
    yajl_val *item;
    print_pieces(to, root);
    size_t n = reply_list(root, "vifs", &item);
    if (n > 0)
        fprintf(to, "\n%-15s %-15s %-6s %s\n%38s %8s %8s %8s %8s %8s %8s\n", "GUESTS'", "BRIDGE",
                "FILTER", " FRAMES DROPPED FOR THEIR", "", "MAC", "IP", "ARP", "DHCP", "ROUTER",
                "OTHER");
    for (size_t i = 0; i < n; i++)
        print_vif(to, item[i]);
}

static void print_lines(FILE *to, yajl_val root, const char *list, const char *title)
{
    yajl_val *item;
    size_t n = reply_list(root, list, &item);
    if (n > 0)
        fprintf(to, "\n%s\n", title);
    for (size_t i = 0; i < n; i++)
        if (YAJL_IS_STRING(item[i]))
            fprintf(to, "%s\n", YAJL_GET_STRING(item[i]));
}

static void print_status(FILE *to, yajl_val root)
{
    yajl_val *item;
    size_t n = reply_list(root, "guests", &item), running = 0;
    for (size_t i = 0; i < n; i++)
        running += strcmp(reply_text(item[i], "state"), "running") == 0;
    fprintf(to, "%s: %zu of %zu guests running%s%s\n", reply_text(root, "node"), running, n,
            strcmp(reply_text(root, "xen"), "connected") == 0 ? "" : "; Xen is not reached",
            reply_yes(root, "leaving") ? "; going down" : "");
    if (n > 0)
        fprintf(to, "\n%-*s %-9s %5s %-4s %6s %4s  %s\n", NAME_WIDTH, "GUEST", "STATE", "DOMID",
                "TYPE", "MIB", "CPUS", "UP, OR WHY NOT");
    for (size_t i = 0; i < n; i++)
        print_guest(to, reply_text(root, "node"), item[i]);

    if (reply_list(root, "network", &item) > 0) {
        fprintf(to, "\nNETWORK\n");
        print_pieces(to, root);
    }

    print_lines(to, root, "other_sites", "OTHER NODES HAVE ANOTHER SITE");
    print_lines(to, root, "errors", "ERRORS");
    if (reply_number(root, "errors_dropped") > 0)
        fprintf(to, "and %lld more\n", reply_number(root, "errors_dropped"));
}

static int print_reply(FILE *to, const char *json, void (*print)(FILE *to, yajl_val root))
{
    yajl_val root = yajl_tree_parse(json, NULL, 0);
    if (root == NULL || !reply_yes(root, "ok")) {
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
    const char *hctl = reply_text(path, "hctl");
    fprintf(to, "%s %s %-5s %-6s %s %s %s", indent, hctl[0] != '\0' ? hctl : "-",
            reply_text(path, "name"), reply_text(path, "dev"), reply_text(path, "dm"),
            reply_text(path, "check"), reply_text(path, "state"));
    if (reply_number(path, "failures") > 0)
        fprintf(to, " failures=%lld", reply_number(path, "failures"));
    fprintf(to, "%s%s\n", reply_text(path, "text")[0] != '\0' ? ": " : "",
            reply_text(path, "text"));
}

static void print_group(FILE *to, yajl_val map, yajl_val group, bool last)
{
    yajl_val *path;
    size_t paths = reply_list(group, "paths", &path);
    const char *access = paths > 0 ? reply_text(path[0], "access") : "";
    fprintf(to, "%c-+- policy='%s 0'%s%s status=%s\n", last ? '`' : '|',
            reply_text(map, "selector"), access[0] != '\0' ? " access=" : "", access,
            reply_text(group, "state"));
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
    if (reply_number(map, "minor") >= 0)
        snprintf(dm, sizeof dm, " dm-%lld", reply_number(map, "minor"));
    reply_duration(reply_number(map, "changed_ms_ago"), since, sizeof since);
    fprintf(to, "%s (%s)%s %s for %s%s%s\n", reply_text(map, "alias"), reply_text(map, "wwid"), dm,
            reply_text(map, "state"), since, reply_text(map, "text")[0] != '\0' ? ": " : "",
            reply_text(map, "text"));
    if (reply_number(map, "minor") >= 0) {
        const char *handler = reply_text(map, "handler");
        print_size(to, reply_number(map, "size_bytes"));
        fprintf(to, " features='%s' hwhandler='%s%s' opened=%lld\n",
                reply_yes(map, "queueing") ? "1 queue_if_no_path" : "0",
                handler[0] != '\0' ? "1 " : "0", handler, reply_number(map, "opened"));
    }
    size_t n = reply_list(map, "groups", &item);
    for (size_t i = 0; i < n; i++)
        print_group(to, map, item[i], i + 1 == n);
    n = reply_list(map, "left_out", &item);
    for (size_t i = 0; i < n; i++)
        print_path(to, item[i], "left out:");
}

static void print_multipath(FILE *to, yajl_val root)
{
    yajl_val *map;
    size_t n = reply_list(root, "multipath", &map);
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
