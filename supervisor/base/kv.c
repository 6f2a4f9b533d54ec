#include "base/kv.h"

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool kv_next(char **cursor, struct kv *out)
{
    char *in = *cursor;
    while (blank(*in))
        in++;
    if (*in == '\0')
        return false;

    char *to = in;
    bool quoted = false;
    *out = (struct kv){.key = in, .value = NULL};
    for (; *in != '\0' && (quoted || !blank(*in)); in++) {
        if (*in == '"') {
            quoted = !quoted;
        } else if (*in == '=' && out->value == NULL) {
            *to++ = '\0';
            out->value = to;
        } else {
            *to++ = *in;
        }
    }
    *cursor = *in == '\0' ? in : in + 1;
    *to = '\0'; /* last: it may overwrite the blank at *in, or close the gap that quotes left */
    return true;
}

bool kv_same_key(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        char x = *a == '-' ? '_' : *a;
        char y = *b == '-' ? '_' : *b;
        if (x != y)
            return false;
    }
    return *a == *b;
}

int kv_split(char *s, char sep, char **part, int max)
{
    int n = 0;
    int depth = 0;
    char *start = s;
    for (;; s++) {
        if (*s == '[')
            depth++;
        else if (*s == ']' && depth > 0)
            depth--;
        bool end = *s == '\0';
        if (!end && (*s != sep || depth > 0))
            continue;
        if (n == max)
            return -1;
        part[n++] = start;
        *s = '\0';
        if (end)
            return n;
        start = s + 1;
    }
}
