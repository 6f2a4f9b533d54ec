/* Who may be where, by the site and by where the ledger has the others. */
#pragma once
#include "core/ledger.h"

/* Nobody on the node must be apart from the guest, and nobody elsewhere must be together with it
 * (those on a draining node will follow). index: of the guest in the site. */
bool policy_company(const struct core_site *s, const struct ledger *v, int index, uint8_t node);

/* How many MiB the node has too few for the guest; 0: enough. */
uint64_t policy_lack(const struct core_site *s, const struct ledger *v, int index, uint8_t node);

/* Both are in order. */
bool policy_allows(const struct core_site *s, const struct ledger *v, int index, uint8_t node);
