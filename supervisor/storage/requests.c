/* What relevod asks of the multipath role, for operators and when the node goes down. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "storage/memory.h"
#include "storage/role.h"

/* Switching queueing off is one ioctl for each map; what does not answer by then is left to init.
 */
#define RELEASE_MS 5000

static int send_request(struct multipath *m, const struct multipath_request *request, struct err *e)
{
    if (m->site->multipath.maps == 0)
        return err_set(e, "no multipath= is configured");
    if (m->process.child == NULL)
        return err_set(e, "the multipath process is not running; it is started again soon");
    return child_send(m->process.child, request, sizeof *request, e);
}

int multipath_rescan(struct multipath *m, struct err *said)
{
    if (send_request(m, &(struct multipath_request){.type = MULTIPATH_RESCAN}, said) != 0)
        return -1;
    snprintf(said->text, sizeof said->text, "looking for new LUNs, paths and sizes");
    return 0;
}

/* The LUN's number in the configuration, or -1. */
static int find(const struct multipath *m, const char *alias, struct err *e)
{
    for (uint32_t i = 0; i < m->site->multipath.maps; i++)
        if (strcmp(m->site->multipath.map[i].alias, alias) == 0)
            return (int)i;
    return err_set(e, "LUN %.40s: not configured; expected an alias of multipath=", alias);
}

/* Whoever asked has been told that it is so from now on: also if the role is killed before it reads
 * the request. The next one is started after this, and begins with what is written down. */
static void remember(const struct site_multipath *lun, bool removed, bool delete_paths)
{
    struct plan_memory memory;
    struct err e;
    memory_load(&memory, lun->alias, lun->wwid);
    memory.removed = removed;
    memory.delete_paths = delete_paths;
    if (memory_save(&memory, lun->alias, lun->wwid, &e) != 0)
        log_err("multipath %s: %s; a wish may be lost with its process", lun->alias, e.text);
}

int multipath_remove(struct multipath *m, const char *alias, bool delete_paths, const char *user,
                     struct err *said)
{
    int i = find(m, alias, said);
    if (i < 0)
        return -1;
    const struct multipath_status *now = &m->status[i];
    if (user != NULL)
        return err_set(said, "LUN %s: guest %s runs on it; stop it or detach the disk first", alias,
                       user);
    if (now->exists != 0 && now->opened > 0)
        return err_set(said, "LUN %s: it is in use (opened %u times)", alias, now->opened);
    struct multipath_request request = {
        .type = MULTIPATH_REMOVE, .map = (uint32_t)i, .delete_paths = delete_paths};
    if (send_request(m, &request, said) != 0)
        return -1;
    remember(&m->site->multipath.map[i], true, delete_paths);
    m->status[i].state = MAP_REMOVED; /* no guest is started on it from here on */
    snprintf(m->status[i].text, sizeof m->status[i].text, "being removed");
    err_set(said, "LUN %s: removing%s; it stays away until relevo multipath add %s", alias,
            delete_paths ? ", its devices too" : "", alias);
    log_notice("%s", said->text);
    return 0;
}

int multipath_add(struct multipath *m, const char *alias, struct err *said)
{
    int i = find(m, alias, said);
    struct multipath_request request = {.type = MULTIPATH_ADD, .map = (uint32_t)i};
    if (i < 0 || send_request(m, &request, said) != 0)
        return -1;
    remember(&m->site->multipath.map[i], false, false);
    err_set(said, "LUN %s: looking for it", alias);
    log_notice("%s", said->text);
    return 0;
}

void multipath_leave(struct multipath *m)
{
    struct err e;
    if (m->process.child != NULL &&
        send_request(m, &(struct multipath_request){.type = MULTIPATH_LEAVE}, &e) != 0)
        log_err("multipath: %s", e.text);
}

static bool any_queues(const struct multipath *m)
{
    for (uint32_t i = 0; i < m->site->multipath.maps; i++)
        if (m->status[i].exists != 0 && m->status[i].queueing != 0)
            return true;
    return false;
}

static void end_release(struct multipath *m)
{
    void (*released)(void *data) = m->released;
    timer_clear(&m->patience);
    m->released = NULL;
    released(m->released_data);
}

void multipath_finish_release(struct multipath *m)
{
    if (!any_queues(m))
        end_release(m);
}

void multipath_give_up_release(void *multipath)
{
    struct multipath *m = multipath;
    log_err("multipath: I/O of some LUNs still waits for a path; going on without");
    end_release(m);
}

void multipath_release(struct multipath *m, void (*released)(void *data), void *data)
{
    struct err e;
    m->released = released;
    m->released_data = data;
    if (any_queues(m) &&
        send_request(m, &(struct multipath_request){.type = MULTIPATH_RELEASE}, &e) == 0 &&
        timer_set(&m->patience, RELEASE_MS))
        return;
    end_release(m);
}
