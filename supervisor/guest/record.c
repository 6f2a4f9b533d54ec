#include "guest/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kv.h"
#include "base/run_dir.h"
#include "config/guest.h"

#define FOLDER "guests"

const struct record record_empty = {.domid = -1, .ended_domid = -1};

void record_format(const struct record *r, char text[RECORD_TEXT_SIZE])
{
    snprintf(text, RECORD_TEXT_SIZE,
             "domid=%" PRId32 " ended_domid=%" PRId32
             " hold=%d building=%d restarting=%d failures=%" PRIu32 " starts=%" PRIu32
             " last_end=%d ends=%" PRIu32 " started_ms=%" PRIu64 " ended_ms=%" PRIu64
             " start_at_ms=%" PRIu64 " stop_by_ms=%" PRIu64 " built=%" PRIu64 " disks=%" PRIu64
             "\n",
             r->domid, r->ended_domid, (int)r->hold, r->building ? 1 : 0, r->restarting ? 1 : 0,
             r->restart.failures, r->starts, (int)r->last_end, r->ends, r->started_ms, r->ended_ms,
             r->start_at_ms, r->stop_by_ms, r->built, r->disks);
}

/* The value if it is a number from least to most, else fallback. */
static int64_t number(const struct kv *word, int64_t least, int64_t most, int64_t fallback)
{
    char *end;
    long long value = strtoll(word->value, &end, 10);
    return end == word->value || *end != '\0' || value < least || value > most ? fallback : value;
}

static void take(struct record *r, const struct kv *word)
{
    if (strcmp(word->key, "domid") == 0)
        r->domid = (int32_t)number(word, -1, INT32_MAX, -1);
    else if (strcmp(word->key, "ended_domid") == 0)
        r->ended_domid = (int32_t)number(word, -1, INT32_MAX, -1);
    else if (strcmp(word->key, "hold") == 0)
        r->hold = (enum hold)number(word, 0, HOLD_COUNT - 1, HOLD_NONE);
    else if (strcmp(word->key, "building") == 0)
        r->building = number(word, 0, 1, 0) != 0;
    else if (strcmp(word->key, "restarting") == 0)
        r->restarting = number(word, 0, 1, 0) != 0;
    else if (strcmp(word->key, "failures") == 0)
        r->restart.failures = (uint32_t)number(word, 0, UINT32_MAX - 1, 0);
    else if (strcmp(word->key, "starts") == 0)
        r->starts = (uint32_t)number(word, 0, UINT32_MAX, 0);
    else if (strcmp(word->key, "last_end") == 0)
        r->last_end = (enum guest_end)number(word, 0, GUEST_END_COUNT - 1, 0);
    else if (strcmp(word->key, "ends") == 0)
        r->ends = (uint32_t)number(word, 0, UINT32_MAX, 0);
    else if (strcmp(word->key, "started_ms") == 0)
        r->started_ms = (uint64_t)number(word, 0, INT64_MAX, 0);
    else if (strcmp(word->key, "ended_ms") == 0)
        r->ended_ms = (uint64_t)number(word, 0, INT64_MAX, 0);
    else if (strcmp(word->key, "start_at_ms") == 0)
        r->start_at_ms = (uint64_t)number(word, 0, INT64_MAX, 0);
    else if (strcmp(word->key, "stop_by_ms") == 0)
        r->stop_by_ms = (uint64_t)number(word, 0, INT64_MAX, 0);
    else if (strcmp(word->key, "built") == 0)
        r->built = (uint64_t)number(word, 0, INT64_MAX, 0);
    else if (strcmp(word->key, "disks") == 0)
        r->disks = (uint64_t)number(word, 0, INT64_MAX, 0);
}

void record_parse(struct record *r, char *text)
{
    *r = record_empty;
    struct kv word;
    while (kv_next(&text, &word))
        if (word.value != NULL)
            take(r, &word);
}

int record_load(struct record *record, const char *name)
{
    char text[RECORD_TEXT_SIZE];
    *record = record_empty;
    if (run_load(FOLDER, name, text, sizeof text) != 0)
        return -1;
    record_parse(record, text);
    return 0;
}

int record_save(const struct record *record, const char *name, struct err *e)
{
    char text[RECORD_TEXT_SIZE];
    record_format(record, text);
    return run_save(FOLDER, name, text, e);
}

void record_remove(const char *name)
{
    run_forget(FOLDER, name);
}

struct visit {
    void (*found)(const char *name, void *data);
    void *data;
};

static void visit_one(const char *name, void *data)
{
    const struct visit *v = data;
    if (guest_name_ok(name))
        v->found(name, v->data);
}

void record_for_each(void (*found)(const char *name, void *data), void *data)
{
    run_for_each(FOLDER, visit_one, &(struct visit){found, data});
}

const char *hold_name(enum hold hold)
{
    switch (hold) {
    case HOLD_OPERATOR:
        return "operator";
    case HOLD_POWEROFF:
        return "poweroff";
    case HOLD_GAVE_UP:
        return "gave up";
    case HOLD_NONE:
    case HOLD_COUNT:
        break;
    }
    return "";
}
