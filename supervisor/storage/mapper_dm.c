#include <errno.h>
#include <fcntl.h>
#include <libdevmapper.h>
#include <limits.h>
#include <linux/dm-ioctl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "storage/mapper.h"

#define CONTROL "/dev/mapper/control"

/* libdevmapper's own words, kept for the error that is reported. */
static char said[256];

__attribute__((format(printf, 5, 6))) static void listen_to(int level, const char *file, int line,
                                                            int code, const char *format, ...)
{
    (void)file;
    (void)line;
    (void)code;
    if ((level & 7) > 4 || said[0] != '\0') /* LOG_WARN of libdevmapper; the first says most */
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(said, sizeof said, format, args);
    va_end(args);
}

void mapper_init(void)
{
    dm_log_with_errno_init(listen_to);
    dm_udev_set_sync_support(0);
    dm_udev_set_checking(0);
}

static int failed(struct err *e, const char *what, const char *name)
{
    return err_set(e, "%s: %s: %s", name, what, said[0] != '\0' ? said : strerror(errno));
}

static struct dm_task *task_for(int type, const char *name)
{
    said[0] = '\0';
    struct dm_task *task = dm_task_create(type);
    if (task != NULL && name != NULL && dm_task_set_name(task, name) == 0) {
        dm_task_destroy(task);
        return NULL;
    }
    return task;
}

/* Runs and frees the task. */
static int run(struct dm_task *task, const char *what, const char *name, struct err *e)
{
    int ok = task != NULL && dm_task_run(task);
    int result = ok ? 0 : failed(e, what, name);
    if (task != NULL)
        dm_task_destroy(task);
    return result;
}

int mapper_open_events(struct err *e)
{
    int fd = open(CONTROL, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set(e, CONTROL ": %m");
    return fd;
}

int mapper_arm(int fd, struct err *e)
{
    struct dm_ioctl arm = {.version = {4, 37, 0}, .data_size = sizeof arm};
    return ioctl(fd, DM_DEV_ARM_POLL, &arm) == 0 ? 0 : err_set(e, CONTROL ": %m");
}

static int read_uuid(const char *name, char uuid[MAP_UUID_SIZE])
{
    struct dm_task *task = task_for(DM_DEVICE_INFO, name);
    struct dm_info info = {.exists = 0};
    int ok = task != NULL && dm_task_run(task) && dm_task_get_info(task, &info) && info.exists;
    if (ok)
        snprintf(uuid, MAP_UUID_SIZE, "%s", dm_task_get_uuid(task));
    if (task != NULL)
        dm_task_destroy(task);
    return ok ? 0 : -1;
}

int mapper_for_each(void (*see)(const struct map *map, void *data), void *data, struct err *e)
{
    struct dm_task *task = task_for(DM_DEVICE_LIST, NULL);
    if (task == NULL || !dm_task_run(task)) {
        if (task != NULL)
            dm_task_destroy(task);
        return failed(e, "list", "device-mapper");
    }
    const struct dm_names *entry = dm_task_get_names(task);
    while (entry != NULL && entry->dev != 0) {
        struct map map = {.exists = true};
        snprintf(map.name, sizeof map.name, "%s", entry->name);
        if (read_uuid(map.name, map.uuid) == 0) /* else it has just gone */
            see(&map, data);
        /* The list is one block of memory; each entry says where the next begins. */
        entry = entry->next != 0
                    ? (const struct dm_names *)(const void *)((const char *)entry + entry->next)
                    : NULL;
    }
    dm_task_destroy(task);
    return 0;
}

static void node_of(char path[PATH_MAX], const char *name)
{
    snprintf(path, PATH_MAX, "%s/%s", dm_dir(), name);
}

/* Whoever made the map may not have lived to name it. */
static bool is_named(const char *name, const struct dm_info *info)
{
    char path[PATH_MAX];
    struct stat st;
    node_of(path, name);
    return stat(path, &st) == 0 && S_ISBLK(st.st_mode) &&
           st.st_rdev == makedev(info->major, info->minor);
}

/* Runs TABLE or STATUS on a map; its only multipath target's text goes to text. */
static int read_target(int type, const char *name, struct map *map, char *text, size_t size)
{
    struct dm_task *task = task_for(type, name);
    struct dm_info info = {.exists = 0};
    uint64_t start = 0, length = 0;
    char *kind = NULL, *parameters = NULL;
    if (task == NULL)
        return -1;
    dm_task_no_flush(task); /* else a status waits for the map's I/O */
    dm_task_no_open_count(task);
    bool ok = dm_task_run(task) && dm_task_get_info(task, &info) && info.exists;
    void *more = ok ? dm_get_next_target(task, NULL, &start, &length, &kind, &parameters) : NULL;
    if (ok && kind != NULL)
        map->sectors = start + length;
    ok = ok && more == NULL && kind != NULL && strcmp(kind, "multipath") == 0 &&
         strlen(parameters) < size;
    if (ok)
        snprintf(text, size, "%s", parameters);
    dm_task_destroy(task);
    return ok ? 0 : -1;
}

int mapper_look(const char *name, struct map *map, struct err *e)
{
    char text[2 * TABLE_TEXT_SIZE];
    struct dm_info info = {.exists = 0};
    *map = (struct map){.exists = false};
    struct dm_task *task = task_for(DM_DEVICE_INFO, name);
    if (task == NULL || !dm_task_run(task) || !dm_task_get_info(task, &info)) {
        if (task != NULL)
            dm_task_destroy(task);
        return failed(e, "look", name);
    }
    snprintf(map->name, sizeof map->name, "%s", name);
    if (info.exists) {
        const char *uuid = dm_task_get_uuid(task);
        snprintf(map->uuid, sizeof map->uuid, "%s", uuid != NULL ? uuid : "");
    }
    dm_task_destroy(task);
    map->exists = info.exists != 0;
    map->minor = info.minor;
    map->named = map->exists && is_named(name, &info);
    map->suspended = info.suspended != 0;
    map->loaded = info.inactive_table != 0;
    map->opened = info.open_count > 0 ? (uint32_t)info.open_count : 0;
    map->readable = map->exists &&
                    read_target(DM_DEVICE_TABLE, name, map, text, sizeof text) == 0 &&
                    table_parse(&map->table, text) == 0 &&
                    read_target(DM_DEVICE_STATUS, name, map, text, sizeof text) == 0 &&
                    table_parse_status(&map->table, text) == 0;
    return 0;
}

static int load(int type, const char *name, const char *uuid, uint64_t sectors,
                const char *parameters, struct err *e)
{
    struct dm_task *task = task_for(type, name);
    if (task != NULL && (!dm_task_add_target(task, 0, sectors, "multipath", parameters) ||
                         (uuid != NULL && !dm_task_set_uuid(task, uuid)))) {
        dm_task_destroy(task);
        return failed(e, "table", name);
    }
    return run(task, uuid != NULL ? "create" : "load", name, e);
}

/* CREATE with a table creates, loads and resumes, and takes all back if one of them fails. The name
 * comes last. */
int mapper_create(const char *name, const char *uuid, uint64_t sectors, const char *parameters,
                  struct err *e)
{
    int result = load(DM_DEVICE_CREATE, name, uuid, sectors, parameters, e);
    dm_task_update_nodes();
    return result;
}

int mapper_name(const char *name, struct err *e)
{
    struct dm_task *task = task_for(DM_DEVICE_MKNODES, name);
    struct dm_info info = {.exists = 0};
    bool ok = task != NULL && dm_task_run(task) && dm_task_get_info(task, &info);
    if (task != NULL)
        dm_task_destroy(task);
    dm_task_update_nodes();
    return ok && is_named(name, &info) ? 0 : failed(e, "name in /dev/mapper", name);
}

int mapper_clear(const char *name, struct err *e)
{
    return run(task_for(DM_DEVICE_CLEAR, name), "clear", name, e);
}

/* Puts a loaded table in place, in one ioctl: the kernel suspends, swaps and resumes, so a worker
 * that is killed leaves the one or the other. Without flush: with one, I/O that waits for a path
 * would be failed. */
int mapper_resume(const char *name, struct err *e)
{
    struct dm_task *task = task_for(DM_DEVICE_RESUME, name);
    if (task != NULL && (!dm_task_no_flush(task) || !dm_task_skip_lockfs(task))) {
        dm_task_destroy(task);
        return failed(e, "resume", name);
    }
    return run(task, "resume", name, e);
}

int mapper_reload(const char *name, uint64_t sectors, const char *parameters, struct err *e)
{
    return load(DM_DEVICE_RELOAD, name, NULL, sectors, parameters, e) == 0 ? mapper_resume(name, e)
                                                                           : -1;
}

int mapper_message(const char *name, const char *message, struct err *e)
{
    struct dm_task *task = task_for(DM_DEVICE_TARGET_MSG, name);
    if (task != NULL && (!dm_task_set_sector(task, 0) || !dm_task_set_message(task, message))) {
        dm_task_destroy(task);
        return failed(e, message, name);
    }
    return run(task, message, name, e);
}

/* The name goes first: left behind by a worker that is killed, it would lead to whatever map gets
 * the number next. */
int mapper_remove(const char *name, struct err *e)
{
    char path[PATH_MAX];
    node_of(path, name);
    if (unlink(path) != 0 && errno != ENOENT)
        return err_set(e, "%s: %m", path);
    return run(task_for(DM_DEVICE_REMOVE, name), "remove", name, e);
}
