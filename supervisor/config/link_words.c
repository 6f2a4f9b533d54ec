/* ifname=, bond= and vlan=, in the syntax of dracut.cmdline(7). */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/guest_keys.h"
#include "config/iface.h"
#include "config/words.h"

#define EXPECT_IFNAME                                                                              \
    "expected NAME:MAC, a name of 1 to 15 letters and an address like 52:54:00:12:34:56"
#define EXPECT_BOND                                                                                \
    "expected NAME:IFACE[,IFACE...][:OPTION=VALUE,...[:MTU]], names of 1 to 15 letters"
#define EXPECT_VLAN "expected NAME:IFACE, with the number 1 to 4094 in the name: vlan5 or eth0.5"
/* Where neither monitor is asked for: the kernel would watch nothing. */
#define MIIMON_UNASKED_MS 100

void word_ifname(struct site *site, struct place place, char *value)
{
    char token[64];
    snprintf(token, sizeof token, "ifname=%s", value);
    char *mac = strchr(value, ':');
    struct site_ifname rule = {.place = place};
    if (mac != NULL)
        *mac++ = '\0';
    if (mac == NULL || !iface_ok(value) || guest_parse_mac(mac, rule.mac) != 0) {
        site_error(site, place, token, EXPECT_IFNAME);
        return;
    }
    iface_copy(rule.name, value);
    for (uint32_t i = 0; i < site->network.ifnames; i++) {
        const struct site_ifname *other = &site->network.ifname[i];
        if (strcmp(other->name, rule.name) == 0 || memcmp(other->mac, rule.mac, 6) == 0) {
            iface_repeated(site, place, other->place, "this name or address", token);
            return;
        }
    }
    if (site->network.ifnames == SITE_IFNAMES_MAX)
        site_error(site, place, token, "too many; expected at most %d names", SITE_IFNAMES_MAX);
    else
        site->network.ifname[site->network.ifnames++] = rule;
}

/* One word under way: where it stands, and what of it to show. */
struct word {
    struct site *site;
    struct place place;
    char token[112];
};

static int read_targets(const struct word *w, struct site_bond *bond, char *text)
{
    char *part[SITE_TARGETS_MAX];
    int n = kv_split(text, ';', part, SITE_TARGETS_MAX);
    for (int i = 0; i < n; i++)
        if (inet_pton(AF_INET, part[i], bond->target[i]) != 1)
            n = -1;
    if (n < 0) {
        site_error(w->site, w->place, w->token,
                   "arp_ip_target: expected 1 to %d IPv4 addresses with ; between them",
                   SITE_TARGETS_MAX);
        return -1;
    }
    bond->targets = (uint32_t)n;
    return 0;
}

static int read_option(const struct word *w, struct site_bond *bond, char *option)
{
    char *value = strchr(option, '=');
    if (value != NULL)
        *value++ = '\0';
    if (value != NULL && strcmp(option, "arp_ip_target") == 0)
        return read_targets(w, bond, value);
    if (value != NULL && strcmp(option, "primary") == 0 && iface_ok(value)) {
        iface_copy(bond->primary, value);
        return 0;
    }
    int id = value != NULL ? bond_option_find(option) : -1;
    if (id < 0) {
        site_error(w->site, w->place, w->token, "%.40s: expected an option of relevo.conf(5)",
                   option);
        return -1;
    }
    if (bond_option_parse(&bond_option[id], value, &bond->value[id]) != 0) {
        char allowed[160];
        bond_option_allowed(&bond_option[id], allowed, sizeof allowed);
        site_error(w->site, w->place, w->token, "%s=%.40s: expected %s", option, value, allowed);
        return -1;
    }
    bond->given |= 1U << id;
    return 0;
}

/* What the options say together: the reason against them, or NULL. */
static const char *contradiction(const struct site_bond *bond)
{
    const uint32_t *v = bond->value;
    bool arp = v[BOND_ARP_INTERVAL] > 0;
    uint32_t step = v[BOND_MIIMON] > 0 ? v[BOND_MIIMON] : UINT32_MAX;
    if (arp && v[BOND_MIIMON] > 0)
        return "expected miimon= or arp_interval=, not both";
    if (arp != (bond->targets > 0))
        return "expected arp_interval= and arp_ip_target= together";
    if (v[BOND_UPDELAY] % step != 0 || v[BOND_DOWNDELAY] % step != 0 ||
        v[BOND_PEER_NOTIF_DELAY] % step != 0)
        return "updelay, downdelay, peer_notif_delay: expected multiples of miimon";
    if (v[BOND_ARP_VALIDATE] != 0 && !arp)
        return "arp_validate: expected arp_interval= with it";
    if (bond->primary[0] == '\0')
        return NULL;
    if (!bond_option_fits(&bond_option[BOND_PRIMARY_RESELECT], v[BOND_MODE]))
        return "primary: expected mode active-backup, balance-tlb or balance-alb";
    for (uint32_t i = 0; i < bond->slaves; i++)
        if (strcmp(bond->slave[i], bond->primary) == 0)
            return NULL;
    return "primary: expected one of the bond's interfaces";
}

static int check_options(const struct word *w, struct site_bond *bond)
{
    uint32_t monitors = 1U << BOND_MIIMON | 1U << BOND_ARP_INTERVAL;
    if ((bond->given & monitors) == 0) {
        bond->value[BOND_MIIMON] = MIIMON_UNASKED_MS;
        site_warning(w->site, w->place, w->token,
                     "neither miimon= nor arp_interval= given; miimon=%d is used",
                     MIIMON_UNASKED_MS);
    } else if (bond->value[BOND_MIIMON] == 0 && bond->value[BOND_ARP_INTERVAL] == 0) {
        site_warning(w->site, w->place, w->token,
                     "is not monitored: a link that fails will still be used; expected miimon= or "
                     "arp_interval=");
    }
    if (bond->value[BOND_ARP_INTERVAL] > 0 && bond->value[BOND_ARP_VALIDATE] == 0 &&
        bond->value[BOND_MODE] == BOND_ACTIVE_BACKUP)
        site_warning(w->site, w->place, w->token,
                     "arp_validate=none takes any neighbour's broadcast as life behind a dead "
                     "link; expected arp_validate=all");
    for (int id = 0; id < BOND_OPTIONS; id++)
        if ((bond->given & 1U << id) != 0 && bond->value[id] != bond_option[id].initial &&
            !bond_option_fits(&bond_option[id], bond->value[BOND_MODE])) {
            site_error(w->site, w->place, w->token, "%s: not for mode %s", bond_option[id].name,
                       bond_option[BOND_MODE].names[bond->value[BOND_MODE]]);
            return -1;
        }
    const char *problem = contradiction(bond);
    if (problem != NULL)
        site_error(w->site, w->place, w->token, "%s", problem);
    return problem == NULL ? 0 : -1;
}

static int read_slaves(const struct word *w, struct site_bond *bond, char *text)
{
    char *slave[SITE_PORTS_MAX];
    int n = kv_split(text, ',', slave, SITE_PORTS_MAX);
    if (n < 0) {
        site_error(w->site, w->place, w->token, "expected at most %d interfaces", SITE_PORTS_MAX);
        return -1;
    }
    for (int i = 0; i < n; i++) {
        if (!iface_ok(slave[i]) || strcmp(slave[i], bond->name) == 0) {
            site_error(w->site, w->place, w->token, EXPECT_BOND);
            return -1;
        }
        iface_copy(bond->slave[bond->slaves++], slave[i]);
    }
    return 0;
}

static int read_mtu(const struct word *w, struct site_bond *bond, const char *text)
{
    unsigned long mtu = strtoul(text, NULL, 10);
    if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text) || mtu < 68 || mtu > 65535) {
        site_error(w->site, w->place, w->token, "MTU %.20s: expected 68 to 65535", text);
        return -1;
    }
    bond->mtu = (uint32_t)mtu;
    return 0;
}

static int read_bond(const struct word *w, struct site_bond *bond, char *value)
{
    char *part[4], *option[BOND_OPTIONS + 2];
    int n = kv_split(value, ':', part, 4);
    if (n < 2 || !iface_ok(part[0])) {
        site_error(w->site, w->place, w->token, EXPECT_BOND);
        return -1;
    }
    iface_copy(bond->name, part[0]);
    for (int id = 0; id < BOND_OPTIONS; id++)
        bond->value[id] = bond_option[id].initial;
    if (read_slaves(w, bond, part[1]) != 0)
        return -1;
    int options =
        n > 2 && part[2][0] != '\0' ? kv_split(part[2], ',', option, BOND_OPTIONS + 2) : 0;
    if (options < 0) {
        site_error(w->site, w->place, w->token, "expected each option once");
        return -1;
    }
    for (int i = 0; i < options; i++)
        if (read_option(w, bond, option[i]) != 0)
            return -1;
    if (n > 3 && read_mtu(w, bond, part[3]) != 0)
        return -1;
    return 0;
}

void word_bond(struct site *site, struct place place, char *value)
{
    struct word w = {.site = site, .place = place};
    struct site_bond bond = {.place = place};
    snprintf(w.token, sizeof w.token, "bond=%s", value);
    if (read_bond(&w, &bond, value) != 0)
        return;
    for (uint32_t i = 0; i < site->network.bonds; i++)
        if (strcmp(site->network.bond[i].name, bond.name) == 0) {
            iface_repeated(site, place, site->network.bond[i].place, "bond", w.token);
            return;
        }
    if (site->network.bonds == SITE_BONDS_MAX)
        site_error(site, place, w.token, "too many; expected at most %d bonds", SITE_BONDS_MAX);
    else if (check_options(&w, &bond) == 0)
        site->network.bond[site->network.bonds++] = bond;
}

/* The number that a VLAN's name carries: vlan5, vlan0005, eth0.5, eth0.0005; or -1. */
static int vlan_id(const char *name)
{
    const char *digits = strrchr(name, '.');
    if (digits != NULL)
        digits++;
    else if (strncmp(name, "vlan", 4) == 0)
        digits = name + 4;
    if (digits == NULL || digits[0] == '\0' || strlen(digits) > 4 ||
        strspn(digits, "0123456789") != strlen(digits))
        return -1;
    long id = strtol(digits, NULL, 10);
    return id >= 1 && id <= 4094 ? (int)id : -1;
}

void word_vlan(struct site *site, struct place place, char *value)
{
    char token[64];
    snprintf(token, sizeof token, "vlan=%s", value);
    char *part[2];
    int n = kv_split(value, ':', part, 2);
    int id = n == 2 ? vlan_id(part[0]) : -1;
    if (id < 0 || !iface_ok(part[0]) || !iface_ok(part[1]) || strcmp(part[0], part[1]) == 0) {
        site_error(site, place, token, EXPECT_VLAN);
        return;
    }
    struct site_vlan vlan = {.place = place, .id = (uint16_t)id};
    iface_copy(vlan.name, part[0]);
    iface_copy(vlan.parent, part[1]);
    for (uint32_t i = 0; i < site->network.vlans; i++) {
        const struct site_vlan *other = &site->network.vlan[i];
        if (strcmp(other->name, vlan.name) == 0 ||
            (other->id == vlan.id && strcmp(other->parent, vlan.parent) == 0)) {
            iface_repeated(site, place, other->place, "this VLAN", token);
            return;
        }
    }
    if (site->network.vlans == SITE_VLANS_MAX)
        site_error(site, place, token, "too many; expected at most %d VLANs", SITE_VLANS_MAX);
    else
        site->network.vlan[site->network.vlans++] = vlan;
}
