#include "core/room.h"

#include "core/placement.h"
#include "core/policy.h"

/* The entry of the k-th guest in the order of priority; NULL: another node has it, or none. */
static const struct ledger_guest *owned_there(const struct node *n, int k, uint8_t node)
{
    int index = n->order[k];
    const struct ledger_guest *e = ledger_guest(&n->scratch, n->site->guest[index].id, index);
    return ledger_is_held(&n->scratch, e) && e->owner == node ? e : NULL;
}

/* It has been told to go: its room will be free without more ado. */
static bool leaves(const struct ledger_guest *e)
{
    return (e->flags & (GUEST_STOPPED | GUEST_YIELDS)) != 0 ||
           (e->goal != NO_NODE && e->goal != e->owner);
}

/* What is still lacking when those that leave have left. */
static uint64_t lack_then(const struct node *n, int index, uint8_t node)
{
    uint64_t lack = policy_lack(n->site, &n->scratch, index, node);
    for (int k = 0; k < n->site->guests; k++) {
        const struct ledger_guest *e = owned_there(n, k, node);
        uint64_t memory = n->site->guest[n->order[k]].memory_mib;
        if (e != NULL && leaves(e))
            lack -= memory < lack ? memory : lack;
    }
    return lack;
}

/* Could be told to go for the sake of the guest with this index. */
static bool gives_way(const struct node *n, int k, uint8_t node, int index)
{
    const struct site_guest *g = &n->site->guest[n->order[k]];
    const struct ledger_guest *e = owned_there(n, k, node);
    return e != NULL && !leaves(e) && g->priority < n->site->guest[index].priority;
}

static uint64_t could_give(const struct node *n, uint8_t node, int index)
{
    uint64_t sum = 0;
    for (int k = 0; k < n->site->guests; k++)
        sum += gives_way(n, k, node, index) ? n->site->guest[n->order[k]].memory_mib : 0;
    return sum;
}

/* Spares as many as it can, the highest in priority first. False: not even all would be enough. */
static bool make_room(struct node *n, struct wishes *w, int index, uint8_t node, uint64_t now)
{
    uint64_t lack = lack_then(n, index, node);
    uint64_t sum = could_give(n, node, index);
    if (!placement_suits(n, index, node, now) || sum < lack)
        return false;
    n->cleared |= node_bit(node);
    uint64_t spare = sum - lack;
    for (int k = 0; k < n->site->guests; k++) {
        uint64_t memory = n->site->guest[n->order[k]].memory_mib;
        if (!gives_way(n, k, node, index))
            continue;
        if (memory <= spare) {
            spare -= memory;
            continue;
        }
        const struct ledger_guest *e = owned_there(n, k, node);
        node_wish(n, w, (struct change){.kind = CHANGE_YIELD, .id = e->id, .epoch = e->epoch});
    }
    return true;
}

void room_wishes(struct node *n, struct wishes *w, int index, uint64_t now)
{
    const struct site_guest *g = &n->site->guest[index];
    /* A node that has just come may yet have room (placement.c waits for it as long). */
    if (now - n->guest[index].homeless_since < 2ull * n->site->timing.silence)
        return;
    bool done = make_room(n, w, index, g->home, now);
    for (int i = 0; i < g->peers && !done; i++)
        done = make_room(n, w, index, g->peer[i], now);
}
