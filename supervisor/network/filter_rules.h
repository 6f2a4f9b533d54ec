/* What a guest may send, as a list of rules: pure, without the kernel.
 *
 * The first rule that matches decides. TCP and ICMP with the guest's own addresses pass, and UDP
 * with them unless a DHCP server would send it; frames that servers send (DHCP answers, router
 * advertisements) are dropped; then what else carries the guest's own addresses passes; then what
 * carries its own MAC but nothing else of its own is dropped, by kind, so that it is counted by
 * kind; the rest has a foreign MAC. */
#pragma once
#include "network/vif.h"

enum filter_class {
    FILTER_PASS,
    FILTER_DHCP,   /* a DHCP server's answer, IPv4 or IPv6 */
    FILTER_ROUTER, /* a router advertisement, or what could hide one */
    FILTER_IP,     /* a foreign IPv4 or IPv6 address */
    FILTER_ARP,    /* ARP with a foreign sender */
    FILTER_OTHER,  /* another protocol, a VLAN tag */
    FILTER_MAC,    /* a foreign MAC address */
    FILTER_CLASSES
};

const char *filter_class_name(enum filter_class class);

/* A field that is 0 does not matter. Numbers in host order, addresses in network order. */
struct filter_rule {
    enum filter_class class;
    uint16_t protocol; /* ETH_P_… */
    bool quick;        /* its list is asked first */
    uint8_t chain;     /* its list is asked only for what a rule sends there; 0: for all */
    uint8_t go_to;     /* passes unless a rule of this chain says otherwise; 0: passes */
    bool own_mac;      /* the sender is the guest's MAC */
    bool own_arp_mac;  /* so is the sender in the ARP packet */
    uint8_t ip_protocol, icmp_type;
    uint16_t source_port, target_port;
    bool fragment;
    bool has_source; /* IP source, or ARP sender: */
    uint8_t source[16];
};

#define FILTER_RULES_MAX 56
/* The kernel keeps one list for each priority and protocol: rules are numbered by what they are
 * for, and their counters found again by that number. */
#define FILTER_PRIORITIES_MAX 16

/* The rules for an interface: their number. */
uint32_t filter_rules(const struct vif *vif, struct filter_rule rule[FILTER_RULES_MAX]);

/* 1 and up: the lists of a chain are asked in this order. */
uint16_t filter_priority(const struct filter_rule *rule);
enum filter_class filter_class_of(uint16_t priority);
