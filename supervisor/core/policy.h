/* Who may be where, by the site and by where the ledger has the others. */
#pragma once
#include "core/ledger.h"

/* The node has memory for the guest, nobody there must be apart from it, and nobody elsewhere must
 * be together with it (those on a draining node will follow). index: of the guest in the site. */
bool policy_allows(const struct core_site *s, const struct ledger *v, int index, uint8_t node);
