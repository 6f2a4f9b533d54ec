/* A role that relevod keeps running: started again whenever it ends, after growing delays. */
#pragma once
#include "base/child.h"
#include "base/timer.h"

struct kept {
    qb_loop_t *loop;
    const char *role; /* also its name in the log */
    /* Takes a message; false if it is not sane: the process is then replaced. */
    bool (*message)(void *owner, const void *data, size_t size);
    void *owner;
    const void *config; /* its first message */
    size_t config_size;
    struct child *child; /* NULL: none now */
    bool outdated;       /* it has an earlier configuration, and has been killed for that */
    struct timer again;
    uint32_t again_ms;
};

/* Nothing runs yet. kept must stay in place; so must what role names. */
void kept_init(struct kept *kept, qb_loop_t *loop, const char *role,
               bool (*message)(void *owner, const void *data, size_t size), void *owner);

/* Starts it with this configuration. What runs with another is replaced: the next one finds the
 * world as it is, as after a crash, and does the difference. The configuration stays the caller's
 * and must outlive its use; the one before may go after the call. Never blocks. */
void kept_take(struct kept *kept, const void *config, size_t config_size);

/* Whether it has ever been given a configuration. */
bool kept_begun(const struct kept *kept);
