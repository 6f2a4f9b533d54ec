#include "storage/memory.h"

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

void memory_format(const struct plan_memory *m, const char *wwid, char text[MEMORY_TEXT_SIZE])
{
    snprintf(text, MEMORY_TEXT_SIZE,
             "wwid=%s no_path_since_ms=%" PRIu64 " better_since_ms=%" PRIu64 " most_paths=%" PRIu32
             " removed=%d delete_paths=%d\n",
             wwid, m->no_path_since_ms, m->better_since_ms, m->most_paths, m->removed ? 1 : 0,
             m->delete_paths ? 1 : 0);
}

static uint64_t number(const struct kv *word, uint64_t most)
{
    char *end;
    unsigned long long value = strtoull(word->value, &end, 10);
    return end == word->value || *end != '\0' || word->value[0] == '-' || value > most ? 0 : value;
}

void memory_parse(struct plan_memory *m, const char *wwid, char *text)
{
    struct plan_memory read = {.most_paths = 0};
    struct kv word;
    bool ours = false;
    while (kv_next(&text, &word)) {
        if (word.value == NULL)
            continue;
        if (strcmp(word.key, "wwid") == 0)
            ours = strcmp(word.value, wwid) == 0;
        else if (strcmp(word.key, "no_path_since_ms") == 0)
            read.no_path_since_ms = number(&word, INT64_MAX);
        else if (strcmp(word.key, "better_since_ms") == 0)
            read.better_since_ms = number(&word, INT64_MAX);
        else if (strcmp(word.key, "most_paths") == 0)
            read.most_paths = (uint32_t)number(&word, MAP_PATHS_MAX);
        else if (strcmp(word.key, "removed") == 0)
            read.removed = number(&word, 1) != 0;
        else if (strcmp(word.key, "delete_paths") == 0)
            read.delete_paths = number(&word, 1) != 0;
    }
    *m = ours ? read : (struct plan_memory){.most_paths = 0};
}

void memory_load(struct plan_memory *m, const char *alias, const char *wwid)
{
    char path[PATH_MAX], text[MEMORY_TEXT_SIZE];
    *m = (struct plan_memory){.most_paths = 0};
    if (run_path(path, sizeof path, "multipath", alias) == 0 &&
        file_read(path, text, sizeof text, NULL) == 0)
        memory_parse(m, wwid, text);
}

static bool is_configured(const struct multipath_config *config, const char *alias)
{
    for (uint32_t i = 0; i < config->maps; i++)
        if (strcmp(config->map[i].alias, alias) == 0)
            return true;
    return false;
}

void memory_forget_others(const struct multipath_config *config)
{
    char path[PATH_MAX];
    DIR *folder = run_path(path, sizeof path, "multipath", NULL) == 0 ? opendir(path) : NULL;
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled ; one thread */
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' && !is_configured(config, entry->d_name) &&
            run_path(path, sizeof path, "multipath", entry->d_name) == 0)
            unlink(path);
    if (folder != NULL)
        closedir(folder);
}

int memory_save(const struct plan_memory *m, const char *alias, const char *wwid, struct err *e)
{
    char path[PATH_MAX], text[MEMORY_TEXT_SIZE];
    if (run_path(path, sizeof path, "multipath", NULL) != 0 ||
        (mkdir(path, 0700) != 0 && errno != EEXIST))
        return err_set(e, "%s: %m", path);
    if (run_path(path, sizeof path, "multipath", alias) != 0)
        return err_set(e, "%s: path too long", alias);
    if (m->no_path_since_ms == 0 && m->better_since_ms == 0 && m->most_paths == 0 && !m->removed &&
        !m->delete_paths)
        return unlink(path) == 0 || errno == ENOENT ? 0 : err_set(e, "%s: %m", path);
    memory_format(m, wwid, text);
    return file_replace(path, text, e);
}
