/* The guests' interfaces, as the network role keeps them: in their bridges, behind their filters,
 * announced. */
#pragma once
#include "network/config.h"
#include "network/status.h"
#include "network/vif.h"

struct nl_sock;

/* As bonding does by default in the field: a few times, in case the first is lost. */
#define ANNOUNCE_TIMES   3
#define ANNOUNCE_WAIT_MS 300

struct guest_links {
    struct vif vif[VIFS_MAX];
    uint32_t vifs;
    struct {
        int32_t index; /* of which interface the rest is; 0: none */
        bool carrier;
        uint8_t announcements; /* still to send */
        uint64_t received;     /* frames, when its filter's counters were last read for them */
    } seen[VIFS_MAX];
    uint32_t way_out[SITE_BRIDGES_MAX]; /* what each bridge's links looked like: a change of it is
                                           a change of the way out */
    int packets;                        /* raw socket; -1: none */
};

int guest_links_init(struct guest_links *links, struct err *e);

/* Brings every interface to where it belongs; fills status. Returns how many failed. */
int guest_links_converge(struct guest_links *links, const struct network_config *config,
                         struct nl_sock *sock, struct network_vifs *status);

/* Between those calls: brings the filters' counters in status up to date, where a guest has sent.
 */
int guest_links_count(struct guest_links *links, struct nl_sock *sock, struct network_vifs *status,
                      struct err *e);

/* Sends what is due; true when more is to be sent after ANNOUNCE_WAIT_MS. */
bool guest_links_announce(struct guest_links *links, const struct network_config *config,
                          struct nl_sock *sock);
