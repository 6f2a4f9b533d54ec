/* A guest's interface: into its bridge and on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/guest_keys.h"
#include "config/iface.h"
#include "guest/hotplug.h"
#include "network/filter.h"
#include "network/link.h"
#include "network/vif.h"

/* backend/vif/DOMID/DEVID */
static int read_path(const char *path, struct vif *vif)
{
    static const char prefix[] = "backend/vif/";
    char *end;
    if (strncmp(path, prefix, sizeof prefix - 1) != 0)
        return -1;
    vif->domid = (int32_t)strtol(path + sizeof prefix - 1, &end, 10);
    if (*end != '/')
        return -1;
    vif->devid = (int32_t)strtol(end + 1, &end, 10);
    return *end == '\0' && vif->domid >= 0 && vif->devid >= 0 ? 0 : -1;
}

/* What xenstore says of the interface. */
static int describe(struct hotplug *h, const char *name, bool filtered, struct vif *vif,
                    struct err *e)
{
    char mac[32], ip[128];
    *vif = (struct vif){.filtered = filtered};
    if (!iface_ok(name))
        return err_set(e, "%.20s: expected the name of an interface", name);
    iface_copy(vif->name, name);
    if (read_path(h->path, vif) != 0)
        return err_set(e, "%.60s: expected backend/vif/DOMID/DEVID", h->path);
    if (hotplug_read(h, "bridge", vif->bridge, sizeof vif->bridge) != 0)
        return err_set(e, "%s: no bridge= for it", name);
    if (hotplug_read(h, "mac", mac, sizeof mac) != 0 || guest_parse_mac(mac, vif->mac) != 0)
        return err_set(e, "%s: no mac for it", name);
    if (hotplug_read(h, "ip", ip, sizeof ip) != 0)
        return 0;
    int n = guest_parse_ips(ip, vif->ip);
    vif->ips = n > 0 ? (uint32_t)n : 0;
    return n >= 0 ? 0 : err_set(e, "%s: ip=%.80s: expected IP addresses", name, ip);
}

/* From its record on the network role looks after the interface: one that cannot be put behind its
 * filter now stays down, and the guest runs without it. */
static int bring_in(struct nl_sock *sock, struct vif *vif, struct err *e)
{
    struct link_state link, bridge;
    struct filter_count count;
    struct err why;
    if (link_look(sock, vif->name, &link, e) != 0 || link_look(sock, vif->bridge, &bridge, e) != 0)
        return -1;
    vif->index = link.index;
    int rc = vif_converge(sock, vif, &link, &bridge, &count, &why);
    if (rc > 0)
        return err_set(e, "%s", why.text);
    if (rc < 0)
        log_err("%s", why.text);
    return vif_save(vif, e);
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

static int online(struct hotplug *h, const char *name, bool filtered, struct err *e)
{
    struct vif vif;
    if (describe(h, name, filtered, &vif, e) != 0)
        return -1;
    struct nl_sock *sock = link_open(e);
    if (sock == NULL)
        return -1;
    int result = bring_in(sock, &vif, e);
    link_close(sock);
    if (result == 0)
        result = tell_mtu(h, e);
    return result == 0 ? hotplug_write(h, "hotplug-status", "connected", e) : -1;
}

static int run(int argc, char **argv, bool filtered)
{
    struct hotplug h;
    struct err e;
    const char *command = argc > 1 ? argv[1] : "", *name = getenv("vif");
    int result = hotplug_open(&h, "vif-bridge", &e);
    if (result == 0 && name == NULL)
        result = err_set(&e, "called wrongly: expected vif in the environment");
    else if (result == 0 && strcmp(command, "online") == 0)
        result = online(&h, name, filtered, &e);
    else if (result == 0 && strcmp(command, "offline") == 0)
        vif_forget(name); /* the kernel removes the interface by itself */
    else if (result == 0)
        result = err_set(&e, "%.20s: expected online or offline", command);
    return hotplug_close(&h, result, &e);
}

int hotplug_vif(int argc, char **argv)
{
    return run(argc, argv, true);
}

int hotplug_vif_unfiltered(int argc, char **argv)
{
    return run(argc, argv, false);
}
