/* DHCP leases: udhcpc runs dhcp-event (a role), which writes RUN_DIR/dhcp/IFACE; the network role
 * reads it. So a lease outlives both. */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/site.h"
#include "network/ip.h"

#define LEASE_TEXT_SIZE 512

struct lease {
    int32_t client; /* pid of the udhcpc that got it */
    struct link_ip ip;
    bool has_gateway;
    uint8_t gateway[4];
    char nameserver[SITE_NAMESERVERS_MAX][INET_ADDRSTRLEN];
    uint32_t nameservers;
    uint64_t ends_ms; /* on clock_ms() */
};

/* From "client=… address=…/24 gateway=… dns=… ends_ms=…"; cuts text up. -1 if it is none. */
int lease_parse(struct lease *lease, char *text);
void lease_format(const struct lease *lease, char text[LEASE_TEXT_SIZE]);

int lease_load(struct lease *lease, const char *iface);

/* What of a lease is on its interface, for the next role: kept before it is put there, and until it
 * has been taken away. NULL: nothing is any more. */
void lease_keep_applied(const struct lease *lease, const char *iface);
/* -1: none. */
int lease_load_applied(struct lease *lease, const char *iface);

/* The role: what udhcpc runs with the event as its argument and the lease in the environment. */
int dhcp_event_role(int argc, char **argv);
