#include "config/bond_options.h"

#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY    0x7f
#define NO_ARP (1 << BOND_8023AD | 1 << BOND_BALANCE_TLB | 1 << BOND_BALANCE_ALB)
#define ARP    (ANY & ~NO_ARP)
#define ACTIVE (1 << BOND_ACTIVE_BACKUP | 1 << BOND_BALANCE_TLB | 1 << BOND_BALANCE_ALB)
#define LACP   (1 << BOND_8023AD)
#define MINUTE 60000

static const char *const modes[] = {"balance-rr", "active-backup", "balance-xor", "broadcast",
                                    "802.3ad",    "balance-tlb",   "balance-alb", NULL};
static const char *const validate[] = {"none",   "active",        "backup",        "all",
                                       "filter", "filter_active", "filter_backup", NULL};
static const char *const all_targets[] = {"any", "all", NULL};
static const char *const reselect[] = {"always", "better", "failure", NULL};
static const char *const fail_over_mac[] = {"none", "active", "follow", NULL};
static const char *const hash[] = {"layer2",   "layer3+4",    "layer2+3", "encap2+3",
                                   "encap3+4", "vlan+srcmac", NULL};
static const char *const lacp_rate[] = {"slow", "fast", NULL};
static const char *const ad_select[] = {"stable", "bandwidth", "count", NULL};

const struct bond_option bond_option[BOND_OPTIONS] = {
    /* name, attribute, size, modes, only while empty, initial value, largest, names */
    [BOND_MODE] = {"mode", IFLA_BOND_MODE, 1, ANY, true, 0, 0, modes},
    [BOND_MIIMON] = {"miimon", IFLA_BOND_MIIMON, 4, ANY, false, 0, MINUTE, NULL},
    [BOND_UPDELAY] = {"updelay", IFLA_BOND_UPDELAY, 4, ANY, false, 0, MINUTE, NULL},
    [BOND_DOWNDELAY] = {"downdelay", IFLA_BOND_DOWNDELAY, 4, ANY, false, 0, MINUTE, NULL},
    [BOND_PEER_NOTIF_DELAY] = {"peer_notif_delay", IFLA_BOND_PEER_NOTIF_DELAY, 4, ANY, false, 0,
                               MINUTE, NULL},
    [BOND_ARP_INTERVAL] = {"arp_interval", IFLA_BOND_ARP_INTERVAL, 4, ARP, false, 0, MINUTE, NULL},
    [BOND_ARP_VALIDATE] = {"arp_validate", IFLA_BOND_ARP_VALIDATE, 4, ARP, false, 0, 0, validate},
    [BOND_ARP_ALL_TARGETS] = {"arp_all_targets", IFLA_BOND_ARP_ALL_TARGETS, 4, ARP, false, 0, 0,
                              all_targets},
    /* An interface is given up at the check when nothing came for (this + 1/2) intervals (Linux,
     * bond_time_in_interval()): that is (this + 1) intervals after its last answer. With the
     * kernel's 2 all of the promised three would be gone before anybody is told where traffic goes
     * now; with 1 there is a whole one left. */
    [BOND_ARP_MISSED_MAX] = {"arp_missed_max", IFLA_BOND_MISSED_MAX, 1, ARP, false, 1, 255, NULL},
    [BOND_PRIMARY_RESELECT] = {"primary_reselect", IFLA_BOND_PRIMARY_RESELECT, 1, ACTIVE, false, 0,
                               0, reselect},
    [BOND_FAIL_OVER_MAC] = {"fail_over_mac", IFLA_BOND_FAIL_OVER_MAC, 1, ANY, true, 0, 0,
                            fail_over_mac},
    [BOND_NUM_GRAT_ARP] = {"num_grat_arp", IFLA_BOND_NUM_PEER_NOTIF, 1, ANY, false, 1, 255, NULL},
    [BOND_XMIT_HASH_POLICY] = {"xmit_hash_policy", IFLA_BOND_XMIT_HASH_POLICY, 1, ANY, false, 0, 0,
                               hash},
    [BOND_LACP_RATE] = {"lacp_rate", IFLA_BOND_AD_LACP_RATE, 1, LACP, true, 0, 0, lacp_rate},
    [BOND_AD_SELECT] = {"ad_select", IFLA_BOND_AD_SELECT, 1, LACP, true, 0, 0, ad_select},
    [BOND_MIN_LINKS] = {"min_links", IFLA_BOND_MIN_LINKS, 4, ANY, false, 0, 255, NULL},
    [BOND_ALL_SLAVES_ACTIVE] = {"all_slaves_active", IFLA_BOND_ALL_SLAVES_ACTIVE, 1, ANY, false, 0,
                                1, NULL},
    [BOND_RESEND_IGMP] = {"resend_igmp", IFLA_BOND_RESEND_IGMP, 4, ANY, false, 1, 255, NULL},
};

int bond_option_find(const char *name)
{
    if (strcmp(name, "num_unsol_na") == 0) /* one value, two names */
        return BOND_NUM_GRAT_ARP;
    for (int i = 0; i < BOND_OPTIONS; i++)
        if (strcmp(bond_option[i].name, name) == 0)
            return i;
    return -1;
}

static uint32_t largest(const struct bond_option *option)
{
    uint32_t n = 0;
    if (option->names == NULL)
        return option->max;
    while (option->names[n] != NULL)
        n++;
    return n - 1;
}

int bond_option_parse(const struct bond_option *option, const char *text, uint32_t *value)
{
    for (uint32_t i = 0; option->names != NULL && option->names[i] != NULL; i++)
        if (strcmp(option->names[i], text) == 0) {
            *value = i;
            return 0;
        }
    if (text[0] == '\0' || strlen(text) > 6 || strspn(text, "0123456789") != strlen(text))
        return -1;
    *value = (uint32_t)strtoul(text, NULL, 10);
    return *value <= largest(option) ? 0 : -1;
}

void bond_option_format(const struct bond_option *option, uint32_t value, char *text, size_t size)
{
    if (option->names != NULL && value <= largest(option))
        snprintf(text, size, "%s", option->names[value]);
    else
        snprintf(text, size, "%u", value);
}

void bond_option_allowed(const struct bond_option *option, char *text, size_t size)
{
    if (option->names == NULL) {
        snprintf(text, size, "0 to %u", option->max);
        return;
    }
    text[0] = '\0';
    for (uint32_t i = 0; option->names[i] != NULL; i++)
        snprintf(text + strlen(text), size - strlen(text), "%s%s", i > 0 ? ", " : "",
                 option->names[i]);
}

bool bond_option_fits(const struct bond_option *option, uint32_t mode)
{
    return mode < BOND_MODES && (option->modes & 1U << mode) != 0;
}
