/* A role that relevod keeps running: started again whenever it ends, after growing delays. */
#pragma once
#include "base/child.h"
#include "base/timer.h"

struct kept {
    qb_loop_t *loop;
    const char *role; /* also its name in the log */
    /* Takes a message; false if it is not sane: the process is then replaced. */
    bool (*message)(void *owner, const void *data, size_t size);
    /* Optional: a process has just started, and has the configuration; it has ended. */
    void (*began)(void *owner), (*ended)(void *owner);
    void *owner;
    const void *config; /* its first message; NULL: none */
    size_t config_size;
    struct child *child; /* NULL: none now */
    bool outdated;       /* it has an earlier configuration, and has been killed for that */
    bool unwanted;       /* none is to run, see kept_end */
    struct timer again;
    uint32_t again_ms; /* the delay before the next start; 0: it has never been started */
};

/* Nothing runs yet. kept must stay in place; so must what role names. began and ended are the
 * caller's to set. */
void kept_init(struct kept *kept, qb_loop_t *loop, const char *role,
               bool (*message)(void *owner, const void *data, size_t size), void *owner);

/* Starts it with this configuration (NULL: none is sent). What runs with another is replaced: the
 * next one finds the world as it is, as after a crash, and does the difference. The configuration
 * stays the caller's and must outlive its use; the one before may go after the call. Never blocks.
 */
void kept_take(struct kept *kept, const void *config, size_t config_size);

/* Ends it. Nothing runs before the next kept_take. Never blocks. */
void kept_end(struct kept *kept);

/* Whether it has been started, and not been ended since. */
bool kept_begun(const struct kept *kept);
