/* The cluster document as a person reads it. */
#include <string.h>

#include "control/reply.h"
#include "control/text.h"

static void print_self(FILE *to, yajl_val root)
{
    long long lease = reply_number(root, "lease_ms");
    bool corosync = reply_yes(root, "corosync");
    fprintf(to, "cluster %s, node %s: %s", reply_text(root, "cluster"), reply_text(root, "node"),
            !corosync                    ? "corosync is not reached"
            : reply_yes(root, "quorate") ? "quorum"
                                         : "no quorum");
    if (lease > 0)
        fprintf(to, ", lease for %.1f s", (double)lease / 1000);
    else
        fprintf(to, ", no lease");
    fprintf(to, ", watchdog %s%s%s", reply_yes(root, "armed") ? "armed" : "not armed",
            reply_number(root, "hardware_watchdog_s") > 0 ? ", the hardware's too" : "",
            reply_yes(root, "leaving") ? ", going down" : "");
    if (reply_text(root, "hardware_watchdog_text")[0] != '\0')
        fprintf(to, "\nthe hardware's watchdog, %s: %s", reply_text(root, "hardware_watchdog"),
                reply_text(root, "hardware_watchdog_text"));
    if (!reply_yes(root, "remembers"))
        fprintf(to, "\nit has forgotten what it promised, and does not vote before it has learned");
    if (reply_number(root, "waiting_for_journal") > 0)
        fprintf(to, "\nstate= is slow: %lld steps wait for it",
                reply_number(root, "waiting_for_journal"));
    fputc('\n', to);
}

static void print_node(FILE *to, yajl_val node)
{
    fprintf(to, "%-18s %2lld %-10s %6lld ", reply_text(node, "name"), reply_number(node, "id"),
            reply_text(node, "state"), reply_number(node, "guests"));
    if (reply_yes(node, "witness"))
        fprintf(to, " witness");
    if (reply_yes(node, "drained"))
        fprintf(to, " drained");
    if (reply_yes(node, "confirmed_off"))
        fprintf(to, " confirmed off");
    if (!reply_yes(node, "corosync"))
        fprintf(to, " not seen by corosync");
    if (reply_yes(node, "heard") && !reply_yes(node, "lease"))
        fprintf(to, " without a lease");
    if (reply_text(node, "site")[0] != '\0')
        fprintf(to, " site %s", reply_text(node, "site"));
    fputc('\n', to);
    if (reply_text(node, "other_site")[0] != '\0')
        fprintf(to, "    has another site: %s\n", reply_text(node, "other_site"));
}

static void print_guest(FILE *to, yajl_val guest)
{
    const char *state = reply_text(guest, "state"), *goal = reply_text(guest, "goal");
    const char *owner = reply_text(guest, "owner");
    fprintf(to, "%-18s %-18s %5lld %-9s%s%s\n", reply_text(guest, "name"),
            owner[0] != '\0' ? owner : "-", reply_number(guest, "epoch"), state,
            goal[0] != '\0' ? " to " : "", goal);
    if (strcmp(state, "waiting") != 0)
        return;
    yajl_val *item;
    size_t n = reply_list(guest, "candidates", &item);
    for (size_t i = 0; i < n; i++)
        if (reply_text(item[i], "why_not")[0] != '\0')
            fprintf(to, "    %s %s\n", reply_text(item[i], "node"), reply_text(item[i], "why_not"));
}

static void print(FILE *to, yajl_val root)
{
    yajl_val *item;
    if (reply_text(root, "cluster")[0] == '\0') {
        fprintf(to, "node %s belongs to no cluster\n", reply_text(root, "node"));
        return;
    }
    if (!reply_yes(root, "known")) {
        fprintf(to, "cluster %s: not joined yet: Xen's domains or state= are not known\n",
                reply_text(root, "cluster"));
        return;
    }
    print_self(to, root);
    fprintf(to, "\n%-18s %2s %-10s %6s\n", "NODE", "ID", "STATE", "GUESTS");
    size_t n = reply_list(root, "nodes", &item);
    for (size_t i = 0; i < n; i++)
        print_node(to, item[i]);
    n = reply_list(root, "guests", &item);
    if (n > 0)
        fprintf(to, "\n%-18s %-18s %5s %s\n", "GUEST", "OWNER", "EPOCH", "STATE, OR WHY NOT");
    for (size_t i = 0; i < n; i++)
        print_guest(to, item[i]);
}

int cluster_print(FILE *to, const char *json)
{
    yajl_val root = yajl_tree_parse(json, NULL, 0);
    bool good = root != NULL && reply_yes(root, "ok");
    if (good)
        print(to, root);
    yajl_tree_free(root);
    return good ? 0 : -1;
}
