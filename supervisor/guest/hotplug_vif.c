/* A guest's interface: into its bridge and on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/hotplug.h"
#include "network/link.h"

/* What every backend interface is called on the wire: the highest address there is, so that a
 * bridge never takes a guest's for its own; the guest's own end has its real one. */
static const uint8_t backend_mac[6] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff};

static int enter_bridge(struct nl_sock *sock, struct hotplug *h, const char *vif, struct err *e)
{
    char bridge[16];
    struct link_state link, to;
    if (hotplug_read(h, "bridge", bridge, sizeof bridge) != 0)
        return err_set(e, "%s: no bridge= for it", vif);
    if (link_look(sock, vif, &link, e) != 0 || link_look(sock, bridge, &to, e) != 0)
        return -1;
    if (!link.exists)
        return err_set(e, "interface %s does not exist", vif);
    if (!to.exists)
        return err_set(e, "bridge %s does not exist", bridge);
    if (link_set_address(sock, vif, backend_mac, e) != 0)
        return -1;
    if (link.mtu != to.mtu && link_set_mtu(sock, vif, to.mtu, e) != 0)
        return -1;
    return link_set_master(sock, vif, to.index, e) != 0 ? -1 : link_set_up(sock, vif, e);
}

/* A guest that is to use large frames learns so through its own folder in xenstore. */
static int tell_mtu(struct hotplug *h, struct err *e)
{
    char mtu[16], frontend[128], path[160];
    if (hotplug_read(h, "mtu", mtu, sizeof mtu) != 0 ||
        hotplug_read(h, "frontend", frontend, sizeof frontend) != 0)
        return 0;
    snprintf(path, sizeof path, "%s/mtu", frontend);
    if (!xs_write(h->xs, XBT_NULL, path, mtu, (unsigned)strlen(mtu)))
        return err_set(e, "xenstore %s: %m", path);
    return 0;
}

static int online(struct hotplug *h, struct err *e)
{
    const char *vif = getenv("vif");
    if (vif == NULL)
        return err_set(e, "called wrongly: expected vif in the environment");
    struct nl_sock *sock = link_open(e);
    if (sock == NULL)
        return -1;
    int result = enter_bridge(sock, h, vif, e);
    link_close(sock);
    if (result == 0)
        result = tell_mtu(h, e);
    return result == 0 ? hotplug_write(h, "hotplug-status", "connected", e) : -1;
}

int hotplug_vif(int argc, char **argv)
{
    struct hotplug h;
    struct err e;
    const char *command = argc > 1 ? argv[1] : "";
    int result = hotplug_open(&h, "vif-bridge", &e);
    if (result == 0 && strcmp(command, "online") == 0)
        result = online(&h, &e);
    else if (result == 0 && strcmp(command, "offline") != 0) /* the kernel removes it by itself */
        result = err_set(&e, "%.20s: expected online or offline", command);
    return hotplug_close(&h, result, &e);
}
