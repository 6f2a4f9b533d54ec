#include <stdarg.h>
#include <stdio.h>

#include "cluster/corosync.h"

struct text {
    char *at;
    size_t left;
    bool cut;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->at, t->left, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= t->left) {
        t->cut = true;
        return;
    }
    t->at += n;
    t->left -= (size_t)n;
}

static void add_node(struct text *t, const struct cluster_node *node)
{
    add(t, "    node {\n        name: %s\n        nodeid: %u\n", node->name, node->id);
    for (uint32_t i = 0; i < node->links; i++) {
        char address[INET6_ADDRSTRLEN];
        cluster_address_format(&node->link[i], address);
        add(t, "        ring%u_addr: %s\n", i, address);
    }
    add(t, "    }\n");
}

/* token_coefficient would lengthen the token with each node past the second. Scheduling is init's
 * (musl has no sched_setscheduler). Links are judged as by default: knet's threads look at them
 * every 200 ms, so that faster judgement calls good ones bad. Every node has one vote, and there is
 * no two_node: with it both halves of a broken pair are quorate. */
int corosync_conf(const struct cluster_config *cluster, const char *key, const char *folder,
                  char *text, size_t size)
{
    struct text t = {.at = text, .left = size};
    add(&t,
        "totem {\n    version: 2\n    cluster_name: %s\n    transport: knet\n"
        "    link_mode: passive\n    crypto_model: openssl\n    crypto_cipher: aes256\n"
        "    crypto_hash: sha256\n    keyfile: %s\n    token: %u\n    token_coefficient: 0\n"
        "    consensus: %u\n",
        cluster->name, key, cluster->value[CLUSTER_TOKEN],
        cluster_consensus(cluster->value[CLUSTER_TOKEN]));
    for (uint32_t i = 0; i < cluster->node[0].links; i++)
        add(&t, "    interface {\n        linknumber: %u\n        mcastport: %u\n    }\n", i,
            cluster->value[CLUSTER_PORT] + i);
    add(&t, "}\nnodelist {\n");
    for (uint32_t i = 0; i < cluster->nodes; i++)
        add_node(&t, &cluster->node[i]);
    add(&t,
        "}\nquorum {\n    provider: corosync_votequorum\n    expected_votes: %u\n}\n"
        "logging {\n    to_stderr: no\n    to_logfile: no\n    to_syslog: yes\n}\n"
        "system {\n    sched_rr: no\n    move_to_root_cgroup: no\n    state_dir: %s\n}\n",
        cluster->nodes, folder);
    return t.cut ? -1 : 0;
}
