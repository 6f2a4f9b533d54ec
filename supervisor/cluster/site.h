/* What core/ knows of the configuration. */
#pragma once
#include "config/site.h"
#include "core/site.h"

/* Fills core from a site whose cluster is ready. guest[i] becomes the description of core's guest
 * number i: those without a home, which nobody starts, have no number. A broken one has: another
 * node may know better. */
void cluster_site(struct core_site *core, const struct site *site,
                  const struct guest *guest[CORE_GUESTS]);

/* core's number of the mirror with this name, or NO_INDEX. */
int cluster_mirror(const struct core_site *core, const char *name);
