#include "storage/deed.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "storage/mapper.h"
#include "storage/sysfs.h"

static bool closed(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

bool deed_steps_ok(const void *data, size_t size)
{
    const struct deed_steps *d = data;
    if (size != sizeof *d || d->type != DEED_STEPS || d->steps > PLAN_STEPS_MAX ||
        !closed(d->name, sizeof d->name) || !closed(d->uuid, sizeof d->uuid) ||
        !closed(d->parameters, sizeof d->parameters))
        return false;
    for (uint32_t i = 0; i < d->steps; i++)
        if (d->step[i].kind >= STEPS)
            return false;
    return true;
}

bool deed_paths_ok(const void *data, size_t size)
{
    const struct deed_paths *d = data;
    if (size != sizeof *d || (d->type != DEED_RESCAN && d->type != DEED_DELETE) ||
        d->paths > MAP_PATHS_MAX)
        return false;
    for (uint32_t i = 0; i < d->paths; i++)
        if (!closed(d->path[i], sizeof d->path[i]) || !sysfs_may_be_path(d->path[i]))
            return false;
    return true;
}

bool deed_reply_ok(const void *data, size_t size)
{
    const struct deed_reply *r = data;
    return size == sizeof *r && closed(r->error.text, sizeof r->error.text);
}

static int do_step(const struct deed_steps *d, const struct step *step, struct err *e)
{
    char message[64];
    switch ((enum step_kind)step->kind) {
    case STEP_CREATE:
        return mapper_create(d->name, d->uuid, d->sectors, d->parameters, e);
    case STEP_RELOAD:
        return mapper_reload(d->name, d->sectors, d->parameters, e);
    case STEP_NAME:
        return mapper_name(d->name, e);
    case STEP_CLEAR:
        return mapper_clear(d->name, e);
    case STEP_RESUME:
        return mapper_resume(d->name, e);
    case STEP_REMOVE:
        return mapper_remove(d->name, e);
    case STEP_FAIL_PATH:
        snprintf(message, sizeof message, "fail_path %u:%u", step->major, step->minor);
        break;
    case STEP_REINSTATE_PATH:
        snprintf(message, sizeof message, "reinstate_path %u:%u", step->major, step->minor);
        break;
    case STEP_SWITCH_GROUP:
        snprintf(message, sizeof message, "switch_group %u", step->group + 1);
        break;
    case STEP_QUEUE:
        snprintf(message, sizeof message, "queue_if_no_path");
        break;
    case STEP_FAIL_IO:
        snprintf(message, sizeof message, "fail_if_no_path");
        break;
    case STEPS:
        return err_set(e, "no such step");
    }
    return mapper_message(d->name, message, e);
}

int deed_do_steps(const struct deed_steps *deed, struct err *e)
{
    mapper_init();
    for (uint32_t i = 0; i < deed->steps; i++)
        if (do_step(deed, &deed->step[i], e) != 0)
            return -1;
    return 0;
}

static int scan_hosts(struct err *e)
{
    char folder[PATH_MAX - 300], path[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/class/scsi_host", sysfs_root());
    DIR *hosts = opendir(folder);
    if (hosts == NULL)
        return 0; /* a node without SCSI */
    int result = 0;
    const struct dirent *host;
    /* cppcheck-suppress readdirCalled ; no threads */
    while ((host = readdir(hosts)) != NULL) {
        if (host->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/scan", folder, host->d_name);
        if (sysfs_write(path, "- - -", e) != 0)
            result = -1; /* the others all the same */
    }
    closedir(hosts);
    return result;
}

int deed_do_paths(const struct deed_paths *deed, struct err *e)
{
    bool delete = deed->type == DEED_DELETE;
    int result = deed->paths == 0 && !delete ? scan_hosts(e) : 0;
    for (uint32_t i = 0; i < deed->paths; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/block/%s/device/%s", sysfs_root(), deed->path[i],
                 delete ? "delete" : "rescan");
        if (access(path, W_OK) == 0 && sysfs_write(path, "1", e) != 0)
            result = -1;
    }
    return result;
}

int deed_role(void)
{
    static union {
        uint32_t type;
        struct deed_steps steps;
        struct deed_paths paths;
    } deed;
    struct deed_reply reply = {.result = -1, .error = {.text = "a broken message"}};
    ptrdiff_t size = role_receive(&deed, sizeof deed);
    if (size <= 0)
        return size == 0 ? 0 : 1;
    if (deed_steps_ok(&deed, (size_t)size))
        reply.result = deed_do_steps(&deed.steps, &reply.error);
    else if (deed_paths_ok(&deed, (size_t)size))
        reply.result = deed_do_paths(&deed.paths, &reply.error);
    return role_send(&reply, sizeof reply) == 0 ? 0 : 1;
}
