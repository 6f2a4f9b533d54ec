/* Any bytes on the device of state=, with right checksums half of the time: refused with a reason,
 * or loaded, stored over and loaded again. */
#include <stdlib.h>
#include <string.h>

#include "base/crc32.h"
#include "cluster/state_device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t disk[STATE_SIZE];

static int disk_read(void *device, uint64_t at, void *data, size_t size, struct err *e)
{
    (void)device;
    (void)e;
    if (at + size > sizeof disk)
        abort();
    memcpy(data, disk + at, size);
    return 0;
}

static int disk_write(void *device, uint64_t at, const void *data, size_t size, struct err *e)
{
    (void)device;
    (void)e;
    if (at + size > sizeof disk)
        abort();
    memcpy(disk + at, data, size);
    return 0;
}

/* The checksum is at byte 12 of a label and at byte 20 of a slot, which says its size at 16. */
static void put_right(uint8_t *at, size_t place, size_t covered)
{
    memset(at + place, 0, 4);
    uint32_t crc = crc32_of(at, covered);
    memcpy(at + place, &crc, sizeof crc);
}

/* Each three bytes of input: where, and what. */
static void scribble(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 3 <= size; i += 3) {
        size_t part = data[i] % 3 * (size_t)STATE_SLOT;
        disk[part + (data[i] / 3 * 7u + data[i + 1]) % STATE_SLOT] = data[i + 2];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct state_io io = {.read = disk_read, .write = disk_write};
    static const struct state_owner owner = {.cluster = "c", .node = "n"};
    static uint8_t memory[STATE_MAX];
    struct state s;
    struct err e;
    char text[200];
    size_t length = 0;
    memset(disk, 0, sizeof disk);
    if (size < 1 || state_prepare(&io, &owner, false, &e) != 0)
        return 0;
    scribble(data + 1, size - 1);
    if ((data[0] & 1) != 0) {
        put_right(disk, 12, STATE_BLOCK);
        for (size_t i = 1; i <= 2; i++) {
            uint32_t used;
            memcpy(&used, disk + i * STATE_SLOT + 16, sizeof used);
            if (used <= STATE_MAX)
                put_right(disk + i * STATE_SLOT, 20, 24 + used);
        }
    }
    state_describe(&io, text, sizeof text, &e);
    if (state_load(&s, &io, &owner, memory, &length, &e) != 0)
        return 0;
    if (length > STATE_MAX || state_store(&s, "x", 1, &e) != 0)
        abort();
    if (state_load(&s, &io, &owner, memory, &length, &e) != 0 || length != 1 || memory[0] != 'x')
        abort();
    return 0;
}
