/* The keys of a guest file: one table, and the readers of those that need more than a row. */
#pragma once
#include <libxlutil.h>
#include <stdio.h>

#include "config/site.h"

/* What a reader works on. */
struct reading {
    struct site *site;
    struct guest *guest;
    XLU_Config *cfg;
    struct place place; /* of the key being read */
    const char *key;
    FILE *report; /* where libxlutil complains, into */
    char *complaint;
    size_t complaint_size;
};

/* An error at the key being read; the guest is then broken. Returns -1. */
__attribute__((format(printf, 2, 3))) int reading_error(struct reading *r, const char *format, ...);

/* What libxlutil wrote since the last call, its first line; kept until the next. */
const char *reading_complaint(struct reading *r);

/* Reads the key r->key of length bytes into the guest: 0, or -1 with an error, also for a key that
 * is not supported. */
int guest_key_read(struct reading *r);

int guest_read_disks(struct reading *r);
int guest_read_vifs(struct reading *r);

/* Parts that guest files and guest= have in common; 0, or -1 with what was expected in *expected.
 */
int guest_parse_mac(const char *text, uint8_t mac[6]);
int guest_parse_uuid(const char *text, uint8_t uuid[16]);
int guest_parse_filter(const char *text, struct guest *guest);
int guest_parse_type(const char *text, enum guest_type *type);
/* Copies text into a field of size bytes; -1 if it does not fit. */
int guest_copy(char *field, size_t size, const char *text);

/* Checks that hold whatever the source: memory, names, disks twice. Errors go to the site. */
int guest_check(struct site *site, struct place place, const struct guest *guest);
