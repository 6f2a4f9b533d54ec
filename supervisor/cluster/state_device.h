/* What is on the device of state=: whose it is, and the last memory, twice.
 *
 * A memory is written to one slot, then to the other, each with its number and a checksum, each
 * write on the device before the next begins. So one whole slot holds the last memory that was
 * stored or the one that was being stored, wherever a write was torn; and a slot that has gone bad
 * since does not bring back the memory before it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define STATE_BLOCK     4096 /* unit of writes: no disk has larger sectors */
#define STATE_SLOT      32768
#define STATE_SIZE      98304 /* of the device, at least: the label and two slots, 32 KiB each */
#define STATE_MAX       28672 /* of a memory: a slot without a block */
#define STATE_NAME_SIZE 64

struct state_owner {
    char cluster[STATE_NAME_SIZE];
    char node[STATE_NAME_SIZE];
};

/* The device, or what a test has in its place. Buffers are aligned to STATE_BLOCK, sizes and places
 * multiples of it. 0, or -1 with the reason; what was written is on the device when write returns.
 */
struct state_io {
    int (*read)(void *device, uint64_t at, void *data, size_t size, struct err *e);
    int (*write)(void *device, uint64_t at, const void *data, size_t size, struct err *e);
    void *device;
};

struct state {
    struct state_io io;
    uint64_t number; /* of the last memory that was written, or should have been */
    bool broken;     /* its write has failed: what is there is not known */
};

/* Reads the last memory into data (STATE_MAX bytes), and makes both slots hold it. *size is 0 where
 * none has been stored yet. -1: not prepared, another's, damaged, or an I/O error. */
int state_load(struct state *s, const struct state_io *io, const struct state_owner *owner,
               void *data, size_t *size, struct err *e);

/* Stores a memory. After -1 nothing is certain but that one of the last two is there; the next
 * store may succeed. Refused where the device holds another number than this process left there:
 * then somebody else writes to it. */
int state_store(struct state *s, const void *data, size_t size, struct err *e);

/* Prepares a device: refused, unless forced, where it is not blank. */
int state_prepare(const struct state_io *io, const struct state_owner *owner, bool force,
                  struct err *e);

/* Whose it is and how often it was written, in words. */
int state_describe(const struct state_io *io, char *text, size_t size, struct err *e);
