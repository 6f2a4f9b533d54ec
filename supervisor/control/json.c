#include "control/json.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

static void check(struct json *j, yajl_gen_status status)
{
    if (status != yajl_gen_status_ok)
        j->failed = true;
}

/* Names of files and interfaces may be any bytes, JSON may not. */
static void write_string(struct json *j, const char *text)
{
    yajl_gen_status status = yajl_gen_string(j->gen, (const unsigned char *)text, strlen(text));
    if (status != yajl_gen_invalid_string) {
        check(j, status);
        return;
    }
    char *clean = strdup(text);
    for (char *c = clean; c != NULL && *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    if (clean != NULL)
        check(j, yajl_gen_string(j->gen, (const unsigned char *)clean, strlen(clean)));
    else
        j->failed = true;
    free(clean);
}

static void write_key(struct json *j, const char *key)
{
    if (key != NULL)
        write_string(j, key);
}

int json_begin(struct json *j)
{
    *j = (struct json){.gen = yajl_gen_alloc(NULL)};
    if (j->gen == NULL)
        return -1;
    yajl_gen_config(j->gen, yajl_gen_validate_utf8, 1);
    yajl_gen_config(j->gen, yajl_gen_beautify, 1);
    return 0;
}

void json_open(struct json *j, const char *key)
{
    write_key(j, key);
    check(j, yajl_gen_map_open(j->gen));
}

void json_close(struct json *j)
{
    check(j, yajl_gen_map_close(j->gen));
}

void json_list(struct json *j, const char *key)
{
    write_key(j, key);
    check(j, yajl_gen_array_open(j->gen));
}

void json_list_end(struct json *j)
{
    check(j, yajl_gen_array_close(j->gen));
}

void json_text(struct json *j, const char *key, const char *text)
{
    write_key(j, key);
    write_string(j, text);
}

void json_number(struct json *j, const char *key, int64_t number)
{
    write_key(j, key);
    check(j, yajl_gen_integer(j->gen, number));
}

void json_bool(struct json *j, const char *key, bool value)
{
    write_key(j, key);
    check(j, yajl_gen_bool(j->gen, value));
}

int json_begin_outcome(struct json *j, bool ok, const char *text)
{
    if (json_begin(j) != 0)
        return -1;
    json_open(j, NULL);
    json_bool(j, "ok", ok);
    json_text(j, ok ? "text" : "error", text);
    return 0;
}

char *json_end(struct json *j, size_t *size)
{
    const unsigned char *text = NULL;
    char *copy = NULL;
    check(j, yajl_gen_get_buf(j->gen, &text, size));
    if (!j->failed)
        copy = strndup((const char *)text, *size);
    yajl_gen_free(j->gen);
    return copy;
}
