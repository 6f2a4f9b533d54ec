/* What is on a device that is to be one side of a mirror: looked at before anything is done to it.
 * Writing metadata is drbdmeta's. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum drbd_found_kind {
    DRBD_FOUND_NOTHING_YET, /* not looked at */
    DRBD_FOUND_MISSING,     /* no such device, or it cannot be read: the text says why */
    DRBD_FOUND_TOO_SMALL,
    DRBD_FOUND_BLANK,   /* no metadata, and no data where any kind of it begins or ends */
    DRBD_FOUND_DATA,    /* no metadata, but data: the text says what */
    DRBD_FOUND_FOREIGN, /* another mirror's metadata */
    DRBD_FOUND_OURS,
    DRBD_FOUNDS
};

struct drbd_found {
    uint32_t kind; /* enum drbd_found_kind */
    uint64_t bytes;
    char text[128];
};

/* The smallest device: room for DRBD's own data and some of the guest's. */
#define DRBD_BACKING_MIN ((uint64_t)1 << 20)
/* Its metadata's head: the device's last whole block of this size. */
#define DRBD_META_BLOCK 4096

/* What tells a mirror's metadata from another's: DRBD keeps no name in it, but a number of the
 * device, which it never looks at. */
uint64_t drbd_meta_identity(const char *name);

/* Judges the metadata's head: DRBD_FOUND_OURS, DRBD_FOUND_FOREIGN, or DRBD_FOUND_BLANK where it is
 * none. Pure. */
enum drbd_found_kind drbd_meta_judge(const uint8_t block[DRBD_META_BLOCK], const char *name);

/* Names the data of a device from its first bytes; NULL: they are all zero. Pure. */
const char *drbd_meta_name_data(const uint8_t *head, size_t size);

/* Looks at the device; waits for it, so that only workers may. */
void drbd_meta_look(const char *device, const char *name, struct drbd_found *found);
