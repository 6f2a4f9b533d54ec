/* The one parser for key=value words: kernel command line, site.conf, scenario files.
 * Pure: works in place on a buffer that the caller owns, allocates nothing, never fails. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct kv {
    char *key;
    char *value; /* NULL where the word has no '=' */
};

/* Takes the next blank-separated word from *cursor and splits it at its first '='. Double quotes
 * protect blanks and are removed, as in the kernel's next_arg() (lib/cmdline.c). False at the end.
 */
bool kv_next(char **cursor, struct kv *out);

/* The word's value, which is not NULL, as a number of at most this; 0 if it is none. */
static inline uint64_t kv_number(const struct kv *word, uint64_t most)
{
    char *end;
    unsigned long long value = strtoull(word->value, &end, 10);
    return end == word->value || *end != '\0' || word->value[0] == '-' || value > most ? 0 : value;
}

/* Whether two keys are the same; '-' and '_' are, as in the kernel and systemd. */
bool kv_same_key(const char *a, const char *b);

/* Splits s at sep into at most max parts. A separator between [ and ] does not count, so that IPv6
 * addresses can stand between colons. Returns the number of parts, or -1 if there are more. An
 * empty string is one empty part. */
int kv_split(char *s, char sep, char **part, int max);
