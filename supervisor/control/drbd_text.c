/* The mirrors' document as a person reads it. */
#include <string.h>
#include <unistd.h>

#include "control/drbd.h"
#include "control/reply.h"

#define BAR_WIDTH 30

static void print_bytes(char *text, size_t size, long long bytes)
{
    static const char units[] = "BKMGTP";
    double n = (double)bytes;
    int unit = 0;
    for (; n >= 1024 && units[unit + 1] != '\0'; unit++)
        n /= 1024;
    snprintf(text, size, n < 10 && unit > 0 ? "%.1f%c" : "%.0f%c", n, units[unit]);
}

static void print_sync(FILE *to, yajl_val sync)
{
    char bar[BAR_WIDTH + 1] = "", left[16], rate[16], time[32] = "";
    long long total = reply_number(sync, "total_bytes"), todo = reply_number(sync, "left_bytes");
    double done = total > 0 ? (double)(total - todo) / (double)total : 0;
    int filled = (int)(done * BAR_WIDTH);
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '=', (size_t)filled);
    print_bytes(left, sizeof left, todo);
    print_bytes(rate, sizeof rate, reply_number(sync, "rate_bytes_s"));
    if (reply_number(sync, "left_ms") >= 0)
        reply_duration(reply_number(sync, "left_ms"), time, sizeof time);
    fputs("    ", to);
    if (isatty(fileno(to)))
        fprintf(to, "[%s] ", bar);
    fprintf(to, "%.1f%% synced, %s to go at %s/s%s%s\n", done * 100, left, rate,
            time[0] != '\0' ? ", " : "", time);
}

static void print_mirror(FILE *to, yajl_val m)
{
    char size[16], roles[24], disks[32], since[32];
    print_bytes(size, sizeof size, reply_number(m, "size_bytes"));
    snprintf(roles, sizeof roles, "%s/%s", reply_text(m, "role"), reply_text(m, "peer_role"));
    snprintf(disks, sizeof disks, "%s/%s", reply_text(m, "disk"), reply_text(m, "peer_disk"));
    reply_duration(reply_number(m, "changed_ms_ago"), since, sizeof since);
    fprintf(to, "%-12s %-11s %-19s %-14s %-25s %5s %s\n", reply_text(m, "name"),
            reply_text(m, "condition"), roles, reply_text(m, "connection"), disks, size,
            reply_text(m, "peer"));
    if (reply_text(m, "text")[0] != '\0')
        fprintf(to, "    %s (for %s)\n", reply_text(m, "text"), since);
    yajl_val sync = reply_get(m, "sync", yajl_t_object);
    if (sync != NULL)
        print_sync(to, sync);
}

int drbd_print(FILE *to, const char *json)
{
    yajl_val root = yajl_tree_parse(json, NULL, 0), *mirror;
    if (root == NULL || !reply_yes(root, "ok")) {
        yajl_tree_free(root);
        return -1;
    }
    size_t n = reply_list(root, "drbd", &mirror);
    if (n > 0)
        fprintf(to, "%-12s %-11s %-19s %-14s %-25s %5s %s\n", "MIRROR", "CONDITION",
                "ROLE HERE/THERE", "CONNECTION", "DISK HERE/THERE", "SIZE", "PEER");
    for (size_t i = 0; i < n; i++)
        print_mirror(to, mirror[i]);
    yajl_tree_free(root);
    return 0;
}
