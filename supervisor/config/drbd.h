/* The mirrors, as configured. relevod sends this to the drbd role as it is; only relevod looks at
 * the places. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/place.h"
#include "config/word_option.h"

#define SITE_DRBDS_MAX    128
#define DRBD_MINOR_MAX    ((1U << 20) - 1)
#define DRBD_NAME_SIZE    32
#define DRBD_BACKING_SIZE 128 /* the kernel's limit */
#define DRBD_NODE_SIZE    64
#define DRBD_ADDRESS_TEXT 64 /* "ipv6:[ADDRESS]:PORT" */

/* Where guests find a mirror: DRBD_FOLDER NAME. */
#define DRBD_FOLDER "/dev/drbd/"

enum drbd_option_id {
    DRBD_PROTOCOL,
    DRBD_FENCING,
    DRBD_ON_IO_ERROR,
    DRBD_PING_INT,
    DRBD_PING_TIMEOUT,
    DRBD_TIMEOUT,
    DRBD_CONNECT_INT,
    DRBD_KO_COUNT,
    DRBD_RESYNC_RATE,
    DRBD_C_PLAN_AHEAD,
    DRBD_C_FILL_TARGET,
    DRBD_C_MAX_RATE,
    DRBD_C_MIN_RATE,
    DRBD_VERIFY_ALG,
    DRBD_CSUMS_ALG,
    DRBD_VERIFY_EVERY,
    DRBD_OPTIONS
};

/* The values of options that have names, in the order of the names. */
enum drbd_protocol { DRBD_PROTOCOL_A, DRBD_PROTOCOL_B, DRBD_PROTOCOL_C };
enum drbd_fencing { DRBD_FENCING_STONITH, DRBD_FENCING_DONT_CARE };
#define DRBD_ALG_NONE 0

/* Named as in drbd.conf(5), and in its units, where they have a name there. */
extern const struct word_option drbd_option[DRBD_OPTIONS];

struct drbd_address {
    uint16_t port;
    uint8_t v6;
    uint8_t bytes[16];
};

struct drbd_node {
    char name[DRBD_NODE_SIZE];
    struct drbd_address address;
};

#define DRBD_NOBODY 2

struct site_drbd {
    struct place place;
    char name[DRBD_NAME_SIZE];
    uint32_t minor;
    uint32_t me; /* which of the nodes this one is; DRBD_NOBODY: neither, nothing to do here */
    char backing[DRBD_BACKING_SIZE];
    struct drbd_node node[2];
    uint32_t value[DRBD_OPTIONS];
};

struct drbd_config {
    uint32_t mirrors;
    struct site_drbd mirror[SITE_DRBDS_MAX];
};

/* "10.0.0.1:7788", "[fd00::1]:7788"; with family "ipv4:10.0.0.1:7788", as drbdsetup reads it. */
void drbd_address_format(const struct drbd_address *address, bool family, char *text, size_t size);

/* Which of the mirror's nodes has this name: 0, 1 or DRBD_NOBODY. */
uint32_t drbd_side_of(const struct site_drbd *mirror, const char *node);

/* The mirror that a guest's disk is: its index, or -1. */
int drbd_find_disk(const struct drbd_config *config, const char *path);
