/* Paths are asked by checkers: processes that each ask one path at a time. One that gets no answer
 * in time is killed; while the kernel holds on to it, its path is not asked again, and others take
 * over its work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "storage/check.h"
#include "storage/storage.h"
#include "storage/sysfs.h"

/* So many may stay without work. */
#define IDLE_MAX 4
/* What came to attention or was busy is asked again after this. */
#define SOON_MS 1000
/* For a checker to come up: its path is not to blame for a busy node, and its time begins after
 * that. */
#define START_MS 60000
/* All checkers are at work. */
#define CROWDED_MS 100
/* So many answers are awaited from paths that may yet answer promptly; more processes are started
 * only for those that do not. */
#define PROMPT_MAX 8
#define PROMPT_MS  250
/* A deadline that is noticed so late says nothing about the path: this process stood still, and
 * perhaps the whole node. The path gets its time once more; but once only, or on a node that is
 * always late a dead one would never be failed. */
#define LATE_MS 250
/* A healthy path's interval doubles up to so many times the configured one, as multipathd's does.
 */
#define INTERVAL_FACTOR_MAX 4

struct checker {
    struct storage *storage;
    struct child *child;
    struct watched *path; /* NULL: idle */
    uint32_t major, minor;
    uint64_t began_ms;
    struct timer deadline;
    uint64_t due_ms; /* when it is over */
    bool ready;      /* it has come up */
    bool excused;    /* it was noticed late, and began again */
    bool given_up;
};

static uint32_t base_interval(const struct storage *s, const struct watched *w)
{
    return s->config.map[w->lun].value[MULTIPATH_INTERVAL] * 1000;
}

/* A check has the time that any command to the path has. */
static uint32_t patience(const struct storage *s, const struct watched *w)
{
    return s->config.map[w->lun].value[MULTIPATH_TIMEOUT] * 1000;
}

void storage_check_within(struct watched *w, uint32_t delay_ms)
{
    uint64_t at = clock_ms() + delay_ms;
    if (at < w->check_at_ms)
        w->check_at_ms = at;
}

/* The place may be another path's by now, or nobody's. */
static struct watched *still_there(const struct checker *c)
{
    struct watched *w = c->path;
    bool same = w != NULL && w->used && w->path.major == c->major && w->path.minor == c->minor;
    return same ? w : NULL;
}

static void tell_verdict(const struct storage *s, const struct watched *w, enum verdict before)
{
    if (w->path.verdict == before)
        return;
    bool good = w->path.verdict == VERDICT_UP;
    if (good && before == VERDICT_NONE)
        return; /* as expected */
    log_line(good ? LOG_NOTICE : LOG_WARNING, "multipath %s: path %s: %s%s%s",
             s->config.map[w->lun].alias, w->path.name, verdict_name(w->path.verdict),
             w->text[0] != '\0' ? ": " : "", w->text);
}

/* Whether the kernel's word on the LUN's size may be old: the path could not tell of a change, or
 * nobody was there to hear. A rescan that meets a dead path leaves it with none. */
static bool may_have_another_size(const struct storage *s, const struct watched *w,
                                  enum verdict before)
{
    if (w->path.verdict != VERDICT_UP)
        return false;
    bool first = before == VERDICT_NONE, again = !first && before != VERDICT_UP;
    return again || (first && s->lun[w->lun].inherited) || w->path.sectors == 0;
}

/* Notes what a check has found, and when the next is due. */
static void take_verdict(struct storage *s, struct watched *w, enum verdict verdict,
                         const char *text, uint64_t began_ms)
{
    enum verdict before = w->path.verdict;
    uint32_t base = base_interval(s, w);
    snprintf(w->text, sizeof w->text, "%s", text);
    if (verdict == VERDICT_NONE) {
        w->check_at_ms = clock_ms() + SOON_MS;
        return;
    }
    w->path.verdict = verdict;
    w->path.checked_ms = began_ms;
    bool calm = verdict == VERDICT_UP && before == VERDICT_UP && w->path.failed_ms == 0;
    uint32_t longest = base * INTERVAL_FACTOR_MAX;
    w->interval_ms = calm ? (w->interval_ms * 2 < longest ? w->interval_ms * 2 : longest) : base;
    /* Up to a quarter earlier, by its place: what came together is not checked together for ever.
     */
    uint32_t place = (uint32_t)(w - s->watched);
    w->check_at_ms = clock_ms() + w->interval_ms - (uint64_t)(w->interval_ms / 64) * (place % 16);
    tell_verdict(s, w, before);
    bool changed = storage_see_path(s, w->path.name);
    if (!w->used)
        storage_settle(s);
    else if (verdict == VERDICT_FOREIGN && before != VERDICT_FOREIGN)
        storage_want_rescan(s, &s->lun[w->lun].rescan); /* for the kernel to see it too */
    else if (may_have_another_size(s, w, before))
        storage_want_rescan(s, &s->lun[w->lun].rescan);
    if (changed || verdict != before || w->path.failed_ms != 0)
        storage_settle(s);
}

static bool wait_for_answer(struct checker *c, uint32_t patience_ms)
{
    c->due_ms = clock_ms() + patience_ms;
    return timer_set(&c->deadline, patience_ms);
}

static void on_answer(void *owner, const void *data, size_t size)
{
    struct checker *c = owner;
    const struct check_reply *reply = data;
    struct storage *s = c->storage;
    if (!check_reply_ok(data, size) || c->path == NULL) {
        log_err("multipath: a checker sent a broken message of %zu bytes; it is replaced", size);
        child_kill(c->child);
        return;
    }
    if (c->given_up)
        return; /* too late */
    timer_clear(&c->deadline);
    struct watched *w = still_there(c);
    if (!c->ready) { /* this is its first word; the path is being asked now */
        c->ready = true;
        if (!wait_for_answer(c, w != NULL ? patience(s, w) : START_MS))
            child_kill(c->child);
        return;
    }
    c->path->checker = NULL;
    c->path = NULL;
    if (w != NULL)
        take_verdict(s, w, (enum verdict)reply->verdict, reply->text, c->began_ms);
    uint32_t idle = 0;
    for (uint32_t i = 0; i < CHECKERS_MAX; i++)
        idle += s->checker[i] != NULL && s->checker[i]->path == NULL;
    if (idle > IDLE_MAX) {
        c->given_up = true;
        child_kill(c->child);
    }
    timer_set(&s->check, 0);
}

static void on_ended(void *owner, int status, bool timed_out)
{
    struct checker *c = owner;
    struct storage *s = c->storage;
    struct watched *w = still_there(c);
    char why[64];
    timer_clear(&c->deadline);
    if (w != NULL && !c->given_up) {
        child_describe_end(status, timed_out, why, sizeof why);
        log_err("multipath: the checker of %s %s", w->path.name, why);
        w->check_at_ms = clock_ms() + SOON_MS;
    }
    if (c->path != NULL)
        c->path->checker = NULL;
    for (uint32_t i = 0; i < CHECKERS_MAX; i++)
        if (s->checker[i] == c)
            s->checker[i] = NULL;
    free(c);
    timer_set(&s->check, 0);
}

static void on_deadline(void *data)
{
    struct checker *c = data;
    struct watched *w = still_there(c);
    char text[64];
    if (!c->ready) {
        child_kill(c->child); /* it then ends without a word, and the path is asked again */
        return;
    }
    bool late = clock_ms() > c->due_ms + LATE_MS && !c->excused;
    c->excused = true;
    if (late && w != NULL && wait_for_answer(c, patience(c->storage, w)))
        return;
    c->given_up = true;
    child_kill(c->child);
    if (w == NULL)
        return;
    snprintf(text, sizeof text, "no answer within %u s", patience(c->storage, w) / 1000);
    take_verdict(c->storage, w, VERDICT_DOWN, text, c->began_ms);
}

static struct checker *start_checker(struct storage *s, struct checker **place)
{
    static const struct child_events events = {.message = on_answer, .ended = on_ended};
    struct err e = {.text = "out of memory"};
    struct checker *c = calloc(1, sizeof *c);
    if (c != NULL) {
        *c = (struct checker){.storage = s};
        c->deadline = (struct timer){.loop = s->loop, .fire = on_deadline, .data = c};
        c->child = child_start(
            s->loop, &(struct child_spec){.role = "checker", .events = &events, .owner = c}, &e);
    }
    if (c == NULL || c->child == NULL) {
        log_err("multipath: no checker: %s", e.text);
        free(c);
        return NULL;
    }
    *place = c;
    return c;
}

/* One without work, or a new one; NULL when there are enough. */
static struct checker *idle_checker(struct storage *s)
{
    struct checker **place = NULL;
    uint32_t prompt = 0;
    for (uint32_t i = 0; i < CHECKERS_MAX; i++) {
        struct checker *c = s->checker[i];
        prompt += c != NULL && c->path != NULL && clock_ms() - c->began_ms < PROMPT_MS;
        if (c != NULL && c->path == NULL && !c->given_up)
            return c;
        if (c == NULL && place == NULL)
            place = &s->checker[i];
    }
    return place != NULL && prompt < PROMPT_MAX ? start_checker(s, place) : NULL;
}

/* Sends a path to a checker; false when there is none. */
static bool ask(struct storage *s, struct watched *w)
{
    struct checker *c = idle_checker(s);
    if (c == NULL)
        return false;
    const struct site_multipath *want = &s->config.map[w->lun];
    struct check_request r = {.major = w->path.major,
                              .minor = w->path.minor,
                              .checker = want->value[MULTIPATH_CHECKER],
                              .scsi = w->path.hctl[0] != '\0',
                              /* no longer than others': the kernel recovers a host only when
                                 all its commands have ended */
                              .timeout_ms = patience(s, w)};
    memcpy(r.name, w->path.name, sizeof r.name);
    memcpy(r.wwid, want->wwid, sizeof r.wwid);
    c->path = w;
    c->major = w->path.major;
    c->minor = w->path.minor;
    c->began_ms = clock_ms();
    c->excused = false;
    w->checker = c;
    struct err e;
    if (child_send(c->child, &r, sizeof r, &e) != 0 ||
        !wait_for_answer(c, c->ready ? patience(s, w) : START_MS))
        child_kill(c->child);
    return true;
}

void storage_check(void *storage)
{
    struct storage *s = storage;
    uint64_t now = clock_ms(), next = UINT64_MAX;
    bool crowded = false;
    for (uint32_t i = 0, first = s->check_first; i < PATHS_MAX; i++) {
        uint32_t place = (first + i) % PATHS_MAX;
        struct watched *w = &s->watched[place];
        if (!w->used || w->checker != NULL || s->lun[w->lun].memory.removed)
            continue;
        if (w->check_at_ms <= now && !crowded) {
            crowded = !ask(s, w);
            s->check_first = place; /* those that do not answer take turns with the others */
        }
        if (w->checker == NULL && w->check_at_ms < next)
            next = w->check_at_ms;
    }
    if (next == UINT64_MAX)
        return;
    uint64_t delay = next > now ? next - now : 0;
    timer_set(&s->check, crowded && delay < CROWDED_MS ? CROWDED_MS : delay);
}
