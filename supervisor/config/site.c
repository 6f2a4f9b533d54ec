#include "config/site.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/kv.h"
#include "config/guest_file.h"
#include "config/words.h"

/* Xen gives a PV dom0 1,023 bytes, Linux elsewhere 2,047. */
#define CMDLINE_SIZE   8192
#define SITE_CONF_SIZE ((size_t)256 * 1024)

static const char command_line[] = "command line";

__attribute__((format(printf, 4, 0))) static void describe(struct site_error *to,
                                                           struct place place, const char *token,
                                                           const char *format, va_list args)
{
    char *text = to->text;
    size_t size = sizeof to->text, n = 0;
    n += (size_t)snprintf(text, size, place.line > 0 ? "%s:%d: " : "%s: ", place.file, place.line);
    if (token != NULL && n < size)
        n += (size_t)snprintf(text + n, size - n, "%.100s: ", token);
    if (n < size)
        vsnprintf(text + n, size - n, format, args);
}

void site_verror(struct site *site, struct place place, const char *token, const char *format,
                 va_list args)
{
    if (site->errors == SITE_ERRORS_MAX) {
        site->errors_dropped++;
        return;
    }
    describe(&site->error[site->errors++], place, token, format, args);
}

void site_error(struct site *site, struct place place, const char *token, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    site_verror(site, place, token, format, args);
    va_end(args);
}

void site_warning(struct site *site, struct place place, const char *token, const char *format, ...)
{
    if (site->warnings == SITE_WARNINGS_MAX)
        return;
    va_list args;
    va_start(args, format);
    describe(&site->warning[site->warnings++], place, token, format, args);
    va_end(args);
}

struct guest *site_find_guest(struct site *site, const char *name)
{
    for (uint32_t i = 0; i < site->guests; i++)
        if (strcmp(site->guest[i]->name, name) == 0)
            return site->guest[i];
    return NULL;
}

static bool same_uuid(const struct guest *a, const struct guest *b)
{
    return memcmp(a->uuid, b->uuid, sizeof a->uuid) == 0;
}

bool site_add_guest(struct site *site, struct place place, struct guest *guest)
{
    const struct guest *other = site_find_guest(site, guest->name);
    for (uint32_t i = 0; other == NULL && i < site->guests; i++)
        if (same_uuid(site->guest[i], guest))
            other = site->guest[i];
    if (other != NULL && strcmp(other->name, guest->name) == 0) {
        bool overruled = strcmp(other->origin, command_line) == 0 && place.line != 0;
        if (!overruled)
            site_error(site, place, guest->name,
                       "a guest of this name is in %s already; expected names to differ; left out",
                       other->origin);
        return false;
    }
    if (other != NULL) {
        site_error(site, place, guest->name,
                   "has the uuid of guest %s; expected uuids to differ; left out", other->name);
        return false;
    }
    if (site->guests == SITE_GUESTS_MAX) {
        site_error(site, place, guest->name, "too many; expected at most %d guests",
                   SITE_GUESTS_MAX);
        return false;
    }
    snprintf(guest->origin, sizeof guest->origin, "%s", place.file);
    struct guest *kept = realloc(guest, guest_size(guest));
    site->guest[site->guests++] = kept != NULL ? kept : guest;
    return true;
}

static void take_words(struct site *site, struct place place, char *text)
{
    struct kv word;
    while (kv_next(&text, &word))
        if (word.key[0] != '\0')
            word_take(site, place, word);
}

/* The hostname must be known before the sections can be chosen. */
static void find_hostname(struct site *site, const char *cmdline, const char *fallback)
{
    char text[CMDLINE_SIZE];
    snprintf(text, sizeof text, "%s", cmdline);
    snprintf(site->hostname, sizeof site->hostname, "%s", fallback != NULL ? fallback : "");
    char *at = text;
    struct kv word;
    while (kv_next(&at, &word))
        if (kv_same_key(word.key, "hostname") && word.value != NULL && word.value[0] != '\0')
            snprintf(site->hostname, sizeof site->hostname, "%s", word.value);
}

static void read_cmdline(struct site *site, const struct site_source *source)
{
    char text[CMDLINE_SIZE] = "";
    struct err e;
    struct place place = {.file = command_line};
    if (file_read(source->cmdline, text, sizeof text, &e) != 0) {
        site_error(site, place, NULL, "%s; going on without", e.text);
        site->unread = true;
        text[0] = '\0';
    }
    find_hostname(site, text, source->hostname);
    take_words(site, place, text);
}

static char *trim(char *s)
{
    s += strspn(s, " \t\r");
    size_t length = strlen(s);
    while (length > 0 && strchr(" \t\r", s[length - 1]) != NULL)
        s[--length] = '\0';
    return s;
}

/* "[pattern]": whether what follows is for this node. */
static bool enter_section(struct site *site, struct place place, char *line)
{
    char *end = strchr(line, ']');
    if (end == NULL || end == line + 1 || *trim(end + 1) != '\0') {
        site_error(site, place, line, "expected [PATTERN], matching hostnames; section left out");
        return false;
    }
    *end = '\0';
    return fnmatch(line + 1, site->hostname, 0) == 0;
}

static void take_site_conf(struct site *site, const char *name, char *text)
{
    struct place place = {.file = name};
    bool ours = true;
    for (char *next = text; next != NULL;) {
        char *line = strsep(&next, "\n");
        place.line++;
        line = trim(line);
        if (line[0] == '#' || line[0] == '\0')
            continue;
        if (line[0] == '[')
            ours = enter_section(site, place, line);
        else if (ours)
            take_words(site, place, line);
    }
}

static void leave_unread(struct site *site, const char *file, const char *why)
{
    site_error(site, (struct place){.file = file}, NULL, "%s; left out", why);
    site->unread = true;
}

static void read_site_conf(struct site *site, const char *folder)
{
    char path[PATH_MAX];
    struct err e;
    snprintf(path, sizeof path, "%s/site.conf", folder);
    char *text = malloc(SITE_CONF_SIZE);
    if (text == NULL)
        leave_unread(site, "site.conf", "out of memory");
    else if (file_read(path, text, SITE_CONF_SIZE, &e) == 0)
        take_site_conf(site, "site.conf", text);
    else if (errno != ENOENT)
        leave_unread(site, "site.conf", e.text);
    free(text);
}

static int is_guest_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 4 && strcmp(entry->d_name + length - 4, ".cfg") == 0;
}

static void read_guest_files(struct site *site, const char *folder)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/guests", folder);
    struct dirent **entry = NULL;
    int n = scandir(path, &entry, is_guest_file, alphasort);
    if (n < 0 && errno != ENOENT)
        leave_unread(site, "guests", strerror(errno));
    for (int i = 0; i < n; i++) {
        char file[PATH_MAX];
        snprintf(file, sizeof file, "%.3000s/guests/%s", folder, entry[i]->d_name);
        guest_file_read(site, file);
        free(entry[i]);
    }
    free(entry);
}

/* after=: names must exist, and no guest may wait for itself in the end. */
static void drop_dangling_after(struct site *site, struct guest *guest)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < guest->afters; i++) {
        if (site_find_guest(site, guest->after[i]) != NULL)
            memmove(guest->after[kept++], guest->after[i], GUEST_NAME_SIZE);
        else
            site_error(site, (struct place){.file = guest->origin}, guest->after[i],
                       "after= of guest %s: expected the name of a guest; left out", guest->name);
    }
    guest->afters = kept;
}

/* Marks every guest that guest i waits for, directly or through others. */
static void mark_awaited(const struct site *site, uint32_t i, bool seen[SITE_GUESTS_MAX])
{
    for (uint32_t a = 0; a < site->guest[i]->afters; a++)
        for (uint32_t j = 0; j < site->guests; j++)
            if (!seen[j] && strcmp(site->guest[j]->name, site->guest[i]->after[a]) == 0) {
                seen[j] = true;
                mark_awaited(site, j, seen);
            }
}

static void break_cycles(struct site *site)
{
    for (uint32_t i = 0; i < site->guests; i++) {
        bool seen[SITE_GUESTS_MAX] = {false};
        mark_awaited(site, i, seen);
        if (!seen[i])
            continue;
        site_error(site, (struct place){.file = site->guest[i]->origin}, site->guest[i]->name,
                   "after= leads back to the guest itself; left out");
        site->guest[i]->afters = 0;
    }
}

static int by_priority_then_name(const void *a, const void *b)
{
    const struct guest *x = *(struct guest *const *)a, *y = *(struct guest *const *)b;
    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    return strcmp(x->name, y->name);
}

struct site *site_load(const struct site_source *source)
{
    struct site *site = calloc(1, sizeof *site);
    if (site == NULL)
        return NULL;
    read_cmdline(site, source);
    read_site_conf(site, source->folder);
    site_check_network(site);
    read_guest_files(site, source->folder);
    qsort(site->guest, site->guests, sizeof(struct guest *), by_priority_then_name);
    site_check_cluster(site, source->folder);
    for (uint32_t i = 0; i < site->guests; i++)
        drop_dangling_after(site, site->guest[i]);
    break_cycles(site);
    site_check_drbd(site);
    return site;
}

void site_free(struct site *site)
{
    if (site == NULL)
        return;
    for (uint32_t i = 0; i < site->guests; i++)
        free(site->guest[i]);
    free(site);
}
