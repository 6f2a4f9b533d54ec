#include "storage/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/kv.h"
#include "base/run_dir.h"

#define FOLDER "multipath"

void memory_format(const struct plan_memory *m, const char *wwid, char text[MEMORY_TEXT_SIZE])
{
    snprintf(text, MEMORY_TEXT_SIZE,
             "wwid=%s no_path_since_ms=%" PRIu64 " better_since_ms=%" PRIu64 " most_paths=%" PRIu32
             " removed=%d delete_paths=%d\n",
             wwid, m->no_path_since_ms, m->better_since_ms, m->most_paths, m->removed ? 1 : 0,
             m->delete_paths ? 1 : 0);
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
            read.no_path_since_ms = kv_number(&word, INT64_MAX);
        else if (strcmp(word.key, "better_since_ms") == 0)
            read.better_since_ms = kv_number(&word, INT64_MAX);
        else if (strcmp(word.key, "most_paths") == 0)
            read.most_paths = (uint32_t)kv_number(&word, MAP_PATHS_MAX);
        else if (strcmp(word.key, "removed") == 0)
            read.removed = kv_number(&word, 1) != 0;
        else if (strcmp(word.key, "delete_paths") == 0)
            read.delete_paths = kv_number(&word, 1) != 0;
    }
    *m = ours ? read : (struct plan_memory){.most_paths = 0};
}

void memory_load(struct plan_memory *m, const char *alias, const char *wwid)
{
    char text[MEMORY_TEXT_SIZE];
    *m = (struct plan_memory){.most_paths = 0};
    if (run_load(FOLDER, alias, text, sizeof text) == 0)
        memory_parse(m, wwid, text);
}

static bool is_configured(const struct multipath_config *config, const char *alias)
{
    for (uint32_t i = 0; i < config->maps; i++)
        if (strcmp(config->map[i].alias, alias) == 0)
            return true;
    return false;
}

static void forget_other(const char *alias, void *data)
{
    const struct multipath_config *const *config = data;
    if (!is_configured(*config, alias))
        run_forget(FOLDER, alias);
}

void memory_forget_others(const struct multipath_config *config)
{
    run_for_each(FOLDER, forget_other, &config);
}

int memory_save(const struct plan_memory *m, const char *alias, const char *wwid, struct err *e)
{
    char path[PATH_MAX], text[MEMORY_TEXT_SIZE];
    bool nothing = m->no_path_since_ms == 0 && m->better_since_ms == 0 && m->most_paths == 0 &&
                   !m->removed && !m->delete_paths;
    if (nothing && run_path(path, sizeof path, FOLDER, alias) == 0)
        return unlink(path) == 0 || errno == ENOENT ? 0 : err_set(e, "%s: %m", path);
    memory_format(m, wwid, text);
    return run_save(FOLDER, alias, text, e);
}
