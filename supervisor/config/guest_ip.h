/* ip= of a guest's interface: the addresses it may use. */
#pragma once
#include <stdint.h>

#define GUEST_IPS_MAX 8

struct guest_ip {
    int32_t family;      /* AF_INET or AF_INET6 */
    uint8_t address[16]; /* network order; 4 bytes for AF_INET */
};

/* Addresses with blanks or semicolons between them: how many, or -1 if one is none or there are
 * more than GUEST_IPS_MAX. */
int guest_parse_ips(const char *text, struct guest_ip ip[GUEST_IPS_MAX]);
