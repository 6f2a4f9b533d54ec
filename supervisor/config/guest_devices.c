/* disk= and vif= of guest files. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/kv.h"
#include "config/guest_ip.h"
#include "config/guest_keys.h"

static const char *disk_unsupported(const libxl_device_disk *disk)
{
    if (disk->is_cdrom != 0)
        return "expected a disk, not a CD-ROM (PV and PVH guests have none)";
    if (disk->format != LIBXL_DISK_FORMAT_RAW)
        return "expected format raw";
    if (disk->backend != LIBXL_DISK_BACKEND_UNKNOWN && disk->backend != LIBXL_DISK_BACKEND_PHY)
        return "expected backendtype phy, or none";
    if (disk->script != NULL && strcmp(disk->script, "block") != 0)
        return "expected no script= of your own";
    if (disk->backend_domname != NULL)
        return "expected no backend=: disks come from this host";
    if (disk->pdev_path == NULL || disk->pdev_path[0] != '/')
        return "expected an absolute path as the target";
    if (disk->vdev == NULL || disk->vdev[0] == '\0')
        return "expected a vdev such as xvda";
    return NULL;
}

static int take_disk(struct guest_disk *to, const libxl_device_disk *disk, const char *spec,
                     struct err *e)
{
    const char *problem = disk_unsupported(disk);
    if (problem != NULL)
        return err_set(e, "%.80s: %s", spec, problem);
    *to = (struct guest_disk){.writable = disk->readwrite != 0,
                              .direct_io_safe = disk->direct_io_safe};
    if (!libxl_defbool_is_default(disk->discard_enable))
        to->discard = libxl_defbool_val(disk->discard_enable) ? 2 : 1;
    if (guest_copy(to->path, sizeof to->path, disk->pdev_path) != 0 ||
        guest_copy(to->vdev, sizeof to->vdev, disk->vdev) != 0)
        return err_set(e, "%.60s...: expected at most %d characters of path", spec,
                       GUEST_PATH_SIZE - 1);
    return 0;
}

static int parse_disk(struct reading *r, const char *spec, struct guest_disk *to, struct err *e)
{
    libxl_device_disk disk;
    libxl_device_disk_init(&disk);
    int result;
    if (xlu_disk_parse(r->cfg, 1, &spec, &disk) != 0)
        result = err_set(e, "%.300s", reading_complaint(r));
    else
        result = take_disk(to, &disk, spec, e);
    libxl_device_disk_dispose(&disk);
    return result;
}

int guest_parse_disk(const char *spec, struct guest_disk *disk, struct err *e)
{
    struct reading r = {.report = NULL};
    r.report = open_memstream(&r.complaint, &r.complaint_size);
    r.cfg = r.report != NULL ? xlu_cfg_init(r.report, "disk") : NULL;
    int result = r.cfg != NULL ? parse_disk(&r, spec, disk, e) : err_set(e, "out of memory");
    if (r.cfg != NULL)
        xlu_cfg_destroy(r.cfg);
    if (r.report != NULL)
        fclose(r.report);
    free(r.complaint);
    return result;
}

static int read_disk(struct reading *r, const char *spec)
{
    if (r->guest->disks == GUEST_DISKS_MAX)
        return reading_error(r, "expected at most %d disks", GUEST_DISKS_MAX);
    struct err e;
    if (parse_disk(r, spec, &r->guest->disk[r->guest->disks], &e) != 0)
        return reading_error(r, "%s", e.text);
    r->guest->disks++;
    return 0;
}

static int for_each_string(struct reading *r, int (*take)(struct reading *r, const char *spec))
{
    XLU_ConfigList *list;
    int n;
    if (xlu_cfg_get_list(r->cfg, r->key, &list, &n, 1) != 0)
        return reading_error(r, "expected a list: [ '...', ... ]");
    int result = 0;
    for (int i = 0; i < n; i++) {
        const char *spec = xlu_cfg_get_listitem(list, i);
        if (spec == NULL)
            result = reading_error(r, "expected strings in the list");
        else if (take(r, spec) != 0)
            result = -1;
    }
    return result;
}

int guest_read_disks(struct reading *r)
{
    return for_each_string(r, read_disk);
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

int guest_parse_mac(const char *text, uint8_t mac[6])
{
    if (strlen(text) != 17)
        return -1;
    for (size_t i = 0; i < 6; i++, text += 3) {
        int high = hex_digit(text[0]), low = hex_digit(text[1]);
        if (high < 0 || low < 0 || (i < 5 && text[2] != ':'))
            return -1;
        mac[i] = (uint8_t)(high << 4 | low);
    }
    return (mac[0] & 1) != 0 ? -1 : 0; /* a group address is nobody's */
}

static int vif_rate(struct reading *r, struct guest_vif *vif, const char *value)
{
    libxl_device_nic nic;
    libxl_device_nic_init(&nic);
    int failed = xlu_vif_parse_rate(r->cfg, value, &nic);
    vif->rate_bytes = nic.rate_bytes_per_interval;
    vif->rate_interval_us = nic.rate_interval_usecs;
    libxl_device_nic_dispose(&nic);
    return failed != 0 ? reading_error(r, "%s", reading_complaint(r)) : 0;
}

static int vif_mtu(struct reading *r, struct guest_vif *vif, const char *value)
{
    char *end;
    unsigned long mtu = strtoul(value, &end, 10);
    if (end == value || *end != '\0' || mtu < 68 || mtu > 65535)
        return reading_error(r, "mtu=%.20s: expected 68 to 65535", value);
    vif->mtu = (uint32_t)mtu;
    return 0;
}

static int vif_word(struct reading *r, struct guest_vif *vif, const char *key, const char *value)
{
    struct guest_ip ip[GUEST_IPS_MAX];
    int bad;
    if (strcmp(key, "mac") == 0)
        bad = guest_parse_mac(value, vif->mac);
    else if (strcmp(key, "bridge") == 0)
        bad = guest_copy(vif->bridge, sizeof vif->bridge, value);
    else if (strcmp(key, "ip") == 0)
        bad = guest_parse_ips(value, ip) < 0 || guest_copy(vif->ip, sizeof vif->ip, value) != 0;
    else if (strcmp(key, "vifname") == 0)
        bad = guest_copy(vif->ifname, sizeof vif->ifname, value);
    else if (strcmp(key, "rate") == 0)
        return vif_rate(r, vif, value);
    else if (strcmp(key, "mtu") == 0)
        return vif_mtu(r, vif, value);
    else if (strcmp(key, "script") == 0)
        bad = strcmp(value, "vif-bridge") != 0;
    else if (strcmp(key, "type") == 0)
        bad = strcmp(value, "vif") != 0 && strcmp(value, "netfront") != 0;
    else
        return reading_error(
            r, "%.40s: not supported; expected mac, bridge, ip, rate, mtu, vifname", key);
    return bad != 0 ? reading_error(r, "%s=%.60s: not valid", key, value) : 0;
}

static int read_vif(struct reading *r, const char *spec)
{
    char text[512], *part[16];
    if (r->guest->vifs == GUEST_VIFS_MAX)
        return reading_error(r, "expected at most %d vifs", GUEST_VIFS_MAX);
    if (guest_copy(text, sizeof text, spec) != 0)
        return reading_error(r, "%.60s...: expected less than %zu characters", spec, sizeof text);
    int n = spec[0] == '\0' ? 0 : kv_split(text, ',', part, 16);
    if (n < 0)
        return reading_error(r, "%.60s: expected at most 16 settings", spec);
    struct guest_vif vif = {0};
    for (int i = 0; i < n; i++) {
        char *key = part[i] + strspn(part[i], " ");
        char *value = strchr(key, '=');
        if (value == NULL)
            return reading_error(r, "%.60s: expected KEY=VALUE", key);
        *value++ = '\0';
        if (vif_word(r, &vif, key, value) != 0)
            return -1;
    }
    r->guest->vif[r->guest->vifs++] = vif;
    return 0;
}

int guest_read_vifs(struct reading *r)
{
    return for_each_string(r, read_vif);
}
