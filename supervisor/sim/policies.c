/* The policies that say where guests may run: drawn for random sites, and judged at the end. */
#include "sim/policies.h"

#define GROUP 1

/* Two guests that must be apart, or two with the same candidates that must be together. */
static void draw_group(struct core_site *s, struct prng *r)
{
    struct site_guest *a = &s->guest[0];
    struct site_guest *b = &s->guest[s->guests - 1];
    if (s->guests < 2)
        return;
    if (prng_percent(r, 50)) {
        a->apart = b->apart = GROUP;
        return;
    }
    /* What has mirrors runs where they are. */
    if (a->mirrors > 0 || b->mirrors > 0)
        return;
    b->home = a->home;
    b->peers = a->peers;
    for (int i = 0; i < a->peers; i++)
        b->peer[i] = a->peer[i];
    a->together = b->together = GROUP;
}

/* Guests of one to three units, nodes with room for about half of them. */
static void draw_memory(struct core_site *s, struct prng *r)
{
    uint32_t all = 0;
    for (int g = 0; g < s->guests; g++)
        all += s->guest[g].memory_mib = 100 * prng_range(r, 1, 3);
    for (uint8_t i = 0; i < s->nodes; i++)
        s->node[i].memory_mib = all / 2 + 100 * prng_below(r, 4);
}

void policies_draw(struct core_site *s, struct prng *r)
{
    if (prng_percent(r, 25))
        draw_group(s, r);
    if (prng_percent(r, 25))
        draw_memory(s, r);
}

static const char parted[] = "apart from a guest that it must be together with";

/* What stands in the way of this guest on that node, given where the others run; NULL: nothing.
 * least: priority of those whose memory counts, as others would give way. */
static const char *hindrance(const struct world *w, int guest, int node, int least)
{
    const struct core_site *s = w->site;
    const struct site_guest *g = &s->guest[guest];
    uint32_t used = g->memory_mib;
    for (int i = 0; i < s->guests; i++) {
        const struct site_guest *o = &s->guest[i];
        int where = i == guest ? -1 : guests_where(w, i);
        if (where < 0)
            continue;
        if (where != node && g->together != 0 && o->together == g->together)
            return parted;
        if (where != node)
            continue;
        if (g->apart != 0 && o->apart == g->apart)
            return "together with a guest that it must be apart from";
        used += o->priority >= least ? o->memory_mib : 0;
    }
    return s->node[node].memory_mib != 0 && used > s->node[node].memory_mib
               ? "on a node without the memory for it"
               : NULL;
}

/* The node has room for the guest and all that it must be together with. */
static bool holds_group(const struct world *w, int guest, int node)
{
    const struct core_site *s = w->site;
    uint32_t used = 0;
    for (int i = 0; i < s->guests; i++)
        if (s->guest[i].together == s->guest[guest].together || guests_where(w, i) == node)
            used += s->guest[i].memory_mib;
    return s->node[node].memory_mib == 0 || used <= s->node[node].memory_mib;
}

/* Those that have been parted, as by a drain, stay so where none of their nodes holds them all. */
static bool could_meet(const struct world *w, int guest)
{
    const struct site_guest *g = &w->site->guest[guest];
    bool could = holds_group(w, guest, g->home);
    for (int i = 0; i < g->peers; i++)
        could |= holds_group(w, guest, g->peer[i]);
    return could;
}

const char *policies_broken(const struct world *w, int guest)
{
    int where = guests_where(w, guest);
    const char *why = where >= 0 ? hindrance(w, guest, where, INT16_MIN) : NULL;
    return why == parted && !could_meet(w, guest) ? NULL : why;
}

bool policies_allow(const struct world *w, int guest)
{
    const struct site_guest *g = &w->site->guest[guest];
    bool could = hindrance(w, guest, g->home, g->priority) == NULL;
    for (int i = 0; i < g->peers; i++)
        could |= hindrance(w, guest, g->peer[i], g->priority) == NULL;
    return could;
}
