/* mapper.h and check_path() without device-mapper and disks: the SAN is the folder
 * $RELEVO_FAKE_SAN, where tests look and meddle.
 *
 *   maps/NAME    one map, a line each: uuid; "minor sectors opened suspended"; the table;
 *                the failed paths (" 8:0 8:16"); the group that carries (from 1; 0: none)
 *   diary        one line per deed: "create web", "message web fail_path 8:0"
 *   fail.NAME    deeds on map NAME fail with this file's text
 *   hang.NAME    deeds on map NAME never end
 *   unnamed.NAME, loaded.NAME   it has no name in /dev/mapper; a table waits beside its own
 *   check/sda    what a checker finds: up, ghost, down, foreign, hang; without the file: up */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "storage/check.h"
#include "storage/mapper.h"

struct fake_map {
    char uuid[MAP_UUID_SIZE];
    unsigned minor, opened, suspended, active;
    unsigned long long sectors;
    char table[TABLE_TEXT_SIZE];
    char failed[512];
};

static void path_of(char path[PATH_MAX], const char *a, const char *b)
{
    const char *san = getenv("RELEVO_FAKE_SAN");
    snprintf(path, PATH_MAX, "%s/%s%s", san != NULL ? san : "/nonexistent", a, b);
}

static bool exists(const char *a, const char *b)
{
    char path[PATH_MAX];
    path_of(path, a, b);
    return access(path, F_OK) == 0;
}

static void write_diary(const char *deed, const char *name, const char *more)
{
    char path[PATH_MAX], line[TABLE_TEXT_SIZE + 256];
    path_of(path, "diary", "");
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int n =
        snprintf(line, sizeof line, "%s %s%s%s\n", deed, name, more[0] != '\0' ? " " : "", more);
    if (fd < 0 || write(fd, line, (size_t)n) != n)
        abort();
    close(fd);
}

static void take_line(char **at, char *out, size_t size)
{
    const char *line = strsep(at, "\n");
    snprintf(out, size, "%s", line != NULL ? line : "");
}

static bool load(const char *name, struct fake_map *m)
{
    char path[PATH_MAX], text[2 * TABLE_TEXT_SIZE], numbers[128], active[16], *at = text;
    path_of(path, "maps/", name);
    *m = (struct fake_map){.minor = 0};
    if (file_read(path, text, sizeof text, NULL) != 0)
        return false;
    take_line(&at, m->uuid, sizeof m->uuid);
    take_line(&at, numbers, sizeof numbers);
    take_line(&at, m->table, sizeof m->table);
    take_line(&at, m->failed, sizeof m->failed);
    take_line(&at, active, sizeof active);
    /* NOLINTNEXTLINE(cert-err34-c): written by us or a test */
    sscanf(numbers, "%u %llu %u %u", &m->minor, &m->sectors, &m->opened, &m->suspended);
    m->active = (unsigned)strtoul(active, NULL, 10);
    return true;
}

static int save(const char *name, const struct fake_map *m, struct err *e)
{
    char path[PATH_MAX], text[2 * TABLE_TEXT_SIZE];
    path_of(path, "maps/", name);
    snprintf(text, sizeof text, "%s\n%u %llu %u %u\n%s\n%s\n%u\n", m->uuid, m->minor, m->sectors,
             m->opened, m->suspended, m->table, m->failed, m->active);
    return file_replace(path, text, e);
}

void mapper_init(void)
{
}

int mapper_open_events(struct err *e)
{
    char path[PATH_MAX];
    path_of(path, "maps", "");
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return inotify_add_watch(fd, path, IN_MOVED_TO | IN_DELETE) >= 0 ? fd
                                                                     : err_set(e, "%s: %m", path);
}

int mapper_arm(int fd, struct err *e)
{
    char drop[4096];
    (void)e;
    while (read(fd, drop, sizeof drop) > 0)
        ;
    return 0;
}

int mapper_for_each(void (*see)(const struct map *map, void *data), void *data, struct err *e)
{
    char path[PATH_MAX];
    path_of(path, "maps", "");
    DIR *maps = opendir(path);
    if (maps == NULL)
        return err_set(e, "%s: %m", path);
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled ; no threads */
    while ((entry = readdir(maps)) != NULL) {
        struct map map;
        if (strchr(entry->d_name, '.') == NULL && mapper_look(entry->d_name, &map, e) == 0)
            see(&map, data);
    }
    closedir(maps);
    return 0;
}

int mapper_look(const char *name, struct map *map, struct err *e)
{
    struct fake_map m;
    (void)e;
    *map = (struct map){.exists = false};
    if (!load(name, &m))
        return 0;
    *map = (struct map){.exists = true,
                        .named = !exists("unnamed.", name),
                        .loaded = exists("loaded.", name),
                        .minor = m.minor,
                        .opened = m.opened,
                        .suspended = m.suspended != 0,
                        .sectors = m.sectors};
    snprintf(map->name, sizeof map->name, "%s", name);
    snprintf(map->uuid, sizeof map->uuid, "%s", m.uuid);
    map->readable = table_parse(&map->table, m.table) == 0;
    for (uint32_t i = 0; i < map->table.paths; i++) {
        char device[32];
        snprintf(device, sizeof device, " %u:%u", map->table.path[i].major,
                 map->table.path[i].minor);
        const char *found = strstr(m.failed, device);
        map->table.path[i].failed = found != NULL && strchr(" ", found[strlen(device)]) != NULL;
    }
    for (uint32_t g = 0; g < map->table.groups; g++)
        map->table.group_state[g] = g + 1 == m.active ? 'A' : 'E';
    return 0;
}

/* Fails or hangs, where the test wants it. */
static int begin(const char *deed, const char *name, const char *more, struct err *e)
{
    char path[PATH_MAX], why[256];
    while (exists("hang.", name))
        pause();
    path_of(path, "fail.", name);
    if (file_read(path, why, sizeof why, NULL) == 0)
        return err_set(e, "%s: %s: %s", name, deed, why);
    write_diary(deed, name, more);
    return 0;
}

static int put_table(const char *name, struct fake_map *m, uint64_t sectors, const char *table,
                     struct err *e)
{
    m->sectors = sectors;
    m->suspended = 0;
    m->active = 1;
    m->failed[0] = '\0';
    snprintf(m->table, sizeof m->table, "%s", table);
    return save(name, m, e);
}

int mapper_create(const char *name, const char *uuid, uint64_t sectors, const char *parameters,
                  struct err *e)
{
    struct fake_map m;
    if (begin("create", name, parameters, e) != 0)
        return -1;
    if (load(name, &m))
        return err_set(e, "%s: there is such a map", name);
    snprintf(m.uuid, sizeof m.uuid, "%s", uuid);
    return put_table(name, &m, sectors, parameters, e);
}

int mapper_reload(const char *name, uint64_t sectors, const char *parameters, struct err *e)
{
    struct fake_map m;
    if (begin("reload", name, parameters, e) != 0)
        return -1;
    if (!load(name, &m))
        return err_set(e, "%s: no such map", name);
    return put_table(name, &m, sectors, parameters, e);
}

static int drop(const char *deed, const char *mark, const char *name, struct err *e)
{
    char path[PATH_MAX];
    path_of(path, mark, name);
    if (begin(deed, name, "", e) != 0)
        return -1;
    return unlink(path) == 0 ? 0 : err_set(e, "%s: %m", path);
}

int mapper_name(const char *name, struct err *e)
{
    return drop("name", "unnamed.", name, e);
}

int mapper_clear(const char *name, struct err *e)
{
    return drop("clear", "loaded.", name, e);
}

int mapper_resume(const char *name, struct err *e)
{
    struct fake_map m;
    if (begin("resume", name, "", e) != 0)
        return -1;
    if (!load(name, &m))
        return err_set(e, "%s: no such map", name);
    m.suspended = 0;
    return save(name, &m, e);
}

/* Takes " 8:0" out of the list of failed paths. */
static void drop_failed(struct fake_map *m, const char *device)
{
    char kept[sizeof m->failed] = "", *at = m->failed, *word;
    while ((word = strsep(&at, " ")) != NULL)
        if (word[0] != '\0' && strcmp(word, device) != 0)
            snprintf(kept + strlen(kept), sizeof kept - strlen(kept), " %s", word);
    memcpy(m->failed, kept, sizeof kept);
}

int mapper_message(const char *name, const char *message, struct err *e)
{
    struct fake_map m;
    const char *blank = strchr(message, ' '), *operand = blank != NULL ? blank + 1 : "";
    if (begin("message", name, message, e) != 0)
        return -1;
    if (!load(name, &m))
        return err_set(e, "%s: no such map", name);
    if (strncmp(message, "fail_path", 9) == 0) {
        drop_failed(&m, operand);
        snprintf(m.failed + strlen(m.failed), sizeof m.failed - strlen(m.failed), " %s", operand);
    } else if (strncmp(message, "reinstate_path", 14) == 0) {
        drop_failed(&m, operand);
    } else if (strncmp(message, "switch_group", 12) == 0) {
        m.active = (unsigned)strtoul(operand, NULL, 10);
    } else {
        struct table table;
        bool queue = strcmp(message, "queue_if_no_path") == 0;
        if (table_parse(&table, m.table) != 0)
            return err_set(e, "%s: no table", name);
        table.queueing = queue;
        table_format(&table, m.table, sizeof m.table);
    }
    return save(name, &m, e);
}

int mapper_remove(const char *name, struct err *e)
{
    char path[PATH_MAX];
    struct fake_map m;
    if (begin("remove", name, "", e) != 0)
        return -1;
    if (load(name, &m) && m.opened > 0)
        return err_set(e, "%s: remove: %s", name, strerror(EBUSY));
    path_of(path, "maps/", name);
    return unlink(path) == 0 ? 0 : err_set(e, "%s: %m", path);
}

void check_path(const struct check_request *request, struct check_reply *reply)
{
    static const struct {
        const char *word;
        enum verdict verdict;
    } words[] = {{"up", VERDICT_UP},
                 {"ghost", VERDICT_GHOST},
                 {"down", VERDICT_DOWN},
                 {"foreign", VERDICT_FOREIGN}};
    char path[PATH_MAX], word[64] = "up";
    path_of(path, "check/", request->name);
    while (file_read(path, word, sizeof word, NULL) == 0 && strcmp(word, "hang") == 0)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, word) == 0)
            reply->verdict = words[i].verdict;
}
