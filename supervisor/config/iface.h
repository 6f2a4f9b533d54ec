/* What the readers of network words have in common. */
#pragma once
#include "config/site.h"

/* Whether the kernel accepts name for an interface (dev_valid_name), and nothing of ours trips
 * over it. */
bool iface_ok(const char *name);
void iface_copy(char to[SITE_IFACE_SIZE], const char *name);

/* Where a word repeats an earlier one: the command line wins silently over a file, twice in one
 * place is an error. */
void iface_repeated(struct site *site, struct place place, struct place first, const char *what,
                    const char *name);
