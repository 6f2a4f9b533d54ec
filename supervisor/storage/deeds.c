/* Starting workers for deeds, and what follows when they have ended. */
#include <stdio.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "storage/storage.h"

/* A table's load or a resume waits for the I/O that is under way on its paths: at most as long as
 * the SCSI layer tries, which is minutes. */
#define DEED_MS 300000
/* A deed that failed is tried again after this, and ever less often. */
#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS   30000
/* So many LUNs are rescanned at once. */
#define RESCANS_MAX 16

static void finish(struct deed *deed, const char *error)
{
    struct storage *s = deed->storage;
    deed->child = NULL;
    *(deed->type == DEED_STEPS ? &s->deeds : &s->rescans) -= 1;
    deed->failed = error != NULL;
    /* A device that does not want to be rescanned will not want it the next time. */
    bool again = deed->type != DEED_RESCAN || !deed->answered;
    if (error != NULL && !again) {
        log_err("multipath %s: %s", deed->what, error);
    } else if (error != NULL) {
        deed->wanted = deed->type == DEED_RESCAN;
        deed->retry_ms = deed->retry_ms == 0 ? RETRY_FIRST_MS : deed->retry_ms * 2;
        if (deed->retry_ms > RETRY_MAX_MS)
            deed->retry_ms = RETRY_MAX_MS;
        deed->not_before_ms = clock_ms() + deed->retry_ms;
        snprintf(deed->error.text, sizeof deed->error.text, "%.400s", error);
        log_err("multipath %s: %s; again in %u s", deed->what, deed->error.text,
                deed->retry_ms / 1000);
    } else {
        deed->retry_ms = 0;
        deed->not_before_ms = 0;
    }
    if (deed->type != DEED_STEPS)
        timer_set(&s->scan, 0);
    else
        storage_settle(s);
}

static void on_message(void *owner, const void *data, size_t size)
{
    struct deed *deed = owner;
    const struct deed_reply *reply = data;
    if (!deed_reply_ok(data, size)) {
        child_kill(deed->child);
        return;
    }
    deed->answered = true;
    deed->failed = reply->result != 0;
    deed->error = reply->error;
}

static void on_ended(void *owner, int status, bool timed_out)
{
    struct deed *deed = owner;
    char why[64], text[512];
    if (deed->answered) {
        snprintf(text, sizeof text, "%s", deed->error.text);
        finish(deed, deed->failed ? text : NULL);
        return;
    }
    child_describe_end(status, timed_out, why, sizeof why);
    snprintf(text, sizeof text, "its worker %s", why);
    finish(deed, text);
}

static void start(struct storage *s, struct deed *deed, enum deed_type type, const char *what,
                  const void *message, size_t size)
{
    static const struct child_events events = {.message = on_message, .ended = on_ended};
    struct err e;
    deed->storage = s;
    deed->type = type;
    deed->answered = false;
    if (what != deed->what)
        snprintf(deed->what, sizeof deed->what, "%s", what);
    *(type == DEED_STEPS ? &s->deeds : &s->rescans) += 1;
    deed->child =
        child_start(s->loop,
                    &(struct child_spec){
                        .role = "deed", .deadline_ms = DEED_MS, .events = &events, .owner = deed},
                    &e);
    if (deed->child == NULL)
        finish(deed, e.text);
    else if (child_send(deed->child, message, size, &e) != 0)
        child_kill(deed->child); /* it then ends without an answer */
}

void storage_start_steps(struct storage *s, struct deed *deed, const char *name, const char *uuid,
                         const struct map_plan *plan)
{
    static struct deed_steps d; /* one loop, one message at a time */
    d = (struct deed_steps){.type = DEED_STEPS, .sectors = plan->sectors, .steps = plan->steps};
    snprintf(d.name, sizeof d.name, "%s", name);
    snprintf(d.uuid, sizeof d.uuid, "%s", uuid);
    memcpy(d.step, plan->step, sizeof d.step);
    if (table_format(&plan->table, d.parameters, sizeof d.parameters) != 0)
        d.parameters[0] = '\0'; /* the kernel refuses it; as many paths as fit a map fit a text */
    start(s, deed, DEED_STEPS, name, &d, sizeof d);
}

static void start_paths(struct storage *s, struct deed *deed, enum deed_type type,
                        struct watched *const *path, uint32_t paths)
{
    struct deed_paths d = {.type = type, .paths = paths};
    for (uint32_t i = 0; i < paths; i++)
        memcpy(d.path[i], path[i]->path.name, sizeof d.path[i]);
    start(s, deed, type, paths > 0 ? s->config.map[path[0]->lun].alias : "scan for new devices", &d,
          sizeof d);
}

void storage_start_delete(struct storage *s, struct deed *deed, struct watched *const *path,
                          uint32_t paths)
{
    if (deed->child == NULL)
        start_paths(s, deed, DEED_DELETE, path, paths);
}

void storage_want_rescan(struct storage *s, struct deed *rescan)
{
    rescan->wanted = true;
    storage_settle(s);
}

void storage_want_sizes(struct storage *s)
{
    for (uint32_t i = 0; i < s->config.maps; i++)
        storage_want_rescan(s, &s->lun[i].rescan);
}

/* When to look again for it by itself, or 0. */
static uint64_t start_rescan(struct storage *s, struct deed *rescan, struct watched *const *path,
                             uint32_t paths, uint64_t now)
{
    if (!rescan->wanted || rescan->child != NULL || s->rescans >= RESCANS_MAX)
        return 0; /* whichever ends makes a pass */
    if (now < rescan->not_before_ms)
        return rescan->not_before_ms;
    rescan->wanted = false;
    start_paths(s, rescan, DEED_RESCAN, path, paths);
    return 0;
}

/* A dead one would be left without a size; it is asked when it answers again. */
static uint32_t alive_paths_of(struct storage *s, int lun, struct watched *path[MAP_PATHS_MAX])
{
    uint32_t paths = storage_paths_of(s, lun, path), alive = 0;
    for (uint32_t i = 0; i < paths; i++)
        if (path[i]->path.verdict != VERDICT_DOWN)
            path[alive++] = path[i];
    return alive;
}

uint64_t storage_start_rescans(struct storage *s, uint64_t now)
{
    uint64_t wake = start_rescan(s, &s->host_scan, NULL, 0, now);
    for (uint32_t i = 0; i < s->config.maps; i++) {
        struct watched *path[MAP_PATHS_MAX];
        uint32_t paths = s->lun[i].rescan.wanted ? alive_paths_of(s, (int)i, path) : 0;
        if (paths > 0)
            wake = clock_earlier(wake, start_rescan(s, &s->lun[i].rescan, path, paths, now));
        else
            s->lun[i].rescan.wanted = false;
    }
    return wake;
}
