#include "network/vif.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/kv.h"
#include "base/log.h"
#include "base/run_dir.h"
#include "config/guest_keys.h"
#include "config/iface.h"
#include "network/filter.h"
#include "network/link.h"

/* What every backend interface is called on the wire: the highest address there is, so that a
 * bridge never takes a guest's for its own; the guest's own end has its real one. */
static const uint8_t backend_mac[6] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff};

static int number(const char *text, int32_t *to)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value < 0 || value > INT32_MAX)
        return -1;
    *to = (int32_t)value;
    return 0;
}

static int add_ip(struct vif *vif, const char *text)
{
    struct guest_ip one[GUEST_IPS_MAX];
    if (vif->ips == GUEST_IPS_MAX || guest_parse_ips(text, one) != 1)
        return -1;
    vif->ip[vif->ips++] = one[0];
    return 0;
}

static int take(struct vif *vif, const char *key, const char *value)
{
    if (strcmp(key, "bridge") == 0 && iface_ok(value)) {
        iface_copy(vif->bridge, value);
        return 0;
    }
    if (strcmp(key, "index") == 0)
        return number(value, &vif->index);
    if (strcmp(key, "domid") == 0)
        return number(value, &vif->domid);
    if (strcmp(key, "devid") == 0)
        return number(value, &vif->devid);
    if (strcmp(key, "mac") == 0)
        return guest_parse_mac(value, vif->mac);
    if (strcmp(key, "filter") == 0) {
        vif->filtered = strcmp(value, "off") != 0;
        return 0;
    }
    return strcmp(key, "ip") == 0 ? add_ip(vif, value) : -1;
}

int vif_parse(struct vif *vif, const char *name, char *text)
{
    *vif = (struct vif){.filtered = true};
    struct kv word;
    if (!iface_ok(name))
        return -1;
    iface_copy(vif->name, name);
    while (kv_next(&text, &word))
        if (word.value == NULL || take(vif, word.key, word.value) != 0)
            return -1;
    return vif->bridge[0] != '\0' && vif->index > 0 ? 0 : -1;
}

void vif_format(const struct vif *vif, char text[VIF_TEXT_SIZE])
{
    const uint8_t *m = vif->mac;
    int n = snprintf(text, VIF_TEXT_SIZE,
                     "bridge=%s index=%d domid=%d devid=%d mac=%02x:%02x:%02x:%02x:%02x:%02x "
                     "filter=%s",
                     vif->bridge, vif->index, vif->domid, vif->devid, m[0], m[1], m[2], m[3], m[4],
                     m[5], vif->filtered ? "on" : "off");
    for (uint32_t i = 0; i < vif->ips; i++) {
        char address[INET6_ADDRSTRLEN];
        inet_ntop(vif->ip[i].family, vif->ip[i].address, address, sizeof address);
        n += snprintf(text + n, VIF_TEXT_SIZE - (size_t)n, " ip=%s", address);
    }
    snprintf(text + n, VIF_TEXT_SIZE - (size_t)n, "\n");
}

int vif_save(const struct vif *vif, struct err *e)
{
    char path[PATH_MAX], text[VIF_TEXT_SIZE];
    if (run_path(path, sizeof path, "vif", NULL) != 0 ||
        (mkdir(path, 0700) != 0 && errno != EEXIST))
        return err_set(e, "folder of the interfaces' records: %m");
    vif_format(vif, text);
    return run_path(path, sizeof path, "vif", vif->name) != 0
               ? err_set(e, "record of %s: path too long", vif->name)
               : file_replace(path, text, e);
}

void vif_forget(const char *name)
{
    char path[PATH_MAX];
    if (iface_ok(name) && run_path(path, sizeof path, "vif", name) == 0)
        unlink(path);
}

static void load_one(struct vif *vif, uint32_t *count, const char *name)
{
    char path[PATH_MAX], text[VIF_TEXT_SIZE];
    struct err e = {.text = "is damaged"};
    if (run_path(path, sizeof path, "vif", name) != 0)
        return;
    if (file_read(path, text, sizeof text, &e) == 0 && vif_parse(&vif[*count], name, text) == 0)
        (*count)++;
    else if (errno != ENOENT)
        log_err("%s: record of a guest's interface: %s; left out", name, e.text);
}

static int is_record(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

uint32_t vif_load(struct vif *vif, uint32_t max)
{
    char path[PATH_MAX];
    uint32_t count = 0;
    struct dirent **entry = NULL;
    int n = run_path(path, sizeof path, "vif", NULL) == 0
                ? scandir(path, &entry, is_record, alphasort)
                : 0;
    for (int i = 0; i < n; i++) {
        if (count < max)
            load_one(vif, &count, entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
    return count;
}

static bool is_guarded(const struct vif *vif, const struct link_state *link)
{
    return link->port.locked == vif->filtered && link->port.learning != vif->filtered &&
           link->port.flooded != vif->filtered;
}

static int put_in_place(struct nl_sock *sock, const struct vif *vif, const struct link_state *link,
                        const struct link_state *bridge, struct err *e)
{
    if (filter_set(sock, vif, e) != 0)
        return -1;
    if (memcmp(link->mac, backend_mac, 6) != 0 &&
        link_set_address(sock, vif->name, backend_mac, e) != 0)
        return -1;
    if (link->master != bridge->index &&
        ((link->mtu != bridge->mtu && link_set_mtu(sock, vif->name, bridge->mtu, e) != 0) ||
         link_set_master(sock, vif->name, bridge->index, e) != 0))
        return -1;
    return link_guard_port(sock, vif->name, link->index, vif->filtered ? vif->mac : NULL, e);
}

/* The interface is up only while everything is in its place: no frame passes unfiltered, be it that
 * a part cannot be made. */
int vif_converge(struct nl_sock *sock, const struct vif *vif, struct link_state *link,
                 const struct link_state *bridge, struct filter_count *count, struct err *e)
{
    struct err why;
    if (!link->exists || link->index != vif->index)
        return err_set(e, "interface %s does not exist", vif->name), 1;
    if (!bridge->exists || bridge->kind != LINK_BRIDGE)
        return err_set(e, "bridge %s does not exist", vif->bridge), 1;
    bool filtered = filter_read(sock, vif->index, count, &why) == 0 && filter_is_set(vif, count);
    bool in_place = filtered && link->master == bridge->index && is_guarded(vif, link);
    if (in_place && link->up)
        return 0;
    if (!in_place) {
        if (link->up && link_set_down(sock, vif->name, e) != 0)
            return -1;
        if (put_in_place(sock, vif, link, bridge, &why) != 0)
            return err_set(e, "%s is kept down: %s", vif->name, why.text);
    }
    return link_set_up(sock, vif->name, e) != 0 ? -1 : link_look(sock, vif->name, link, e);
}
