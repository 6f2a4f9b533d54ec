/* The options of a bond: one table for reading, checking, printing and setting them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bond_option_id {
    BOND_MODE,
    BOND_MIIMON,
    BOND_UPDELAY,
    BOND_DOWNDELAY,
    BOND_PEER_NOTIF_DELAY,
    BOND_ARP_INTERVAL,
    BOND_ARP_VALIDATE,
    BOND_ARP_ALL_TARGETS,
    BOND_ARP_MISSED_MAX,
    BOND_PRIMARY_RESELECT,
    BOND_FAIL_OVER_MAC,
    BOND_NUM_GRAT_ARP,
    BOND_XMIT_HASH_POLICY,
    BOND_LACP_RATE,
    BOND_AD_SELECT,
    BOND_MIN_LINKS,
    BOND_ALL_SLAVES_ACTIVE,
    BOND_RESEND_IGMP,
    BOND_OPTIONS
};

/* The kernel's numbers for BOND_MODE. */
enum bond_mode {
    BOND_BALANCE_RR,
    BOND_ACTIVE_BACKUP,
    BOND_BALANCE_XOR,
    BOND_BROADCAST,
    BOND_8023AD,
    BOND_BALANCE_TLB,
    BOND_BALANCE_ALB,
    BOND_MODES
};

struct bond_option {
    const char *name;
    uint16_t attribute;       /* IFLA_BOND_… */
    uint8_t size;             /* of the attribute, in bytes: 1 or 4 */
    uint8_t modes;            /* bit 1 << mode for each mode that has it */
    bool only_empty;          /* can be set only while the bond is down and has no slaves */
    uint32_t initial;         /* what the kernel gives a new bond */
    uint32_t max;             /* for numbers */
    const char *const *names; /* of the values 0, 1 …, closed with NULL; NULL: a number */
};

/* Times in milliseconds. By Linux 6.1's drivers/net/bonding/bond_options.c. */
extern const struct bond_option bond_option[BOND_OPTIONS];

/* Number of an option by its name or by another that the kernel knows it by; -1: there is none. */
int bond_option_find(const char *name);

/* Reads a value, by name or number: 0, or -1. */
int bond_option_parse(const struct bond_option *option, const char *text, uint32_t *value);

/* "active-backup" or "100" into text. */
void bond_option_format(const struct bond_option *option, uint32_t value, char *text, size_t size);

/* "none, active, backup …" or "0 to 255" into text: what is allowed. */
void bond_option_allowed(const struct bond_option *option, char *text, size_t size);

bool bond_option_fits(const struct bond_option *option, uint32_t mode);
