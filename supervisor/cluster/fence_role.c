/* The fence worker, and the command that does the same by hand. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cluster/fence_wire.h"
#include "config/site.h"

enum { DONE = 0, REFUSED = 1, USAGE = 2 };

int fence_role(void)
{
    struct fence_order order;
    struct fence_reply reply = {.result = -1, .error = {.text = "a broken message"}};
    ptrdiff_t size = role_receive(&order, sizeof order);
    if (size <= 0)
        return size == 0 ? 0 : 1;
    if (fence_order_ok(&order, (size_t)size))
        reply.result = fence_off(&order, &reply.error);
    return role_send(&reply, sizeof reply) == 0 ? 0 : 1;
}

static int find(struct fence_order *order, const char *node, const char *folder, struct err *e)
{
    struct site *site = site_load(
        &(struct site_source){.cmdline = "/dev/null", .folder = folder, .hostname = node});
    if (site == NULL)
        return err_set(e, "out of memory");
    const struct cluster_config *c = &site->cluster;
    int result = 0;
    if (c->state != CLUSTER_READY)
        result = err_set(e, "no node of a cluster, or its words have errors; see relevo check");
    else if (fence_order(order, &c->node[c->self], folder) != 0)
        result = err_set(e, "it has no fence device");
    site_free(site);
    return result;
}

int fence_command(int argc, char **argv)
{
    struct fence_order order;
    struct err e;
    bool off = true;
    if (argc < 2 || argc > 3 || (strcmp(argv[0], "off") != 0 && strcmp(argv[0], "status") != 0))
        return USAGE;
    const char *folder = argc == 3 ? argv[2] : "/site";
    int result = find(&order, argv[1], folder, &e);
    if (result == 0)
        result =
            strcmp(argv[0], "off") == 0 ? fence_off(&order, &e) : fence_is_off(&order, &off, &e);
    if (result != 0) {
        fprintf(stderr, "relevo: %s: %s\n", argv[1], e.text);
        return REFUSED;
    }
    printf("%s: %s\n", argv[1], off ? "off" : "on");
    return DONE;
}
