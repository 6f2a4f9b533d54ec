#include "network/announce.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"

static const uint8_t everyone[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

struct arp_packet {
    uint16_t hardware, protocol;
    uint8_t hardware_size, protocol_size;
    uint16_t operation;
    uint8_t sender_mac[6], sender_ip[4], target_mac[6], target_ip[4];
} __attribute__((packed));

static size_t put_header(uint8_t *frame, const uint8_t to[6], const uint8_t from[6],
                         uint16_t protocol)
{
    uint16_t type = htons(protocol);
    memcpy(frame, to, 6);
    memcpy(frame + 6, from, 6);
    memcpy(frame + 12, &type, sizeof type);
    return ETH_HLEN;
}

static size_t put_arp(uint8_t *frame, const uint8_t mac[6], uint16_t type, uint16_t operation,
                      const uint8_t ip[4])
{
    struct arp_packet arp = {.hardware = htons(ARPHRD_ETHER),
                             .protocol = htons(ETH_P_IP),
                             .hardware_size = 6,
                             .protocol_size = 4,
                             .operation = htons(operation)};
    size_t size = put_header(frame, everyone, mac, type);
    memcpy(arp.sender_mac, mac, 6);
    memcpy(arp.target_mac, type == ETH_P_RARP ? mac : (const uint8_t[6]){0}, 6);
    memcpy(arp.sender_ip, ip, 4);
    memcpy(arp.target_ip, ip, 4);
    memcpy(frame + size, &arp, sizeof arp);
    return size + sizeof arp;
}

size_t announce_rarp(uint8_t frame[ANNOUNCE_FRAME_MAX], const uint8_t mac[6])
{
    static const uint8_t none[4];
    return put_arp(frame, mac, ETH_P_RARP, ARPOP_RREQUEST, none);
}

/* RFC 1071, over big-endian words; size is even. */
static uint32_t sum(const void *data, size_t size)
{
    const uint8_t *byte = data;
    uint32_t total = 0;
    for (size_t i = 0; i + 1 < size; i += 2)
        total += (uint32_t)byte[i] << 8 | byte[i + 1];
    return total;
}

static size_t put_advertisement(uint8_t *frame, const uint8_t mac[6], const uint8_t address[16])
{
    static const uint8_t to[6] = {0x33, 0x33, 0, 0, 0, 1};
    static const uint8_t all_nodes[16] = {[0] = 0xff, [1] = 0x02, [15] = 1};
    struct {
        struct nd_neighbor_advert advert;
        uint8_t option, units, mac[6];
    } na = {.option = ND_OPT_TARGET_LINKADDR, .units = 1};
    struct ip6_hdr ip = {.ip6_plen = htons(sizeof na),
                         .ip6_nxt = IPPROTO_ICMPV6,
                         .ip6_hlim = 255}; /* receivers insist */
    ip.ip6_vfc = 6 << 4;
    memcpy(&ip.ip6_src, address, 16);
    memcpy(&ip.ip6_dst, all_nodes, 16);
    na.advert.nd_na_type = ND_NEIGHBOR_ADVERT;
    na.advert.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
    memcpy(&na.advert.nd_na_target, address, 16);
    memcpy(na.mac, mac, 6);
    uint32_t total = sum(&ip.ip6_src, 16) + sum(&ip.ip6_dst, 16) + (uint32_t)sizeof na +
                     IPPROTO_ICMPV6 + sum(&na, sizeof na);
    while (total >> 16 != 0)
        total = (total & 0xffff) + (total >> 16);
    na.advert.nd_na_cksum = htons((uint16_t)~total);
    size_t size = put_header(frame, to, mac, ETH_P_IPV6);
    memcpy(frame + size, &ip, sizeof ip);
    memcpy(frame + size + sizeof ip, &na, sizeof na);
    return size + sizeof ip + sizeof na;
}

size_t announce_ip(uint8_t frame[ANNOUNCE_FRAME_MAX], const uint8_t mac[6],
                   const struct guest_ip *ip)
{
    return ip->family == AF_INET ? put_arp(frame, mac, ETH_P_ARP, ARPOP_REQUEST, ip->address)
                                 : put_advertisement(frame, mac, ip->address);
}

int announce_open(struct err *e)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); /* receives nothing */
    if (fd < 0)
        err_set(e, "socket for announcements: %m");
    return fd;
}

static void send_frame(int fd, int index, const struct vif *vif, const uint8_t *frame, size_t size)
{
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = index, .sll_halen = 6};
    memcpy(to.sll_addr, frame, 6);
    if (sendto(fd, frame, size, 0, (const struct sockaddr *)&to, sizeof to) < 0 &&
        errno != ENETDOWN) /* told again when it is up */
        log_info("%s: cannot announce its guest: %m", vif->name);
}

void announce_vif(int fd, int index, const struct vif *vif)
{
    uint8_t frame[ANNOUNCE_FRAME_MAX] = {0};
    size_t size = announce_rarp(frame, vif->mac);
    send_frame(fd, index, vif, frame, size);
    for (uint32_t i = 0; i < vif->ips; i++) {
        size = announce_ip(frame, vif->mac, &vif->ip[i]);
        send_frame(fd, index, vif, frame, size);
    }
}
