/* Keeps the memory of core/ (R3): in a file of /run, which lives as long as the host, and on the
 * device of state= where there is one. Memories are numbered; what is said on the strength of one
 * waits until it is kept. */
#pragma once
#include "cluster/journal.h"
#include "core/node.h"

struct keep {
    uint64_t number;        /* of the last memory that was to be kept, */
    uint64_t written;       /* ... of the last that is in /run, */
    uint64_t stored;        /* ... and of the last that the device has confirmed */
    struct journal *device; /* NULL: no state= */
    bool complained;
};

/* What an earlier relevod of this boot has left: 0; 1 if none has run; -1 if it cannot be used. */
int keep_read(struct memory *m, struct err *e);

/* The memory is to be kept; see keep_has(). Writing /run is tried at once. */
void keep_memory(struct keep *k, const struct memory *m);

/* Whether the last memory could not be written to /run: to be tried again. */
bool keep_is_behind(const struct keep *k);

/* Whether the memory of that number, and all before it, would be found again. */
bool keep_has(const struct keep *k, uint64_t number);
