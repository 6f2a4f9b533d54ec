/* What relevod and its journal process say to each other. */
#pragma once
#include "cluster/journal.h"

enum journal_type {
    JOURNAL_CONFIG = 1, /* relevod, first of all */
    JOURNAL_STORE,      /* relevod: a memory */
    JOURNAL_LOADED,     /* the process, once: a memory */
    JOURNAL_STORED,     /* the process: it has been written */
    JOURNAL_PROBLEM,    /* the process: why it cannot be read or written; it is tried again */
};

struct journal_memory {
    uint32_t type; /* JOURNAL_STORE, JOURNAL_LOADED */
    uint32_t size;
    uint64_t ticket;
    uint8_t data[JOURNAL_MAX]; /* so much of it as there is */
};

struct journal_note {
    uint32_t type; /* JOURNAL_STORED, JOURNAL_PROBLEM */
    uint64_t ticket;
    char text[256];
};

#define JOURNAL_MEMORY_SIZE(size) (offsetof(struct journal_memory, data) + (size))
_Static_assert(sizeof(struct journal_memory) <= CHILD_MESSAGE_MAX, "fits a packet");

bool journal_config_ok(const void *data, size_t size);
bool journal_memory_ok(const void *data, size_t size, enum journal_type type);
bool journal_note_ok(const void *data, size_t size);
