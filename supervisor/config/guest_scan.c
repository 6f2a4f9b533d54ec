/* Which keys a guest file sets, and where: libxlutil's lexer (libxlu_cfg_l.l) in outline. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "config/guest_file.h"

static bool name_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Past a quoted string; strings do not span lines, and a backslash protects the next character. */
static const char *skip_string(const char *at)
{
    char quote = *at++;
    while (*at != '\0' && *at != '\n' && *at != quote)
        at += at[0] == '\\' && at[1] != '\0' && at[1] != '\n' ? 2 : 1;
    return *at == quote ? at + 1 : at;
}

static const char *skip_comment(const char *at)
{
    while (*at != '\0' && *at != '\n')
        at++;
    return at;
}

/* Past the rest of a statement: to a newline or ';' outside of lists and strings. */
static const char *skip_statement(const char *at, int *line)
{
    int depth = 0;
    while (*at != '\0') {
        if (depth <= 0 && (*at == '\n' || *at == ';'))
            return at;
        if (*at == '\n')
            (*line)++;
        if (*at == '"' || *at == '\'') {
            at = skip_string(at);
            continue;
        }
        if (*at == '#') {
            at = skip_comment(at);
            continue;
        }
        depth += (*at == '[') - (*at == ']');
        at++;
    }
    return at;
}

void guest_file_scan(const char *text,
                     void (*found)(void *to, const char *key, size_t length, int line), void *to)
{
    int line = 1;
    for (const char *at = text; *at != '\0';) {
        if (*at == '\n')
            line++;
        if (*at == '#') {
            at = skip_comment(at);
        } else if (name_letter(*at)) {
            const char *key = at;
            while (name_letter(*at))
                at++;
            found(to, key, (size_t)(at - key), line);
            at = skip_statement(at, &line);
        } else {
            at++;
        }
    }
}
