/* What the drbd role has done by a worker, because it may wait for a disk: a look at the device,
 * then steps, in order; the first that fails ends it. One deed at a time for each mirror. */
#pragma once
#include "base/err.h"
#include "storage/drbd_command.h"
#include "storage/drbd_meta.h"
#include "storage/drbd_plan.h"

struct drbd_deed {
    struct site_drbd mirror; /* its place is not for reading */
    uint32_t look;           /* 1: also look at the device, after the steps */
    uint32_t steps;
    uint32_t step[DRBD_PLAN_STEPS_MAX];
};

struct drbd_deed_reply {
    int32_t result; /* 0, or -1: */
    uint32_t step;  /* the one that failed */
    struct drbd_found found;
    struct err error;
};

/* Whether a mirror that came in a message is sane. */
bool drbd_mirror_ok(const struct site_drbd *mirror);
bool drbd_deed_ok(const void *data, size_t size);
bool drbd_deed_reply_ok(const void *data, size_t size);

/* The role: one deed, then it ends. */
int drbd_deed_role(void);
