/* What relevod must remember of a guest beyond its own life: one small file per guest in
 * RUN_DIR/guests, replaced before anything is done that rests on it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/restart.h"

enum hold {
    HOLD_NONE,
    HOLD_OPERATOR, /* relevo stop */
    HOLD_POWEROFF, /* the guest shut itself down, or its policy says to leave it */
    HOLD_GAVE_UP,  /* it failed too often */
    HOLD_COUNT,
};

struct record {
    int32_t domid;       /* the domain we know to be this guest; -1: none */
    int32_t ended_domid; /* the last domain whose end was counted; -1: none */
    enum hold hold;      /* why it stays stopped */
    bool building;       /* a domain of it that never ran is ours: a worker was at it */
    bool restarting;     /* relevo restart: stop it, then start it */
    struct restart_state restart;
    uint64_t built; /* guest_fingerprint() of what the domain was built with; 0: by somebody else */
    uint64_t disks; /* guest_disks_fingerprint() of the disks that the domain has; 0: not known */
    uint32_t starts;         /* since the host booted */
    enum guest_end last_end; /* valid once ends > 0 */
    uint32_t ends;
    uint64_t started_ms; /* clock_ms(), as all times here; 0: never */
    uint64_t ended_ms;
    uint64_t start_at_ms; /* not to be started before */
    uint64_t stop_by_ms;  /* asked to shut down, destroyed then; 0: not asked */
};

extern const struct record record_empty;

/* The file's text; at most RECORD_TEXT_SIZE bytes with the NUL. */
#define RECORD_TEXT_SIZE 640
void record_format(const struct record *record, char text[RECORD_TEXT_SIZE]);

/* The reverse; cuts text up. Unknown keys are passed over, what is missing or out of range keeps
 * its empty value: a record that cannot be read costs a counter, not a guest. */
void record_parse(struct record *record, char *text);

int record_load(struct record *record, const char *name);
int record_save(const struct record *record, const char *name, struct err *e);
void record_remove(const char *name);

/* Calls found() for the name of every guest that has a record. */
void record_for_each(void (*found)(const char *name, void *data), void *data);

/* "operator", "poweroff", "gave up", or "". */
const char *hold_name(enum hold hold);
