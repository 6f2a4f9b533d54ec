#include "fmt.h"

#include <stdbool.h>
#include <string.h>

struct out {
    char *at;
    char *end; /* of what may be written, the final NUL not counted */
    bool cut;
};

static void put(struct out *o, char c)
{
    if (o->at < o->end)
        *o->at++ = c;
    else
        o->cut = true;
}

static void put_string(struct out *o, const char *s)
{
    for (s = s != NULL ? s : "(null)"; *s != '\0'; s++)
        put(o, *s);
}

static void put_number(struct out *o, unsigned long n, unsigned base, bool minus, int width)
{
    char digits[24];
    int count = 0;
    do
        digits[count++] = "0123456789abcdef"[n % base];
    while ((n /= base) != 0);
    if (minus)
        put(o, '-');
    for (int pad = width - count - minus; pad > 0; pad--)
        put(o, '0');
    while (count > 0)
        put(o, digits[--count]);
}

size_t fmt_v(char *to, size_t size, const char *format, va_list ap)
{
    struct out o = {.at = to, .end = to + size - 1};
    for (const char *f = format; *f != '\0'; f++) {
        if (*f != '%') {
            put(&o, *f);
            continue;
        }
        int width = 0;
        bool wide = false;
        for (f++; (*f >= '0' && *f <= '9') || *f == 'l'; f++) {
            if (*f == 'l')
                wide = true;
            else
                width = width * 10 + (*f - '0');
        }
        if (*f == 's') {
            put_string(&o, va_arg(ap, const char *));
        } else if (*f == 'c') {
            put(&o, (char)va_arg(ap, int));
        } else if (*f == 'd') {
            long n = wide ? va_arg(ap, long) : va_arg(ap, int);
            put_number(&o, n < 0 ? 0UL - (unsigned long)n : (unsigned long)n, 10, n < 0, width);
        } else if (*f == 'u' || *f == 'x') {
            unsigned long n = wide ? va_arg(ap, unsigned long) : va_arg(ap, unsigned);
            put_number(&o, n, *f == 'u' ? 10 : 16, false, width);
        } else if (*f == '\0') {
            break;
        } else {
            put(&o, *f);
        }
    }
    *o.at = '\0';
    if (o.cut)
        memcpy(o.at - 3, "...", 3);
    return (size_t)(o.at - to);
}

size_t fmt(char *to, size_t size, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    size_t n = fmt_v(to, size, format, ap);
    va_end(ap);
    return n;
}
