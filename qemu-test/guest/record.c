#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define READ_SIZE (1 << 20)

static const uint8_t magic[8] = {'R', 'L', 'V', 'D', 'I', 'A', 'R', 'Y'};

static uint32_t crc32_ieee(const uint8_t *data, size_t size)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

/* The record's number, or 0 for a slot that holds none. */
static uint64_t sequence_of(const uint8_t *slot)
{
    if (memcmp(slot, magic, sizeof magic) != 0 || get(slot + 508, 4) != crc32_ieee(slot, 508))
        return 0;
    return get(slot + 8, 8);
}

static int find_last(struct diary *diary, uint8_t *buffer)
{
    uint64_t last = 0;
    off_t end = (off_t)(diary->slots * RECORD_SIZE);
    for (off_t at = 0; at < end;) {
        size_t want = end - at < READ_SIZE ? (size_t)(end - at) : READ_SIZE;
        ssize_t got = pread(diary->fd, buffer, want, at);
        if (got < RECORD_SIZE)
            return -1;
        for (ssize_t i = 0; i + RECORD_SIZE <= got; i += RECORD_SIZE) {
            uint64_t sequence = sequence_of(buffer + i);
            if (sequence > last)
                last = sequence;
        }
        at += got;
    }
    diary->next = last + 1;
    return 0;
}

int diary_open(struct diary *diary, const char *device, const char *name, uint64_t boot)
{
    *diary = (struct diary){.boot = boot, .name = name};
    diary->fd = open(device, O_RDWR | O_DIRECT | O_DSYNC | O_CLOEXEC);
    if (diary->fd < 0)
        return -1;
    off_t size = lseek(diary->fd, 0, SEEK_END);
    diary->slots = size > 0 ? (uint64_t)size / RECORD_SIZE : 0;
    diary->buffer = aligned_alloc(4096, READ_SIZE);
    if (!diary->slots || !diary->buffer) {
        errno = diary->buffer ? ENOSPC : ENOMEM;
        return -1;
    }
    return find_last(diary, diary->buffer);
}

static uint64_t nanoseconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int diary_write(struct diary *diary, enum record_kind kind)
{
    uint8_t *slot = diary->buffer;
    memset(slot, 0, RECORD_SIZE);
    memcpy(slot, magic, sizeof magic);
    put(slot + 8, diary->next, 8);
    put(slot + 16, diary->boot, 8);
    put(slot + 24, nanoseconds(CLOCK_REALTIME), 8);
    put(slot + 32, nanoseconds(CLOCK_BOOTTIME), 8);
    put(slot + 40, kind, 4);
    memcpy(slot + 44, diary->name, strnlen(diary->name, 63));
    put(slot + 508, crc32_ieee(slot, 508), 4);
    off_t at = (off_t)(diary->next % diary->slots * RECORD_SIZE);
    ssize_t put_bytes = pwrite(diary->fd, slot, RECORD_SIZE, at);
    if (put_bytes != RECORD_SIZE) {
        if (put_bytes >= 0)
            errno = EIO;
        return -1;
    }
    diary->next++;
    return 0;
}
