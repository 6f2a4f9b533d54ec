/* The steps that are done to a mirror, as drbdsetup's and drbdmeta's command lines. Pure. */
#pragma once
#include "config/drbd.h"

enum drbd_step {
    DRBD_NEW_RESOURCE,
    DRBD_NEW_MINOR,
    DRBD_APPLY_AL, /* before every attach, even after a clean detach */
    DRBD_ATTACH,
    DRBD_DETACH,
    DRBD_CONNECT,
    DRBD_CONNECT_DISCARD, /* and give up what this side has alone */
    DRBD_DISCONNECT,
    DRBD_PROMOTE,
    DRBD_PROMOTE_FORCED, /* only to begin a first sync */
    DRBD_DEMOTE,
    DRBD_RESUME_IO,
    DRBD_DISK_OPTIONS,
    DRBD_NET_OPTIONS,
    DRBD_TWO_PRIMARIES,
    DRBD_ONE_PRIMARY,
    DRBD_VERIFY,
    DRBD_RESIZE,
    DRBD_CREATE_METADATA,
    DRBD_STAMP_METADATA, /* as this mirror's */
    DRBD_SKIP_FIRST_SYNC,
    DRBD_DOWN,
    DRBD_STEPS
};

#define DRBD_ARGS_MAX 32
#define DRBD_ARG_SIZE 160

struct drbd_command {
    char text[DRBD_ARGS_MAX][DRBD_ARG_SIZE];
    char *argv[DRBD_ARGS_MAX + 1]; /* closed with NULL */
    uint32_t argc;
};

void drbd_command_make(const struct site_drbd *mirror, enum drbd_step step,
                       struct drbd_command *command);
