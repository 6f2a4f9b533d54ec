#include "storage/drbd_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/kv.h"
#include "base/run_dir.h"

#define FOLDER "drbd"

void drbd_memory_format(const struct drbd_memory *m, char text[DRBD_MEMORY_SIZE])
{
    snprintf(text, DRBD_MEMORY_SIZE,
             "minor=%u split=%d kept_apart=%d lost_disk=%d verified_ms=%" PRIu64 "\n", m->minor,
             m->split, m->kept_apart, m->lost_disk, m->verified_ms);
}

void drbd_memory_parse(struct drbd_memory *m, char *text)
{
    struct kv word;
    *m = (struct drbd_memory){.minor = 0};
    while (kv_next(&text, &word)) {
        if (word.value == NULL)
            continue;
        if (strcmp(word.key, "minor") == 0)
            m->minor = (uint32_t)kv_number(&word, DRBD_MINOR_MAX);
        else if (strcmp(word.key, "split") == 0)
            m->split = kv_number(&word, 1) != 0;
        else if (strcmp(word.key, "kept_apart") == 0)
            m->kept_apart = kv_number(&word, 1) != 0;
        else if (strcmp(word.key, "lost_disk") == 0)
            m->lost_disk = kv_number(&word, 1) != 0;
        else if (strcmp(word.key, "verified_ms") == 0)
            m->verified_ms = kv_number(&word, INT64_MAX);
    }
}

bool drbd_memory_load(const char *name, struct drbd_memory *m)
{
    char text[DRBD_MEMORY_SIZE];
    *m = (struct drbd_memory){.minor = 0};
    if (run_load(FOLDER, name, text, sizeof text) != 0)
        return false;
    drbd_memory_parse(m, text);
    return true;
}

int drbd_memory_save(const char *name, const struct drbd_memory *m, struct err *e)
{
    char text[DRBD_MEMORY_SIZE];
    drbd_memory_format(m, text);
    return run_save(FOLDER, name, text, e);
}

void drbd_memory_forget(const char *name)
{
    run_forget(FOLDER, name);
}

void drbd_memory_for_each(void (*found)(const char *name, void *data), void *data)
{
    run_for_each(FOLDER, found, data);
}
