#include "config/guest_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/guest_keys.h"

#define KEYS_MAX 64
#define KEY_SIZE 40

struct found_key {
    char name[KEY_SIZE];
    int line;
};

struct key_list {
    struct found_key key[KEYS_MAX];
    int count;
    int overflow_line; /* of the first key that did not fit; 0: none */
};

static void note_key(void *to, const char *key, size_t length, int line)
{
    struct key_list *list = to;
    if (list->count == KEYS_MAX) {
        if (list->overflow_line == 0)
            list->overflow_line = line;
        return;
    }
    struct found_key *k = &list->key[list->count++];
    snprintf(k->name, sizeof k->name, "%.*s", (int)length, key);
    k->line = line;
}

/* The line of an earlier assignment to the same key, or 0. */
static int first_given(const struct key_list *list, int i)
{
    for (int j = 0; j < i; j++)
        if (strcmp(list->key[j].name, list->key[i].name) == 0)
            return list->key[j].line;
    return 0;
}

static void read_keys(struct reading *r, const char *text)
{
    struct key_list list = {.count = 0};
    guest_file_scan(text, note_key, &list);
    for (int i = 0; i < list.count; i++) {
        r->place.line = list.key[i].line;
        r->key = list.key[i].name;
        int first = first_given(&list, i);
        if (first != 0)
            reading_error(r, "given twice, first in line %d; expected once", first);
        else
            guest_key_read(r);
    }
    r->key = NULL;
    if (list.overflow_line != 0) {
        r->place.line = list.overflow_line;
        reading_error(r, "too long; expected at most %d keys", KEYS_MAX);
    }
    r->place.line = 1;
}

static bool same_disk_twice(const struct guest *guest, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++)
        if (strcmp(guest->disk[j].vdev, guest->disk[i].vdev) == 0)
            return true;
    return false;
}

int guest_check(struct site *site, struct place place, const struct guest *guest)
{
    uint32_t before = site->errors + site->errors_dropped;
    if (guest->memory_mib == 0)
        site_error(site, place, "memory", "missing; expected the guest's memory in MiB");
    if (guest->maxmem_mib != 0 && guest->maxmem_mib < guest->memory_mib)
        site_error(site, place, "maxmem", "expected at least memory=%u", guest->memory_mib);
    if (guest->maxvcpus != 0 && guest->maxvcpus < guest->vcpus)
        site_error(site, place, "maxvcpus", "expected at least vcpus=%u", guest->vcpus);
    if (guest->ramdisk[0] != '\0' && guest->kernel[0] == '\0')
        site_error(site, place, "ramdisk", "expected with kernel=");
    if (guest->kernel[0] == '\0' && guest->disks == 0)
        site_error(site, place, "disk", "missing; expected a disk or a kernel to boot from");
    for (uint32_t i = 1; i < guest->disks; i++)
        if (same_disk_twice(guest, i))
            site_error(site, place, "disk", "%s given twice; expected each vdev once",
                       guest->disk[i].vdev);
    return site->errors + site->errors_dropped == before ? 0 : -1;
}

/* Checks the guest as a whole and hands it to the site, broken or not. */
static void finish(struct reading *r, struct guest *guest)
{
    if (guest->name[0] == '\0') {
        if (!guest->broken)
            site_error(r->site, r->place, "name", "missing; expected name=\"NAME\"; left out");
        free(guest);
        return;
    }
    uint32_t next = r->site->errors;
    if (!guest->broken && guest_check(r->site, r->place, guest) != 0) {
        guest->broken = true;
        snprintf(guest->error, sizeof guest->error, "%.230s",
                 next < SITE_ERRORS_MAX ? r->site->error[next].text : "see the errors");
    }
    if (!guest->broken && guest->home[0] == '\0')
        site_error(r->site, r->place, guest->name,
                   "has no home; expected home=\"HOSTNAME\"; no node starts it");
    guest_complete(guest);
    if (!site_add_guest(r->site, r->place, guest))
        free(guest);
}

/* libxlutil's own words, which begin with "FILE:LINE: ". */
static void syntax_error(struct reading *r)
{
    const char *words = reading_complaint(r);
    size_t skip = strlen(r->place.file);
    if (strncmp(words, r->place.file, skip) == 0 && words[skip] == ':') {
        char *end;
        long line = strtol(words + skip + 1, &end, 10);
        if (*end == ':') {
            r->place.line = line > 0 ? (int)line : 1; /* its lexer says 0 at the end of line 1 */
            words = end + 1;
        }
    }
    site_error(r->site, r->place, NULL, "%s; guest left out", words + strspn(words, " "));
}

void guest_file_take(struct site *site, const char *name, const char *text)
{
    struct guest *guest = malloc(sizeof *guest);
    struct reading r = {.site = site, .guest = guest, .place = {.file = name, .line = 1}};
    r.report = open_memstream(&r.complaint, &r.complaint_size);
    r.cfg = r.report != NULL ? xlu_cfg_init(r.report, name) : NULL;
    if (guest == NULL || r.cfg == NULL) {
        site_error(site, r.place, NULL, "out of memory; left out");
        free(guest);
    } else {
        guest_init(guest);
        if (xlu_cfg_readdata(r.cfg, text, (int)strlen(text)) != 0) {
            syntax_error(&r);
            free(guest);
        } else {
            read_keys(&r, text);
            finish(&r, guest);
        }
    }
    if (r.cfg != NULL)
        xlu_cfg_destroy(r.cfg);
    if (r.report != NULL)
        fclose(r.report);
    free(r.complaint);
}

void guest_file_read(struct site *site, const char *path)
{
    const char *base = strrchr(path, '/');
    char name[128];
    snprintf(name, sizeof name, "guests/%.100s", base != NULL ? base + 1 : path);
    char *text = malloc(GUEST_FILE_SIZE);
    struct err e;
    if (text == NULL)
        site_error(site, (struct place){.file = name}, NULL, "out of memory; left out");
    else if (file_read(path, text, GUEST_FILE_SIZE, &e) != 0)
        site_error(site, (struct place){.file = name}, NULL, "%s; guest left out", e.text);
    else
        guest_file_take(site, name, text);
    free(text);
}
