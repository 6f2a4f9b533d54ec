#include "core/policy.h"

/* Where a held guest will be; a stopped one may not be gone yet. */
static uint8_t place_of(const struct ledger_guest *g)
{
    return g->goal != NO_NODE ? g->goal : g->owner;
}

bool policy_allows(const struct core_site *s, const struct ledger *v, int index, uint8_t node)
{
    const struct site_guest *g = &s->guest[index];
    uint64_t used = g->memory_mib;
    for (int i = 0; i < s->guests; i++) {
        const struct site_guest *o = &s->guest[i];
        const struct ledger_guest *e = ledger_guest(v, o->id, i);
        if (i == index || !ledger_is_held(v, e))
            continue;
        uint8_t place = place_of(e);
        /* One on the move takes its room at both ends: it may yet stay. */
        if (place == node || e->owner == node) {
            used += o->memory_mib;
            if (g->apart != 0 && o->apart == g->apart)
                return false;
        }
        if (place != node && g->together != 0 && o->together == g->together &&
            (v->node[place].flags & NODE_DRAINING) == 0)
            return false;
    }
    return s->node[node].memory_mib == 0 || used <= s->node[node].memory_mib;
}
