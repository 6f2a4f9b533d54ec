#include "core/policy.h"

/* Where a held guest will be; a stopped one may not be gone yet. */
static uint8_t place_of(const struct ledger_guest *g)
{
    return g->goal != NO_NODE ? g->goal : g->owner;
}

/* The other guest's entry, if it has an owner. */
static const struct ledger_guest *held(const struct core_site *s, const struct ledger *v, int other)
{
    const struct ledger_guest *e = ledger_guest(v, s->guest[other].id, other);
    return ledger_is_held(v, e) ? e : NULL;
}

/* One on the move takes its room at both ends: it may yet stay. */
static bool is_there(const struct ledger_guest *e, uint8_t node)
{
    return place_of(e) == node || e->owner == node;
}

bool policy_company(const struct core_site *s, const struct ledger *v, int index, uint8_t node)
{
    const struct site_guest *g = &s->guest[index];
    for (int i = 0; i < s->guests; i++) {
        const struct site_guest *o = &s->guest[i];
        const struct ledger_guest *e = held(s, v, i);
        if (i == index || e == NULL)
            continue;
        if (g->apart != 0 && o->apart == g->apart && is_there(e, node))
            return false;
        if (g->together != 0 && o->together == g->together && place_of(e) != node &&
            (v->node[place_of(e)].flags & NODE_DRAINING) == 0)
            return false;
    }
    return true;
}

uint64_t policy_lack(const struct core_site *s, const struct ledger *v, int index, uint8_t node)
{
    uint64_t room = s->node[node].memory_mib;
    uint64_t used = s->guest[index].memory_mib;
    for (int i = 0; i < s->guests; i++) {
        const struct ledger_guest *e = held(s, v, i);
        if (i != index && e != NULL && is_there(e, node))
            used += s->guest[i].memory_mib;
    }
    return room == 0 || used <= room ? 0 : used - room;
}

bool policy_allows(const struct core_site *s, const struct ledger *v, int index, uint8_t node)
{
    return policy_lack(s, v, index, node) == 0 && policy_company(s, v, index, node);
}
