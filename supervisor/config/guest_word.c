/* guest=NAME:disk=DEVICE,bridge=…,memory=…: a guest without a file, which boots from its own disk.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/guest_ip.h"
#include "config/guest_keys.h"
#include "config/words.h"

#define EXPECT       "expected guest=NAME:disk=DEVICE,bridge=BRIDGE,memory=MIB[,KEY=VALUE...]"
#define SETTINGS_MAX 48

static int number(const char *text, uint32_t max, uint32_t *to)
{
    if (text[0] == '\0' || strlen(text) > 9 || strspn(text, "0123456789") != strlen(text))
        return -1;
    unsigned long value = strtoul(text, NULL, 10);
    if (value == 0 || value > max)
        return -1;
    *to = (uint32_t)value;
    return 0;
}

/* Disks become xvda, xvdb … in the order given. */
static int add_disk(struct guest *g, const char *path)
{
    if (g->disks == GUEST_DISKS_MAX || path[0] != '/')
        return -1;
    struct guest_disk *disk = &g->disk[g->disks];
    *disk = (struct guest_disk){.writable = true};
    snprintf(disk->vdev, sizeof disk->vdev, "xvd%c", 'a' + (int)g->disks);
    g->disks++;
    return guest_copy(disk->path, sizeof disk->path, path);
}

static int add_vif(struct guest *g, const char *bridge)
{
    if (g->vifs == GUEST_VIFS_MAX || bridge[0] == '\0')
        return -1;
    struct guest_vif *vif = &g->vif[g->vifs++];
    *vif = (struct guest_vif){0};
    return guest_copy(vif->bridge, sizeof vif->bridge, bridge);
}

static int add_name(char name[][GUEST_NAME_SIZE], uint32_t *count, uint32_t max, const char *text)
{
    if (*count == max || !guest_name_ok(text))
        return -1;
    return guest_copy(name[(*count)++], GUEST_NAME_SIZE, text);
}

/* Repeated keys add up: disk=, bridge=, peers=, after=. mac= and ip= belong to the last bridge=. */
static int take_setting(struct guest *g, const char *key, const char *value)
{
    struct guest_vif *vif = g->vifs > 0 ? &g->vif[g->vifs - 1] : NULL;
    struct guest_ip ip[GUEST_IPS_MAX];
    if (strcmp(key, "disk") == 0)
        return add_disk(g, value);
    if (strcmp(key, "bridge") == 0)
        return add_vif(g, value);
    if (strcmp(key, "mac") == 0)
        return vif != NULL ? guest_parse_mac(value, vif->mac) : -1;
    if (strcmp(key, "ip") == 0)
        return vif != NULL && guest_parse_ips(value, ip) >= 0
                   ? guest_copy(vif->ip, sizeof vif->ip, value)
                   : -1;
    if (strcmp(key, "filter") == 0)
        return guest_parse_filter(value, g);
    if (strcmp(key, "memory") == 0)
        return number(value, 16U << 20, &g->memory_mib);
    if (strcmp(key, "vcpus") == 0)
        return number(value, GUEST_VCPUS_MAX, &g->vcpus);
    if (strcmp(key, "type") == 0)
        return guest_parse_type(value, &g->type);
    if (strcmp(key, "home") == 0)
        return guest_name_ok(value) ? guest_copy(g->home, sizeof g->home, value) : -1;
    if (strcmp(key, "peers") == 0)
        return add_name(g->peer, &g->peers, GUEST_PEERS_MAX, value);
    if (strcmp(key, "after") == 0)
        return add_name(g->after, &g->afters, GUEST_AFTER_MAX, value);
    return -1;
}

static int take_settings(struct site *site, struct place place, struct guest *g, char *settings)
{
    char *part[SETTINGS_MAX];
    int n = kv_split(settings, ',', part, SETTINGS_MAX);
    if (n < 0) {
        site_error(site, place, g->name, "expected at most %d settings", SETTINGS_MAX);
        return -1;
    }
    for (int i = 0; i < n; i++) {
        char *value = strchr(part[i], '=');
        if (value != NULL)
            *value++ = '\0';
        if (value == NULL || take_setting(g, part[i], value) != 0) {
            site_error(site, place, g->name, "%.40s%s%.60s: " EXPECT, part[i],
                       value != NULL ? "=" : "", value != NULL ? value : "");
            return -1;
        }
    }
    return guest_check(site, place, g);
}

void word_guest(struct site *site, struct place place, char *value)
{
    char *settings = strchr(value, ':');
    if (settings != NULL)
        *settings++ = '\0';
    if (settings == NULL || !guest_name_ok(value)) {
        site_error(site, place, value, EXPECT);
        return;
    }
    struct guest *g = malloc(sizeof *g);
    if (g == NULL) {
        site_error(site, place, value, "out of memory; left out");
        return;
    }
    guest_init(g);
    guest_copy(g->name, sizeof g->name, value);
    uint32_t next = site->errors;
    if (take_settings(site, place, g, settings) != 0) {
        g->broken = true;
        snprintf(g->error, sizeof g->error, "%.230s",
                 next < SITE_ERRORS_MAX ? site->error[next].text : "see the errors");
    }
    /* A node's own command line speaks of this node. A file is every node's: two nodes reading it
     * must not both start the guest. */
    if (g->home[0] == '\0' && place.line == 0)
        guest_copy(g->home, sizeof g->home, site->hostname);
    else if (g->home[0] == '\0' && !g->broken)
        site_error(site, place, g->name, "has no home; expected home=HOSTNAME; no node starts it");
    guest_complete(g);
    if (!site_add_guest(site, place, g))
        free(g);
}
