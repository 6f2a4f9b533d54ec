/* relevo state init|show: by hand, without relevod. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cluster/journal.h"
#include "cluster/state_file.h"
#include "config/site.h"

enum { DONE = 0, REFUSED = 1, USAGE = 2 };

/* Who this node is. */
static int find_owner(struct state_owner *owner, struct err *e)
{
    char hostname[65] = "";
    gethostname(hostname, sizeof hostname - 1);
    struct site *site = site_load(
        &(struct site_source){.cmdline = "/proc/cmdline", .folder = "/site", .hostname = hostname});
    if (site == NULL)
        return err_set(e, "out of memory");
    const struct cluster_config *c = &site->cluster;
    bool ready = c->state == CLUSTER_READY;
    if (ready) {
        snprintf(owner->cluster, sizeof owner->cluster, "%s", c->name);
        snprintf(owner->node, sizeof owner->node, "%s", c->node[c->self].name);
    }
    site_free(site);
    return ready ? 0 : err_set(e, "this node has no cluster; see relevod -n");
}

static int fail(const char *device, const struct err *e)
{
    fprintf(stderr, "relevo: %s: %s\n", device, e->text);
    return REFUSED;
}

static int init(const char *device, bool force)
{
    struct state_owner owner;
    struct state_io io;
    struct err e;
    memset(&owner, 0, sizeof owner);
    if (find_owner(&owner, &e) != 0 || state_open(&io, device, true, &e) != 0)
        return fail(device, &e);
    int result = state_prepare(&io, &owner, force, &e);
    state_close(&io);
    if (result != 0)
        return fail(device, &e);
    printf("%s: prepared for node %s of cluster %s\n", device, owner.node, owner.cluster);
    return DONE;
}

static int show(const char *device)
{
    struct state_io io;
    struct err e;
    char text[512];
    if (state_open(&io, device, false, &e) != 0)
        return fail(device, &e);
    int result = state_describe(&io, text, sizeof text, &e);
    state_close(&io);
    if (result != 0)
        return fail(device, &e);
    printf("%s: %s\n", device, text);
    return DONE;
}

int state_command(int argc, char **argv)
{
    bool force = argc == 3 && strcmp(argv[1], "--force") == 0;
    if (strcmp(argc > 0 ? argv[0] : "", "init") == 0 && (argc == 2 || force))
        return init(argv[argc - 1], force);
    if (argc == 2 && strcmp(argv[0], "show") == 0)
        return show(argv[1]);
    return USAGE;
}
