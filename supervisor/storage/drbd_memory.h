/* What is remembered of a mirror while the drbd role is not there: a small file for each that this
 * node has had up, RUN_DIR/drbd/NAME, gone when the host is. Without it a split brain would be
 * tried anew, and hidden meanwhile, a mirror that was disconnected or detached by order would come
 * back, one that the configuration no longer has would stay up, and a verify that is due would be
 * put off. */
#pragma once
#include "base/err.h"
#include "storage/drbd_plan.h"

#define DRBD_MEMORY_SIZE 128

struct drbd_memory {
    uint32_t minor;
    bool split, kept_apart, lost_disk; /* as in struct drbd_view, */
    uint64_t verified_ms;              /* also this */
};

/* The file's text. */
void drbd_memory_format(const struct drbd_memory *memory, char text[DRBD_MEMORY_SIZE]);

/* The reverse; cuts text up. Unknown or out of range: as if it had not been written. */
void drbd_memory_parse(struct drbd_memory *memory, char *text);

/* False: there is none. */
bool drbd_memory_load(const char *name, struct drbd_memory *memory);
int drbd_memory_save(const char *name, const struct drbd_memory *memory, struct err *e);
void drbd_memory_forget(const char *name);

/* The names of all that are remembered. */
void drbd_memory_for_each(void (*found)(const char *name, void *data), void *data);
