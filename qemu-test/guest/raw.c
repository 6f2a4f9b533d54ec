#include "raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_MAX 1514

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* The number of bytes, or -1. */
static int decode(const char *text, uint8_t *out, size_t room)
{
    size_t n = 0;
    for (; text[0] != '\0'; text += 2) {
        int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);
        if (low < 0 || n == room) {
            errno = EINVAL;
            return -1;
        }
        out[n++] = (uint8_t)(high << 4 | low);
    }
    return (int)n;
}

/* A raw socket on eth0. protocol in host order; 0: it receives nothing. */
static int open_raw(uint16_t protocol, int flags)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | flags, 0);
    struct sockaddr_ll to = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(protocol),
                             .sll_ifindex = (int)if_nametoindex("eth0")};
    if (fd >= 0 && bind(fd, (struct sockaddr *)&to, sizeof to)) {
        close(fd);
        return -1;
    }
    return fd;
}

int raw_send(unsigned long count, unsigned long size, const char *digits)
{
    uint8_t frame[FRAME_MAX] = {0};
    int length = decode(digits, frame, sizeof frame);
    if (length < ETH_HLEN || size > sizeof frame) {
        errno = EINVAL;
        return -1;
    }
    if (size < (size_t)length)
        size = (size_t)length;
    int fd = open_raw(0, 0);
    bool failed = fd < 0;
    for (unsigned long i = 0; i < count && !failed; i++)
        failed = send(fd, frame, size, 0) < 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return failed ? -1 : 0;
}

int raw_listen(struct raw_ear *ear, const char *digits)
{
    int size = decode(digits, ear->pattern, sizeof ear->pattern);
    if (size < 0)
        return -1;
    if (ear->fd < 0) {
        struct packet_mreq all = {.mr_type = PACKET_MR_PROMISC,
                                  .mr_ifindex = (int)if_nametoindex("eth0")};
        ear->fd = open_raw(ETH_P_ALL, SOCK_NONBLOCK);
        if (ear->fd < 0 || setsockopt(ear->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all))
            return -1;
    }
    ear->size = (size_t)size;
    ear->heard = 0;
    return 0;
}

void raw_hear(struct raw_ear *ear)
{
    uint8_t frame[FRAME_MAX];
    struct sockaddr_ll from = {0};
    socklen_t size = sizeof from;
    ssize_t got;
    while (ear->fd >= 0 && (got = recvfrom(ear->fd, frame, sizeof frame, 0,
                                           (struct sockaddr *)&from, &size)) >= 0) {
        if (from.sll_pkttype != PACKET_OUTGOING &&
            memmem(frame, (size_t)got, ear->pattern, ear->size) != NULL)
            ear->heard++;
        size = sizeof from;
    }
}
