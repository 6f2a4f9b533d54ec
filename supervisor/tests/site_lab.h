/* A site's folder of each test's own, and what becomes of words and files. */
#pragma once
#include <sys/types.h>

#include "config/words.h"
#include "tests/test.h"

struct folder {
    char path[64];
};

/* For cmocka: *state is a struct folder, with an empty guests/ in it. */
int folder_set_up(void **state);
int folder_tear_down(void **state);

void folder_put(const struct folder *f, const char *name, const char *text, mode_t mode);

/* The site of the folder's files on this command line; to be freed. */
struct site *folder_load(const struct folder *f, const char *cmdline, const char *hostname);

/* A site by itself, to be freed, and words that it takes as if they stood there. */
struct site *site_new(void);
void site_take(struct site *site, struct place place, const char *words);

/* What relevod -n prints for the site, which is freed. Good until the next call. */
const char *site_text(struct site *site);

/* ... below the first line, the hostname. */
const char *site_text_below(struct site *site);
