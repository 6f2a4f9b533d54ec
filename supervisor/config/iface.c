#include "config/iface.h"

#include <stdio.h>
#include <string.h>

bool iface_ok(const char *name)
{
    return name[0] != '\0' && strlen(name) < SITE_IFACE_SIZE && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0 && strpbrk(name, "/: \t[]%") == NULL;
}

void iface_copy(char to[SITE_IFACE_SIZE], const char *name)
{
    snprintf(to, SITE_IFACE_SIZE, "%s", name);
}

void iface_repeated(struct site *site, struct place place, struct place first, const char *what,
                    const char *name)
{
    if (first.line == 0 && place.line != 0)
        return;
    char where[160];
    if (first.line == 0)
        snprintf(where, sizeof where, "%s", first.file);
    else
        snprintf(where, sizeof where, "%s:%d", first.file, first.line);
    site_error(site, place, name, "%s given twice, first in %s; expected once", what, where);
}
