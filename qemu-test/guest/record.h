/* The guest's diary: numbered, checksummed records on a raw disk or partition, each durable before
 * the next is written, so that the lab can tell afterwards what was lost, doubled or reordered.
 *
 * The device is a ring of 512-byte slots; record N is in slot N % slots. All numbers little-endian:
 *
 *   offset size
 *        0    8  magic "RLVDIARY"
 *        8    8  sequence number, from 1, going on over reboots
 *       16    8  boot: random for each boot of the guest
 *       24    8  wall clock, nanoseconds since 1970
 *       32    8  nanoseconds since this boot
 *       40    4  kind: enum record_kind
 *       44   64  the guest's name, zero-padded
 *      108  400  zero
 *      508    4  CRC-32 (IEEE, as in zlib) of the 508 bytes before
 *
 * qemu-test/relevolab/records.py reads it. */
#pragma once
#include <stdint.h>

#define RECORD_SIZE 512

enum record_kind { RECORD_BOOT = 1, RECORD_BEAT = 2, RECORD_POWEROFF = 3, RECORD_REBOOT = 4 };

struct diary {
    int fd; /* -1: this guest has no disk to write to */
    uint64_t slots;
    uint64_t next; /* sequence number of the next record */
    uint64_t boot;
    const char *name;
    uint8_t *buffer; /* one slot, aligned for O_DIRECT */
};

/* Opens `device`, reads the whole ring for the highest valid record and goes on after it.
 * 0, or -1 with errno. Blocks as long as the disk does. */
int diary_open(struct diary *diary, const char *device, const char *name, uint64_t boot);

/* Writes one record and returns when it is durable. 0, or -1 with errno. */
int diary_write(struct diary *diary, enum record_kind kind);
