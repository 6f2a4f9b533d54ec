/* Writing JSON with yajl_gen, one call per member. A failure (out of memory) shows at the end. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yajl_gen_t;

struct json {
    struct yajl_gen_t *gen;
    bool failed;
};

int json_begin(struct json *j);

/* Begins the reply to a request: {"ok":true,"text":...} or {"ok":false,"error":...}; the caller
 * adds what else there is, and closes it. */
int json_begin_outcome(struct json *j, bool ok, const char *text);

/* Members; key is NULL inside a list. What is not UTF-8 in text becomes '?'. */
void json_open(struct json *j, const char *key);
void json_close(struct json *j);
void json_list(struct json *j, const char *key);
void json_list_end(struct json *j);
void json_text(struct json *j, const char *key, const char *text);
void json_number(struct json *j, const char *key, int64_t number);
void json_bool(struct json *j, const char *key, bool value);

/* Frees the writer; returns the document and a newline, to be freed, or NULL. */
char *json_end(struct json *j, size_t *size);
