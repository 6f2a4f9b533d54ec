/* Telling switches and neighbours where a guest is now. */
#pragma once
#include "network/vif.h"

/* The longest is an unsolicited neighbour advertisement: Ethernet 14, IPv6 40, ICMPv6 24 + 8. */
#define ANNOUNCE_FRAME_MAX 86

/* Frames in the guest's name; the size of each. RARP (RFC 903) teaches switches without saying an
 * address, gratuitous ARP (RFC 5227) and neighbour advertisement (RFC 4861, 7.2.6) neighbours too.
 */
size_t announce_rarp(uint8_t frame[ANNOUNCE_FRAME_MAX], const uint8_t mac[6]);
size_t announce_ip(uint8_t frame[ANNOUNCE_FRAME_MAX], const uint8_t mac[6],
                   const struct guest_ip *ip);

/* A raw socket to send with, or -1. */
int announce_open(struct err *e);

/* Sends all that there is to say of vif out of interface index: its bridge's way out, not the
 * bridge itself. The guest must not hear it, else it would think that another has its address. */
void announce_vif(int fd, int index, const struct vif *vif);
