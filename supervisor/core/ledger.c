#include "core/ledger.h"

#include <string.h>

#include "core/mutant.h"
#include "core/policy.h"

void ledger_init(struct ledger *v, uint8_t nodes)
{
    memset(v, 0, sizeof(*v));
    v->nodes = nodes;
}

void ledger_copy(struct ledger *to, const struct ledger *from)
{
    memcpy(to, from, offsetof(struct ledger, guest));
    memcpy(to->guest, from->guest, from->guests * sizeof(from->guest[0]));
    memcpy(to->mirror, from->mirror, from->mirrors * sizeof(from->mirror[0]));
}

bool ledger_is_dead(const struct ledger *v, uint8_t node, uint32_t generation)
{
    return v->node[node].generation > generation || (v->node[node].flags & NODE_DEAD) != 0;
}

bool ledger_is_current(const struct ledger *v, uint8_t node, uint64_t incarnation)
{
    const struct ledger_node *n = &v->node[node];
    return n->incarnation == incarnation && incarnation != 0 && (n->flags & NODE_DEAD) == 0;
}

const struct ledger_guest *ledger_guest(const struct ledger *v, uint64_t id, int hint)
{
    if (hint >= 0 && hint < v->guests && v->guest[hint].id == id)
        return &v->guest[hint];
    for (int i = 0; i < v->guests; i++)
        if (v->guest[i].id == id)
            return &v->guest[i];
    return NULL;
}

bool ledger_owns(const struct ledger *v, const struct ledger_guest *g, uint8_t node)
{
    return (g->flags & GUEST_OWNED) != 0 && g->owner == node &&
           g->generation == v->node[node].generation;
}

bool ledger_owns_any(const struct ledger *v, uint8_t node)
{
    for (int i = 0; i < v->guests; i++)
        if (ledger_owns(v, &v->guest[i], node))
            return true;
    return false;
}

bool ledger_is_held(const struct ledger *v, const struct ledger_guest *g)
{
    return g != NULL && (g->flags & GUEST_OWNED) != 0 &&
           !ledger_is_dead(v, g->owner, g->generation);
}

/* The mark of every mirror side that nobody has vouched for since the last cold start. */
static uint64_t cold_mark(const struct ledger *v)
{
    return mark_make(MARK_BY_NOBODY, v->era >> 8);
}

/* R29: a mirror that the ledger does not know is stale on both sides. */
uint64_t ledger_mark(const struct ledger *v, uint64_t id, int side)
{
    for (int i = 0; i < v->mirrors; i++)
        if (v->mirror[i].id == id)
            return v->mirror[i].mark[side];
    return mutant(M_UNKNOWN_FRESH) ? 0 : cold_mark(v);
}

bool ledger_is_fresh(const struct core_site *s, const struct ledger *v, int index, uint8_t node)
{
    const struct site_guest *g = &s->guest[index];
    for (int i = 0; i < g->mirrors; i++) {
        const struct site_mirror *m = &s->mirror[g->mirror[i]];
        int side = mirror_side(m, node);
        if (side == NO_INDEX || (ledger_mark(v, m->id, side) != 0 && !mutant(M_IGNORE_STALE)))
            return false;
    }
    return true;
}

static struct ledger_guest *find(struct ledger *v, uint64_t id)
{
    const struct ledger_guest *g = ledger_guest(v, id, NO_INDEX);
    return g != NULL ? &v->guest[g - v->guest] : NULL;
}

/* The entry to write to, made if need be. NULL: the ledger is full, or the site has no such guest.
 */
static struct ledger_guest *guest_entry(const struct core_site *s, struct ledger *v, uint64_t id)
{
    struct ledger_guest *g = find(v, id);
    if (g != NULL)
        return g;
    if (v->guests == CORE_GUESTS || site_guest(s, id) == NO_INDEX)
        return NULL;
    g = &v->guest[v->guests++];
    *g = (struct ledger_guest){.id = id, .owner = NO_NODE, .goal = NO_NODE};
    return g;
}

/* False: the ledger is full. */
static bool set_mark(struct ledger *v, uint64_t id, int side, uint64_t mark)
{
    int i = 0;
    while (i < v->mirrors && v->mirror[i].id != id)
        i++;
    if (i == CORE_MIRRORS)
        return false;
    if (i == v->mirrors)
        v->mirror[v->mirrors++] =
            (struct ledger_mirror){.id = id, .mark = {cold_mark(v), cold_mark(v)}};
    v->mirror[i].mark[side] = mark;
    return true;
}

/* The node may be given a guest: a living incarnation that is not under suspicion. */
static bool may_own(const struct core_site *s, const struct ledger *v, uint8_t node,
                    uint32_t generation)
{
    const struct ledger_node *n = &v->node[node];
    return n->generation == generation && generation != 0 && (n->flags & NODE_DEAD) == 0 &&
           n->suspicion == 0 && !s->node[node].witness;
}

/* The guest that c->by owns under this epoch, or NULL. */
static struct ledger_guest *owned_by(struct ledger *v, const struct change *c)
{
    struct ledger_guest *g = find(v, c->id);
    return g != NULL && ledger_owns(v, g, c->by) && g->epoch == c->epoch ? g : NULL;
}

/* R10: a join names the incarnation that it replaces, so a late one cannot displace a newer. */
static bool join(const struct core_site *s, struct ledger *v, const struct change *c)
{
    (void)s;
    struct ledger_node *n = &v->node[c->by];
    if (n->incarnation == c->incarnation || (n->incarnation != c->replaces && !mutant(M_ANY_JOIN)))
        return false;
    n->incarnation = c->incarnation;
    n->generation++;
    n->suspicion = 0;
    n->flags &= NODE_DRAINING;
    return true;
}

static bool suspect(const struct core_site *s, struct ledger *v, const struct change *c)
{
    (void)s;
    struct ledger_node *n = &v->node[c->node];
    if (n->generation != c->generation || (n->flags & NODE_DEAD) != 0 || n->suspicion != 0 ||
        c->node == c->by)
        return false;
    n->suspicion = v->version + 1;
    return true;
}

static bool unsuspect(const struct core_site *s, struct ledger *v, const struct change *c)
{
    (void)s;
    struct ledger_node *n = &v->node[c->node];
    if (n->generation != c->generation || n->suspicion != c->suspicion || c->suspicion == 0 ||
        (n->flags & NODE_DEAD) != 0)
        return false;
    n->suspicion = 0;
    return true;
}

/* R18: dead is entered only for the suspicion that was waited out. R19: or if a fence device or the
 * operator has said so of this generation. */
static bool dead(const struct core_site *s, struct ledger *v, const struct change *c)
{
    (void)s;
    struct ledger_node *n = &v->node[c->node];
    bool waited = c->suspicion != 0 && n->suspicion == c->suspicion;
    if (mutant(M_ANY_SUSPICION))
        waited = n->suspicion != 0;
    if ((n->generation != c->generation && !(c->fenced && mutant(M_ANY_FENCED))) ||
        (!waited && !c->fenced))
        return false;
    uint8_t flags = (uint8_t)(n->flags | NODE_DEAD | (c->fenced ? NODE_FENCED : 0));
    bool changed = flags != n->flags;
    n->flags = flags;
    n->suspicion = 0;
    return changed;
}

/* What stands for a ring's number where it is taken for an epoch. */
static uint32_t memberships(const struct ledger *v)
{
    uint32_t count = 0;
    for (uint8_t i = 0; i < v->nodes; i++)
        count += v->node[i].generation;
    return count;
}

static void give_to(struct ledger *v, struct ledger_guest *g, uint8_t node)
{
    g->owner = node;
    g->generation = v->node[node].generation;
    g->epoch = mutant(M_RING_EPOCH) ? memberships(v) : g->epoch + 1;
    g->flags = GUEST_OWNED;
    g->goal = NO_NODE; /* reached, or out of reach */
}

/* R28: a node with a stale side of one of the guest's mirrors cannot have it. The policies are
 * asked here again: the one who wished for this may have known an older value. */
static bool may_have(const struct core_site *s, const struct ledger *v, const struct change *c,
                     int index)
{
    return index != NO_INDEX && may_own(s, v, c->node, c->generation) &&
           ledger_is_fresh(s, v, index, c->node) && policy_allows(s, v, index, c->node);
}

/* R20: only a guest whose owner is dead, or that was released, can be claimed. */
static bool claim(const struct core_site *s, struct ledger *v, const struct change *c)
{
    if (!may_have(s, v, c, site_guest(s, c->id)))
        return false;
    struct ledger_guest *g = guest_entry(s, v, c->id);
    if (g == NULL || (g->flags & GUEST_STOPPED) != 0)
        return false;
    if (ledger_is_held(v, g) && !mutant(M_CLAIM_LIVING))
        return false;
    give_to(v, g, c->node);
    return true;
}

static bool release(const struct core_site *s, struct ledger *v, const struct change *c)
{
    (void)s;
    struct ledger_guest *g = owned_by(v, c);
    if (g == NULL)
        return false;
    g->flags &= (uint8_t) ~(GUEST_OWNED | GUEST_YIELDS);
    if (c->on) {
        g->flags |= GUEST_STOPPED;
        g->goal = NO_NODE;
    }
    return true;
}

/* R22: a live migration changes the owner here and nowhere else. */
static bool handover(const struct core_site *s, struct ledger *v, const struct change *c)
{
    struct ledger_guest *g = owned_by(v, c);
    if (g == NULL || !may_have(s, v, c, site_guest(s, c->id)))
        return false;
    uint8_t stopped = g->flags & GUEST_STOPPED;
    give_to(v, g, c->node);
    g->flags |= GUEST_HANDED | stopped;
    return true;
}

static bool keep(const struct core_site *s, struct ledger *v, const struct change *c)
{
    (void)s;
    struct ledger_guest *g = owned_by(v, c);
    if (g == NULL)
        return false;
    g->epoch++;
    g->flags &= (uint8_t)~GUEST_HANDED;
    return true;
}

/* Whether the node owns, under this epoch, a guest that uses the mirror with this index. */
static bool owns_user(const struct core_site *s, const struct ledger *v, int mirror, uint8_t node,
                      uint32_t epoch)
{
    for (int i = 0; i < s->guests; i++)
        for (int k = 0; k < s->guest[i].mirrors; k++) {
            const struct ledger_guest *g = ledger_guest(v, s->guest[i].id, i);
            if (s->guest[i].mirror[k] == mirror && g != NULL && ledger_owns(v, g, node) &&
                g->epoch == epoch)
                return true;
        }
    return false;
}

/* The side of the mirror that the change is about, seen from the other side: by its word, and not
 * by that of a stranger. NO_INDEX: none. */
static int side_by_other(const struct core_site *s, const struct change *c, int index)
{
    if (index == NO_INDEX || c->node == c->by || mirror_side(&s->mirror[index], c->by) == NO_INDEX)
        return NO_INDEX;
    return mirror_side(&s->mirror[index], c->node);
}

/* Of the same maker (see core/mirror.c), and made before the other. */
static bool is_older(uint64_t mark, uint64_t other)
{
    return (mark ^ other) >> 32 == 0 && mark < other;
}

/* R24: an older mark does not come back by a late request: the word that it is over may be as late.
 * R26: only the living owner of the guest may mark, and only the other side. */
static bool stale(const struct core_site *s, struct ledger *v, const struct change *c)
{
    int index = site_mirror(s, c->id);
    int side = side_by_other(s, c, index);
    uint64_t now = side != NO_INDEX ? ledger_mark(v, c->id, side) : 0;
    if (side == NO_INDEX || c->mark == 0 || now == c->mark ||
        (is_older(c->mark, now) && !mutant(M_OLDER_MARK)) ||
        (!owns_user(s, v, index, c->by, c->epoch) && !mutant(M_DEAD_MARKS)))
        return false;
    return set_mark(v, c->id, side, c->mark);
}

/* R27: a side is current again only by the word of the other side, and only for this mark. */
static bool fresh(const struct core_site *s, struct ledger *v, const struct change *c)
{
    int side = side_by_other(s, c, site_mirror(s, c->id));
    uint64_t now = side != NO_INDEX ? ledger_mark(v, c->id, side) : 0;
    if (now == 0 || (now != c->mark && !mutant(M_CLEAR_ANY)))
        return false;
    return set_mark(v, c->id, side, 0);
}

bool ledger_may_override(const struct core_site *s, const struct ledger *v, int index, int side)
{
    uint8_t other = s->mirror[index].node[1 - side];
    bool lives = v->node[other].generation != 0 && (v->node[other].flags & NODE_DEAD) == 0;
    return ledger_mark(v, s->mirror[index].id, 1 - side) != 0 || !lives ||
           mutant(M_OVERRIDE_LIVING);
}

/* The operator's word, R33: not while the other side is current and its node lives. From then on
 * that one is the stale side, until it is resynced (R27): there are never two versions of what is
 * current. */
static bool override(const struct core_site *s, struct ledger *v, const struct change *c)
{
    int index = site_mirror(s, c->id);
    int side = index == NO_INDEX ? NO_INDEX : mirror_side(&s->mirror[index], c->node);
    uint64_t mark = side != NO_INDEX ? ledger_mark(v, c->id, side) : 0;
    if (mark == 0 || (mark != c->mark && !mutant(M_OVERRIDE_ANY)) ||
        !ledger_may_override(s, v, index, side) || !set_mark(v, c->id, side, 0))
        return false;
    if (ledger_mark(v, c->id, 1 - side) == 0 && !mutant(M_OVERRIDE_BOTH))
        set_mark(v, c->id, 1 - side, mark_make(MARK_BY_OPERATOR, v->version + 1));
    return true;
}

static bool goal(const struct core_site *s, struct ledger *v, const struct change *c)
{
    struct ledger_guest *g = guest_entry(s, v, c->id);
    if (g == NULL || g->commands != c->commands || g->goal == c->node ||
        (c->node != NO_NODE && c->node >= v->nodes))
        return false;
    g->goal = c->node;
    g->commands++;
    return true;
}

/* Starting what is wanted already counts as a command, too: it gives up no node for good. */
static bool run(const struct core_site *s, struct ledger *v, const struct change *c)
{
    struct ledger_guest *g = guest_entry(s, v, c->id);
    if (g == NULL || g->commands != c->commands)
        return false;
    g->flags &= (uint8_t)~GUEST_STOPPED;
    if (!c->on)
        g->flags |= GUEST_STOPPED;
    g->commands++;
    return true;
}

static bool drain(const struct core_site *s, struct ledger *v, const struct change *c)
{
    (void)s;
    struct ledger_node *n = &v->node[c->node];
    if (n->generation != c->generation || c->on == ((n->flags & NODE_DRAINING) != 0))
        return false;
    n->flags ^= NODE_DRAINING;
    return true;
}

static bool yield(const struct core_site *s, struct ledger *v, const struct change *c)
{
    (void)s;
    struct ledger_guest *g = find(v, c->id);
    if (!ledger_is_held(v, g) || g->epoch != c->epoch || (g->flags & GUEST_YIELDS) != 0)
        return false;
    g->flags |= GUEST_YIELDS;
    return true;
}

/* One row for each change: its name, and what it does. */
static const struct {
    const char *name;
    bool (*apply)(const struct core_site *s, struct ledger *v, const struct change *c);
} kinds[CHANGE_KINDS] = {
    [CHANGE_JOIN] = {"join", join},
    [CHANGE_SUSPECT] = {"suspect", suspect},
    [CHANGE_UNSUSPECT] = {"unsuspect", unsuspect},
    [CHANGE_DEAD] = {"dead", dead},
    [CHANGE_CLAIM] = {"claim", claim},
    [CHANGE_RELEASE] = {"release", release},
    [CHANGE_HANDOVER] = {"handover", handover},
    [CHANGE_KEEP] = {"keep", keep},
    [CHANGE_STALE] = {"stale", stale},
    [CHANGE_FRESH] = {"fresh", fresh},
    [CHANGE_OVERRIDE] = {"override", override},
    [CHANGE_GOAL] = {"goal", goal},
    [CHANGE_RUN] = {"run", run},
    [CHANGE_DRAIN] = {"drain", drain},
    [CHANGE_YIELD] = {"yield", yield},
};

bool ledger_change(const struct core_site *s, struct ledger *v, const struct change *c)
{
    if (c->kind >= CHANGE_KINDS || c->by >= v->nodes ||
        (c->node >= v->nodes && c->kind != CHANGE_GOAL))
        return false;
    /* What an earlier incarnation asked for died with it. */
    if (c->kind != CHANGE_JOIN && !ledger_is_current(v, c->by, c->incarnation) &&
        !(mutant(M_DEAD_MARKS) && c->kind == CHANGE_STALE))
        return false;
    if (!kinds[c->kind].apply(s, v, c))
        return false;
    v->version++;
    return true;
}

/* R9: after a cold start every mirror counts as stale on both sides, under a mark of its own. */
void ledger_cold_start(struct ledger *v, uint64_t era, const uint64_t incarnation[CORE_NODES],
                       nodeset down)
{
    v->era = era;
    for (uint8_t i = 0; i < v->nodes; i++) {
        struct ledger_node *n = &v->node[i];
        if (node_in(down, i))
            n->flags |= NODE_DEAD | NODE_FENCED;
        if (incarnation[i] == 0 || incarnation[i] == n->incarnation)
            continue;
        n->incarnation = incarnation[i];
        n->generation++;
        n->suspicion = 0;
        n->flags &= NODE_DRAINING;
    }
    v->version++;
    if (mutant(M_COLD_TRUST))
        return;
    v->mirrors = 0;
}

const char *change_name(enum change_kind kind)
{
    return kind < CHANGE_KINDS ? kinds[kind].name : "unknown";
}
