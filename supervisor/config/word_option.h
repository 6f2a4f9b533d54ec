/* The options behind a word's last colon, NAME=VALUE,…: each is a name out of a few, or a number.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/place.h"

struct site;

/* What word_option.never stands for. */
#define OPTION_NEVER UINT32_MAX

struct word_option {
    const char *name;
    uint32_t initial;
    uint32_t min, max;        /* for numbers */
    const char *zero, *never; /* for numbers: what 0 and OPTION_NEVER are called */
    const char *const *names; /* of the values 0, 1 …, closed with NULL; NULL: a number */
};

/* Reads a value: 0, or -1. */
int word_option_parse(const struct word_option *option, const char *text, uint32_t *value);
void word_option_format(const struct word_option *option, uint32_t value, char *text, size_t size);
/* Whether the value is one that word_option_parse() gives. */
bool word_option_ok(const struct word_option *option, uint32_t value);

/* Reads NAME=VALUE,… (cut up in place) into value[], which holds the initial ones. False, with an
 * error for the site, if one is not understood. */
bool word_options_take(struct site *site, struct place place, const char *token,
                       const struct word_option *option, uint32_t options, uint32_t *value,
                       char *text);

/* ":NAME=VALUE,…" of those that are not as they are initially; empty without any. */
void word_options_format(const struct word_option *option, uint32_t options, const uint32_t *value,
                         char *text, size_t size);
