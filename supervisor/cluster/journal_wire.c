#include "cluster/journal_wire.h"

#include <string.h>

static bool closed(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

bool journal_config_ok(const void *data, size_t size)
{
    const struct journal_config *c = data;
    return size == sizeof *c && c->type == JOURNAL_CONFIG && closed(c->device, sizeof c->device) &&
           closed(c->owner.cluster, sizeof c->owner.cluster) &&
           closed(c->owner.node, sizeof c->owner.node);
}

bool journal_memory_ok(const void *data, size_t size, enum journal_type type)
{
    const struct journal_memory *m = data;
    return size >= JOURNAL_MEMORY_SIZE(0) && m->type == (uint32_t)type && m->size <= JOURNAL_MAX &&
           size == JOURNAL_MEMORY_SIZE(m->size);
}

bool journal_note_ok(const void *data, size_t size)
{
    const struct journal_note *n = data;
    return size == sizeof *n && (n->type == JOURNAL_STORED || n->type == JOURNAL_PROBLEM) &&
           closed(n->text, sizeof n->text);
}
