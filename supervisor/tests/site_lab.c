#include "tests/site_lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_set_up(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    strcpy(f->path, "/tmp/relevo-site-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    char guests[80];
    snprintf(guests, sizeof guests, "%s/guests", f->path);
    assert_int_equal(mkdir(guests, 0700), 0);
    *state = f;
    return 0;
}

int folder_tear_down(void **state)
{
    struct folder *f = *state;
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", f->path);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): a fixed command */
    free(f);
    return 0;
}

void folder_put(const struct folder *f, const char *name, const char *text, mode_t mode)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

struct site *folder_load(const struct folder *f, const char *cmdline, const char *hostname)
{
    char path[128];
    folder_put(f, "cmdline", cmdline, 0600);
    snprintf(path, sizeof path, "%s/cmdline", f->path);
    struct site *site =
        site_load(&(struct site_source){.cmdline = path, .folder = f->path, .hostname = hostname});
    assert_non_null(site);
    return site;
}

struct site *site_new(void)
{
    struct site *site = calloc(1, sizeof *site);
    assert_non_null(site);
    return site;
}

void site_take(struct site *site, struct place place, const char *words)
{
    char text[8192], *at = text;
    assert_true(strlen(words) < sizeof text);
    snprintf(text, sizeof text, "%s", words);
    for (struct kv word; kv_next(&at, &word);)
        word_take(site, place, word);
}

static char printed[65536];

static void append(void *to, const char *text)
{
    (void)to;
    size_t used = strlen(printed);
    assert_true(used + strlen(text) + 2 < sizeof printed);
    snprintf(printed + used, sizeof printed - used, "%s\n", text);
}

const char *site_text(struct site *site)
{
    printed[0] = '\0';
    site_print(site, append, NULL);
    site_free(site);
    return printed;
}

const char *site_text_below(struct site *site)
{
    return strchr(site_text(site), '\n') + 1;
}
