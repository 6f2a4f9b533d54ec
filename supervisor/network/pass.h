/* One converging pass at work: what its parts share. */
#pragma once
#include "network/converge.h"
#include "network/link.h"

struct pass {
    struct network_state *state;
    struct nl_sock *sock;
    struct network_status *status;
    struct network_piece *piece; /* the one at work */
    int failures;
};

/* Begins the next piece. */
void pass_piece(struct pass *p, const char *kind, const char *name);

/* How the piece stands. */
__attribute__((format(printf, 3, 4))) void pass_say(struct pass *p, bool good, const char *format,
                                                    ...);
/* Adds to what has been said of it, after a comma. */
__attribute__((format(printf, 3, 4))) void pass_add(struct pass *p, bool good, const char *format,
                                                    ...);
void pass_failed(struct pass *p, const struct err *e);

/* Names, bonds, VLANs and bridges, in the order in which they stand on each other. */
void converge_links(struct pass *p);
void converge_name(struct pass *p, uint32_t i); /* i: which ifname= */
void converge_bond(struct pass *p, const struct site_bond *want);
/* Addresses, routes and name servers. */
void converge_addresses(struct pass *p);
