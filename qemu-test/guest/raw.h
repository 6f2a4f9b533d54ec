/* Frames as they are, on eth0: how a guest tries to be somebody else, and to hear what is not for
 * it. */
#pragma once
#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define RAW_PATTERN_MAX 64

/* Counts frames that come in with a pattern in them, whomever they are for. */
struct raw_ear {
    int fd; /* -1: deaf */
    uint8_t pattern[RAW_PATTERN_MAX];
    size_t size;
    uint64_t heard;
};

/* Sends the frame (hexadecimal digits), lengthened to size bytes with zeros, count times; waits
 * while the interface takes no more. 0, or -1 with errno. */
int raw_send(unsigned long count, unsigned long size, const char *digits);

/* Listens for the pattern (hexadecimal digits) from now on, afresh. 0, or -1 with errno. */
int raw_listen(struct raw_ear *ear, const char *digits);

/* Takes in what has arrived, never blocking. */
void raw_hear(struct raw_ear *ear);
