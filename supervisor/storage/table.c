#include "storage/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    char *text;
    size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void add(struct writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (w->used < w->size)
        w->used += (size_t)vsnprintf(w->text + w->used, w->size - w->used, format, args);
    va_end(args);
}

static uint32_t paths_of(const struct table *table, uint32_t group)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < table->paths; i++)
        n += table->path[i].group == group;
    return n;
}

/* Every path has one argument, the number of I/Os before the selector is asked again: 1. */
static void add_group(struct writer *w, const struct table *table, uint32_t group)
{
    add(w, " %s 0 %u 1", table->selector, paths_of(table, group));
    for (uint32_t i = 0; i < table->paths; i++)
        if (table->path[i].group == group)
            add(w, " %u:%u 1", table->path[i].major, table->path[i].minor);
}

int table_format(const struct table *table, char *text, size_t size)
{
    struct writer w = {.text = text, .size = size};
    add(&w, "%s", table->queueing ? "1 queue_if_no_path" : "0");
    if (table->handler[0] != '\0' && table->groups > 0)
        add(&w, " 1 %s", table->handler);
    else
        add(&w, " 0");
    add(&w, " %u %u", table->groups, table->groups > 0 ? table->initial + 1 : 0);
    for (uint32_t g = 0; g < table->groups; g++)
        add_group(&w, table, g);
    return w.used < size ? 0 : -1;
}

/* --- reading: blank-separated words, counted lists --- */

struct reader {
    const char *at;
    bool failed;
};

static size_t next_word(struct reader *r, const char **word)
{
    r->at += strspn(r->at, " ");
    *word = r->at;
    size_t length = strcspn(r->at, " ");
    r->at += length;
    r->failed = r->failed || length == 0;
    return length;
}

static void read_text(struct reader *r, char *text, size_t size)
{
    const char *word;
    size_t length = next_word(r, &word);
    r->failed = r->failed || length >= size;
    snprintf(text, size, "%.*s", (int)(length < size ? length : 0), word);
}

static uint32_t read_number(struct reader *r)
{
    const char *word;
    size_t length = next_word(r, &word);
    r->failed = r->failed || length > 9 || strspn(word, "0123456789") < length;
    return r->failed ? 0 : (uint32_t)strtoul(word, NULL, 10);
}

static void skip(struct reader *r, uint32_t words)
{
    const char *word;
    while (words-- > 0 && !r->failed)
        next_word(r, &word);
}

/* "8:16" */
static void read_device(struct reader *r, struct table_path *path)
{
    char text[24], *end = NULL;
    read_text(r, text, sizeof text);
    path->major = (uint32_t)strtoul(text, &end, 10);
    r->failed = r->failed || end == text || *end != ':';
    if (r->failed)
        return;
    const char *minor = end + 1;
    path->minor = (uint32_t)strtoul(minor, &end, 10);
    r->failed = end == minor || *end != '\0';
}

static void read_features(struct reader *r, struct table *table)
{
    uint32_t words = read_number(r);
    for (uint32_t i = 0; i < words && !r->failed; i++) {
        const char *word;
        size_t length = next_word(r, &word);
        table->queueing =
            table->queueing || (length == 16 && strncmp(word, "queue_if_no_path", length) == 0);
    }
}

static void read_handler(struct reader *r, struct table *table)
{
    uint32_t words = read_number(r);
    if (words == 0)
        return;
    read_text(r, table->handler, sizeof table->handler);
    skip(r, words - 1);
}

static void read_group(struct reader *r, struct table *table, uint32_t group)
{
    char selector[SELECTOR_SIZE];
    read_text(r, selector, sizeof selector);
    if (group == 0)
        snprintf(table->selector, sizeof table->selector, "%s", selector);
    else if (strcmp(table->selector, selector) != 0)
        table->selector[0] = '\0';
    skip(r, read_number(r));
    uint32_t paths = read_number(r), arguments = read_number(r);
    r->failed = r->failed || paths > MAP_PATHS_MAX - table->paths;
    for (uint32_t i = 0; i < paths && !r->failed; i++) {
        struct table_path *path = &table->path[table->paths++];
        *path = (struct table_path){.group = group};
        read_device(r, path);
        skip(r, arguments);
    }
}

int table_parse(struct table *table, const char *parameters)
{
    struct reader r = {.at = parameters};
    *table = (struct table){.groups = 0};
    read_features(&r, table);
    read_handler(&r, table);
    table->groups = read_number(&r);
    uint32_t initial = read_number(&r);
    table->initial = initial > 0 ? initial - 1 : 0;
    r.failed = r.failed || table->groups > MAP_PATHS_MAX;
    for (uint32_t g = 0; g < table->groups && !r.failed; g++)
        read_group(&r, table, g);
    return r.failed ? -1 : 0;
}

static void read_group_status(struct reader *r, struct table *table, uint32_t group, uint32_t *path)
{
    char state[2];
    read_text(r, state, sizeof state);
    table->group_state[group] = state[0];
    skip(r, read_number(r));
    uint32_t paths = read_number(r), values = read_number(r);
    for (uint32_t i = 0; i < paths && !r->failed; i++) {
        struct table_path seen = {.group = group};
        read_device(r, &seen);
        read_text(r, state, sizeof state);
        seen.failed = state[0] == 'F';
        seen.failures = read_number(r);
        skip(r, values);
        struct table_path *known = &table->path[*path];
        r->failed = r->failed || *path == table->paths || known->group != group ||
                    known->major != seen.major || known->minor != seen.minor;
        if (r->failed)
            return;
        *known = seen;
        (*path)++;
    }
}

int table_parse_status(struct table *table, const char *status)
{
    struct reader r = {.at = status};
    uint32_t path = 0;
    skip(&r, read_number(&r)); /* queue_io, pg_init_count */
    skip(&r, read_number(&r)); /* of the handler */
    r.failed = r.failed || read_number(&r) != table->groups;
    table->initial = read_number(&r);
    if (table->initial > 0)
        table->initial--;
    for (uint32_t g = 0; g < table->groups && !r.failed; g++)
        read_group_status(&r, table, g, &path);
    return r.failed || path != table->paths ? -1 : 0;
}

bool table_same(const struct table *a, const struct table *b)
{
    if (a->paths != b->paths || a->groups != b->groups)
        return false;
    if (a->groups > 0 &&
        (strcmp(a->handler, b->handler) != 0 || strcmp(a->selector, b->selector) != 0))
        return false;
    for (uint32_t i = 0; i < a->paths; i++)
        if (a->path[i].major != b->path[i].major || a->path[i].minor != b->path[i].minor ||
            a->path[i].group != b->path[i].group)
            return false;
    return true;
}

const struct table_path *table_find(const struct table *table, uint32_t major, uint32_t minor)
{
    for (uint32_t i = 0; i < table->paths; i++)
        if (table->path[i].major == major && table->path[i].minor == minor)
            return &table->path[i];
    return NULL;
}
