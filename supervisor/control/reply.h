/* Reading members of relevod's replies. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <yajl/yajl_tree.h>

/* NULL where there is none of that type. */
yajl_val reply_get(yajl_val object, const char *key, yajl_type type);
/* Empty, 0, false and no items where there is none. */
const char *reply_text(yajl_val object, const char *key);
long long reply_number(yajl_val object, const char *key);
bool reply_yes(yajl_val object, const char *key);
size_t reply_list(yajl_val object, const char *key, yajl_val **item);

/* 3:05:09, or 2d 03:05:09 */
void reply_duration(long long ms, char *out, size_t size);
