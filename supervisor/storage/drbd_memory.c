#include "storage/drbd_memory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/kv.h"
#include "base/run_dir.h"

#define FOLDER "drbd"

void drbd_memory_format(const struct drbd_memory *m, char text[DRBD_MEMORY_SIZE])
{
    snprintf(text, DRBD_MEMORY_SIZE,
             "minor=%u split=%d kept_apart=%d lost_disk=%d verified_ms=%" PRIu64 "\n", m->minor,
             m->split, m->kept_apart, m->lost_disk, m->verified_ms);
}

static uint64_t number(const char *text, uint64_t most)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    return end == text || *end != '\0' || text[0] == '-' || value > most ? 0 : value;
}

void drbd_memory_parse(struct drbd_memory *m, char *text)
{
    struct kv word;
    *m = (struct drbd_memory){.minor = 0};
    while (kv_next(&text, &word)) {
        if (word.value == NULL)
            continue;
        if (strcmp(word.key, "minor") == 0)
            m->minor = (uint32_t)number(word.value, DRBD_MINOR_MAX);
        else if (strcmp(word.key, "split") == 0)
            m->split = number(word.value, 1) != 0;
        else if (strcmp(word.key, "kept_apart") == 0)
            m->kept_apart = number(word.value, 1) != 0;
        else if (strcmp(word.key, "lost_disk") == 0)
            m->lost_disk = number(word.value, 1) != 0;
        else if (strcmp(word.key, "verified_ms") == 0)
            m->verified_ms = number(word.value, INT64_MAX);
    }
}

bool drbd_memory_load(const char *name, struct drbd_memory *m)
{
    char path[PATH_MAX], text[DRBD_MEMORY_SIZE];
    *m = (struct drbd_memory){.minor = 0};
    if (run_path(path, sizeof path, FOLDER, name) != 0 ||
        file_read(path, text, sizeof text, NULL) != 0)
        return false;
    drbd_memory_parse(m, text);
    return true;
}

int drbd_memory_save(const char *name, const struct drbd_memory *m, struct err *e)
{
    char path[PATH_MAX], text[DRBD_MEMORY_SIZE];
    if (run_path(path, sizeof path, FOLDER, NULL) != 0 ||
        (mkdir(path, 0700) != 0 && errno != EEXIST))
        return err_set(e, "%s: %m", path);
    if (run_path(path, sizeof path, FOLDER, name) != 0)
        return err_set(e, "%s: path too long", name);
    drbd_memory_format(m, text);
    return file_replace(path, text, e);
}

void drbd_memory_forget(const char *name)
{
    char path[PATH_MAX];
    if (run_path(path, sizeof path, FOLDER, name) == 0)
        unlink(path);
}

void drbd_memory_list(void (*take)(void *data, const char *name), void *data)
{
    char path[PATH_MAX];
    DIR *folder = run_path(path, sizeof path, FOLDER, NULL) == 0 ? opendir(path) : NULL;
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled ; one thread */
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            take(data, entry->d_name);
    if (folder != NULL)
        closedir(folder);
}
