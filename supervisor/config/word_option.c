#include "config/word_option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/kv.h"
#include "config/site.h"

#define DIGITS_MAX  9
#define OPTIONS_MAX 32

static int parse_name(const char *const *names, const char *text, uint32_t *value)
{
    for (uint32_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], text) == 0) {
            *value = i;
            return 0;
        }
    return -1;
}

int word_option_parse(const struct word_option *option, const char *text, uint32_t *value)
{
    if (option->names != NULL)
        return parse_name(option->names, text, value);
    if (option->zero != NULL && strcmp(text, option->zero) == 0)
        *value = 0;
    else if (option->never != NULL && strcmp(text, option->never) == 0)
        *value = OPTION_NEVER;
    else if (text[0] == '\0' || strlen(text) > DIGITS_MAX ||
             strspn(text, "0123456789") != strlen(text))
        return -1;
    else {
        *value = (uint32_t)strtoul(text, NULL, 10);
        return *value >= option->min && *value <= option->max ? 0 : -1;
    }
    return 0;
}

void word_option_format(const struct word_option *option, uint32_t value, char *text, size_t size)
{
    if (option->names != NULL)
        snprintf(text, size, "%s", option->names[value]);
    else if (value == 0 && option->zero != NULL)
        snprintf(text, size, "%s", option->zero);
    else if (value == OPTION_NEVER && option->never != NULL)
        snprintf(text, size, "%s", option->never);
    else
        snprintf(text, size, "%u", value);
}

bool word_option_ok(const struct word_option *option, uint32_t value)
{
    if (option->names == NULL)
        return (value >= option->min && value <= option->max) ||
               (value == 0 && option->zero != NULL) ||
               (value == OPTION_NEVER && option->never != NULL);
    for (uint32_t i = 0; option->names[i] != NULL; i++)
        if (i == value)
            return true;
    return false;
}

/* "failover, multibus" or "fail, queue or 1 to 86400": what is allowed. */
static void describe_values(const struct word_option *option, char *text, size_t size)
{
    if (option->names == NULL) {
        snprintf(text, size, "%s%s%s%s%u to %u", option->zero != NULL ? option->zero : "",
                 option->zero != NULL ? ", " : "", option->never != NULL ? option->never : "",
                 option->never != NULL ? " or " : "", option->min, option->max);
        return;
    }
    text[0] = '\0';
    for (uint32_t i = 0; option->names[i] != NULL; i++)
        snprintf(text + strlen(text), size - strlen(text), "%s%s", i > 0 ? ", " : "",
                 option->names[i]);
}

static void describe_names(const struct word_option *option, uint32_t options, char *text,
                           size_t size)
{
    text[0] = '\0';
    for (uint32_t i = 0; i < options; i++)
        snprintf(text + strlen(text), size - strlen(text), "%s%s", i == 0 ? "" : ", ",
                 option[i].name);
}

static bool take(struct site *site, struct place place, const char *token,
                 const struct word_option *option, uint32_t options, uint32_t *value, char *text)
{
    char allowed[256];
    char *equals = strchr(text, '=');
    if (equals != NULL)
        *equals = '\0';
    for (uint32_t i = 0; i < options; i++) {
        if (strcmp(option[i].name, text) != 0)
            continue;
        const char *given = equals != NULL ? equals + 1 : "";
        if (word_option_parse(&option[i], given, &value[i]) == 0)
            return true;
        describe_values(&option[i], allowed, sizeof allowed);
        site_error(site, place, token, "%s=%.40s: expected %s", option[i].name, given, allowed);
        return false;
    }
    describe_names(option, options, allowed, sizeof allowed);
    site_error(site, place, token, "%.40s is no option; expected one of %s", text, allowed);
    return false;
}

bool word_options_take(struct site *site, struct place place, const char *token,
                       const struct word_option *option, uint32_t options, uint32_t *value,
                       char *text)
{
    char *part[OPTIONS_MAX];
    int n = text[0] != '\0' ? kv_split(text, ',', part, (int)options) : 0;
    if (n < 0)
        site_error(site, place, token, "expected at most %u options", options);
    for (int i = 0; i < n; i++)
        if (!take(site, place, token, option, options, value, part[i]))
            return false;
    return n >= 0;
}

void word_options_format(const struct word_option *option, uint32_t options, const uint32_t *value,
                         char *text, size_t size)
{
    char one[64];
    text[0] = '\0';
    for (uint32_t i = 0; i < options; i++) {
        if (value[i] == option[i].initial)
            continue;
        word_option_format(&option[i], value[i], one, sizeof one);
        snprintf(text + strlen(text), size - strlen(text), "%s%s=%s", text[0] == '\0' ? ":" : ",",
                 option[i].name, one);
    }
}
