#include "control/reply.h"

#include <stdio.h>

yajl_val reply_get(yajl_val object, const char *key, yajl_type type)
{
    const char *path[] = {key, NULL};
    return yajl_tree_get(object, path, type);
}

const char *reply_text(yajl_val object, const char *key)
{
    const char *value = YAJL_GET_STRING(reply_get(object, key, yajl_t_string));
    return value != NULL ? value : "";
}

long long reply_number(yajl_val object, const char *key)
{
    yajl_val value = reply_get(object, key, yajl_t_number);
    return YAJL_IS_INTEGER(value) ? YAJL_GET_INTEGER(value) : 0;
}

bool reply_yes(yajl_val object, const char *key)
{
    return YAJL_IS_TRUE(reply_get(object, key, yajl_t_any));
}

size_t reply_list(yajl_val object, const char *key, yajl_val **item)
{
    yajl_val value = reply_get(object, key, yajl_t_array);
    *item = value != NULL ? value->u.array.values : NULL;
    return value != NULL ? value->u.array.len : 0;
}

void reply_duration(long long ms, char *out, size_t size)
{
    long long s = ms / 1000;
    if (s >= 86400)
        snprintf(out, size, "%lldd %02lld:%02lld:%02lld", s / 86400, s / 3600 % 24, s / 60 % 60,
                 s % 60);
    else
        snprintf(out, size, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
}
