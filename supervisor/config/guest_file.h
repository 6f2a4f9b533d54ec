/* Guest files: xl.cfg(5), read through libxlutil, plus our placement keys. */
#pragma once
#include <stddef.h>

#include "config/site.h"

#define GUEST_FILE_SIZE ((size_t)64 * 1024)

/* Reads one file into the site. A guest whose file has errors is added as broken, so that it shows
 * under its name; without a name there are only the errors. */
void guest_file_read(struct site *site, const char *path);

/* The same for text in memory; name is what errors call it. For tests and the fuzzer. */
void guest_file_take(struct site *site, const char *name, const char *text);

/* libxlutil can be asked for a key but does not list them: this does, for text that it accepted.
 * Calls found() for every top-level assignment, in order; key is not closed with a NUL. */
void guest_file_scan(const char *text,
                     void (*found)(void *to, const char *key, size_t length, int line), void *to);
