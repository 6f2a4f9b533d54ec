#include "guest/last_words.h"

#include <string.h>

#include "base/log.h"

/* In place: C strings line by line, as the guest is not to be trusted with more. */
static void make_plain(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\r' || text[i] == '\n' || text[i] == '\0')
            text[i] = '\0';
        else if (text[i] == '\t')
            text[i] = ' ';
        else if (text[i] < ' ' || text[i] > '~')
            text[i] = '.';
}

void last_words_log(const char *name, char *text, size_t size)
{
    make_plain(text, size);
    for (size_t at = 0, length; at < size; at += length + 1) {
        length = strnlen(text + at, size - at);
        if (length > 0)
            log_info("guest %s: console: %.*s", name, (int)length, text + at);
    }
}
