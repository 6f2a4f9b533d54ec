/* A role that relevod keeps running: started again whenever it ends, after growing delays. */
#pragma once
#include "base/child.h"
#include "base/timer.h"

struct kept {
    qb_loop_t *loop;
    const char *role;   /* also its name in the log */
    const void *config; /* its first message: the caller's, must outlive it */
    size_t config_size;
    /* Takes a message; false if it is not sane: the process is then replaced. */
    bool (*message)(void *owner, const void *data, size_t size);
    void *owner;
    struct child *child; /* NULL: none now */
    struct timer again;
    uint32_t again_ms;
};

/* Starts it. The fields up to owner are the caller's; it must stay in place. Never blocks. */
void kept_begin(struct kept *kept);
