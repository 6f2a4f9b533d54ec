#include "core/placement.h"

#include "core/mutant.h"
#include "core/policy.h"
#include "core/room.h"
#include "core/takeover.h"

#define HESITATE_BEATS 4 /* between the words of a mirror's two sides */

bool placement_is_able(const struct node *n, uint8_t node, uint64_t now)
{
    const struct ledger_node *e = &n->known.value.node[node];
    if (n->site->node[node].witness || e->suspicion != 0 || (e->flags & NODE_FLAGS) != 0)
        return false;
    if (node == n->self)
        return node_is_current(n) && n->watchdog && !n->leaving &&
               lease_valid(&n->lease, &n->site->timing, now);
    const struct peer *p = &n->peer[node];
    return node_hears(n, node, now) && e->incarnation == p->last.beat.incarnation &&
           (p->last.flags & BEAT_ABLE) != 0 && takeover_is_well(n, node, now);
}

bool placement_is_unfit(const struct node *n, int index, uint8_t node, uint64_t now)
{
    const struct core_guest *g = &n->guest[index];
    const struct peer *p = &n->peer[node];
    if (node == n->self)
        return g->devices_bad || g->unfit_until > now;
    return guest_in(&p->lacks, index) ||
           (p->last.site == n->site_hash && guest_in(&p->last.unfit, index));
}

bool placement_suits(const struct node *n, int index, uint8_t node, uint64_t now)
{
    return placement_is_able(n, node, now) && !placement_is_unfit(n, index, node, now) &&
           ledger_is_fresh(n->site, &n->scratch, index, node) &&
           policy_company(n->site, &n->scratch, index, node);
}

bool placement_fits(const struct node *n, int index, uint8_t node, uint64_t now)
{
    return placement_suits(n, index, node, now) && !node_in(n->cleared, node) &&
           policy_lack(n->site, &n->scratch, index, node) == 0;
}

/* The node joins, or just has, and will be able in a moment: no reason to prefer another to it. It
 * may not be heard meanwhile, as Corosync forms a membership with it. */
static bool is_arriving(const struct node *n, uint8_t node, uint64_t now)
{
    bool self = node == n->self;
    uint64_t incarnation = self ? n->incarnation : n->peer[node].last.beat.incarnation;
    if (placement_is_able(n, node, now) || !ledger_is_current(&n->scratch, node, incarnation))
        return false;
    if (!ledger_is_current(&n->known.value, node, incarnation))
        return self || node_hears(n, node, now);
    return now - n->suspected[node].joined < 2ull * n->site->timing.silence;
}

/* All that the node lacks is a current copy. */
static bool is_stale(const struct node *n, int index, uint8_t node, uint64_t now)
{
    return placement_is_able(n, node, now) && !placement_is_unfit(n, index, node, now) &&
           !ledger_is_fresh(n->site, &n->scratch, index, node);
}

/* That node first, then home, then peers in order; not_here never. NO_NODE: none fits, or it is
 * worth waiting. *better: another would be preferred to it, if only its copy were current. */
static uint8_t choose(const struct node *n, int index, uint8_t first, uint8_t not_here,
                      bool *better, uint64_t now)
{
    const struct site_guest *g = &n->site->guest[index];
    *better = false;
    for (int i = -2; i < g->peers; i++) {
        uint8_t node = i == -2 ? first : i == -1 ? g->home : g->peer[i];
        if (node == NO_NODE || node == not_here)
            continue;
        if (placement_fits(n, index, node, now))
            return node;
        if (is_arriving(n, node, now))
            return NO_NODE;
        *better |= is_stale(n, index, node, now);
    }
    return NO_NODE;
}

/* R35. Where a guest that has no owner belongs: it is on its way there, or it was there last. */
static uint8_t belongs(const struct site_guest *g, const struct ledger_guest *e)
{
    if (e == NULL || e->goal != NO_NODE)
        return e == NULL ? NO_NODE : e->goal;
    bool stays = !g->failback && site_is_candidate(g, e->owner) && !mutant(M_HOME_FIRST);
    return stays ? e->owner : NO_NODE;
}

/* R34. For a guest that has no owner. Both sides of a mirror become current at nearly the same
 * time, but one is known to be first: not a reason to begin elsewhere than where it belongs. */
static uint8_t choose_owner(struct node *n, int index, const struct ledger_guest *e, uint64_t now)
{
    bool better;
    uint64_t *since = &n->guest[index].second_best_since;
    uint8_t first = belongs(&n->site->guest[index], e);
    uint8_t node = choose(n, index, first, NO_NODE, &better, now);
    node_since(since, better && node != NO_NODE, now);
    bool hesitates = *since != 0 && now - *since < (uint64_t)HESITATE_BEATS * n->site->timing.beat;
    return hesitates && !mutant(M_NO_HESITATION) ? NO_NODE : node;
}

/* Whoever got it has already given it back: wait until it has told us why. */
static bool too_soon(struct node *n, int index, const struct ledger_guest *e, uint64_t now)
{
    struct core_guest *g = &n->guest[index];
    uint32_t epoch = e != NULL ? e->epoch : 0;
    if (epoch != g->placed_epoch && now - g->placed_at < 3ull * n->site->timing.beat)
        return true;
    g->placed_epoch = epoch;
    g->placed_at = now;
    return false;
}

/* R32: somebody else has changed the goal since this node last wished to. Two that lead, and do not
 * agree on who is well, would do so in turn. */
static bool aims_again(struct node *n, int index, const struct ledger_guest *e, uint64_t now)
{
    struct core_guest *g = &n->guest[index];
    if (e->commands != g->aimed_commands && now - g->aimed_at < 3ull * n->site->timing.beat &&
        !mutant(M_AIM_AGAIN))
        return true;
    g->aimed_commands = e->commands;
    g->aimed_at = now;
    return false;
}

/* A new goal for a guest that has an owner, or the one it has. */
static uint8_t goal_of(const struct node *n, int index, const struct ledger_guest *e, uint64_t now)
{
    const struct site_guest *g = &n->site->guest[index];
    bool draining = (n->known.value.node[e->owner].flags & NODE_DRAINING) != 0;
    bool better;
    if (e->goal != NO_NODE && e->goal != e->owner)
        return placement_fits(n, index, e->goal, now) ? e->goal : NO_NODE;
    if (draining || placement_is_unfit(n, index, e->owner, now)) /* its disks are lost there */
        return choose(n, index, NO_NODE, e->owner, &better, now);
    bool settled =
        n->well_since[g->home] != 0 && now - n->well_since[g->home] >= n->site->timing.settle;
    if (g->failback && e->owner != g->home && settled && placement_fits(n, index, g->home, now))
        return g->home;
    return NO_NODE;
}

/* ---- guests of one group ---- */

/* The group's next guest that is to run and has an owner, from *k on in the order; NULL: none. */
static struct ledger_guest *next_of(struct node *n, uint16_t group, int *k, int *index)
{
    struct ledger *v = &n->scratch;
    while (*k < n->site->guests) {
        *index = n->order[(*k)++];
        if (n->site->guest[*index].together != group)
            continue;
        const struct ledger_guest *e = ledger_guest(v, n->site->guest[*index].id, *index);
        if (ledger_is_held(v, e) && (e->flags & GUEST_STOPPED) == 0)
            return &v->guest[e - v->guest];
    }
    return NULL;
}

static void aim(struct node *n, uint16_t group, uint8_t goal)
{
    struct ledger_guest *e = NULL;
    for (int k = 0, index; (e = next_of(n, group, &k, &index)) != NULL;)
        e->goal = goal;
}

/* Whether the node is one for each of them, when the others are bound for it, too. */
static bool all_fit(struct node *n, uint16_t group, uint8_t node, uint64_t now)
{
    const struct ledger_guest *e = NULL;
    bool fit = true;
    aim(n, group, node);
    for (int k = 0, index; fit && (e = next_of(n, group, &k, &index)) != NULL;)
        fit = (e->owner == node || site_is_candidate(&n->site->guest[index], node)) &&
              placement_fits(n, index, node, now);
    aim(n, group, NO_NODE);
    return fit;
}

/* One of them must move, as they are apart or its node drains, and none is on its way yet. */
static bool must_move(struct node *n, uint16_t group, uint64_t *apart_since, uint64_t now)
{
    const struct ledger_guest *e = NULL;
    bool drains = false;
    bool apart = false;
    bool moves = false;
    uint8_t first = NO_NODE;
    for (int k = 0, index; (e = next_of(n, group, &k, &index)) != NULL;) {
        first = first == NO_NODE ? e->owner : first;
        apart |= e->owner != first;
        drains |= (n->known.value.node[e->owner].flags & NODE_DRAINING) != 0;
        moves |= e->goal != NO_NODE;
    }
    /* R32: another that leads for a moment may see it otherwise; not at once again. */
    node_since(apart_since, apart && !moves, now);
    return !moves && (drains || (apart && now - *apart_since >= n->site->timing.silence));
}

/* Where one of them is, by priority, or else the first node that is one for all. NO_NODE: none. */
static uint8_t meeting_place(struct node *n, uint16_t group, const struct site_guest *first,
                             uint64_t now)
{
    const struct ledger_guest *e = NULL;
    for (int k = 0, index; (e = next_of(n, group, &k, &index)) != NULL;)
        if (all_fit(n, group, e->owner, now))
            return e->owner;
    for (int i = -1; i < first->peers; i++) {
        uint8_t node = i < 0 ? first->home : first->peer[i];
        if (all_fit(n, group, node, now))
            return node;
        if (is_arriving(n, node, now))
            return NO_NODE;
    }
    return NO_NODE;
}

/* Those that must be together move as one, and meet again when something has kept some of them
 * back. Where no node is one for all, each stays, or goes where it may. first: by priority. */
static void move_group(struct node *n, struct wishes *w, int first, uint64_t now)
{
    uint16_t group = n->site->guest[first].together;
    const struct ledger_guest *e = NULL;
    if (!must_move(n, group, &n->guest[first].apart_since, now))
        return;
    uint8_t place = meeting_place(n, group, &n->site->guest[first], now);
    for (int k = 0, index; place != NO_NODE && (e = next_of(n, group, &k, &index)) != NULL;) {
        struct change c = {
            .kind = CHANGE_GOAL, .id = e->id, .node = place, .commands = e->commands};
        if (e->owner != place)
            node_wish(n, w, c);
    }
}

static bool is_first_of_group(const struct node *n, int index)
{
    uint16_t group = n->site->guest[index].together;
    int k = 0;
    while (n->site->guest[n->order[k]].together != group)
        k++;
    return group != 0 && n->order[k] == index;
}

void placement_wishes(struct node *n, struct wishes *w, uint64_t now)
{
    n->cleared = 0;
    for (int k = 0; k < n->site->guests; k++) {
        int index = n->order[k];
        if (is_first_of_group(n, index))
            move_group(n, w, index, now);
        uint64_t id = n->site->guest[index].id;
        const struct ledger_guest *e = ledger_guest(&n->scratch, id, index);
        struct change c = {.id = id};
        if (e != NULL && (e->flags & GUEST_STOPPED) != 0)
            continue;
        if (e != NULL && ledger_is_held(&n->scratch, e)) {
            n->guest[index].homeless_since = 0;
            c.kind = CHANGE_GOAL;
            c.commands = e->commands;
            c.node = goal_of(n, index, e, now);
            if (c.node == e->goal || aims_again(n, index, e, now))
                continue;
        } else {
            c.kind = CHANGE_CLAIM;
            c.node = choose_owner(n, index, e, now);
            node_since(&n->guest[index].homeless_since, c.node == NO_NODE, now);
            if (c.node == NO_NODE)
                room_wishes(n, w, index, now);
            if (c.node == NO_NODE || too_soon(n, index, e, now))
                continue;
            c.generation = n->scratch.node[c.node].generation;
        }
        node_wish(n, w, c);
    }
}
