#include "core/mirror.h"

#include "core/guest.h"
#include "core/mutant.h"

static int peer_side(const struct node *n, int index)
{
    int side = mirror_side(&n->site->mirror[index], n->self);
    return side == NO_INDEX ? NO_INDEX : 1 - side;
}

/* The entry of the guest that uses the mirror, if this node owns it. */
static const struct ledger_guest *owned_user(const struct node *n, int index)
{
    for (int i = 0; i < n->site->guests; i++)
        for (int k = 0; k < n->site->guest[i].mirrors; k++)
            if (n->site->guest[i].mirror[k] == index)
                return guest_owned(n, i);
    return NULL;
}

/* R24: each break of the link makes a mark of its own. */
static uint64_t new_mark(struct node *n)
{
    uint64_t generation = n->known.value.node[n->self].generation & 0xffffff;
    n->memory.marks++;
    return mark_make(n->self + 1, generation << 32 | n->memory.marks);
}

void mirror_frozen(struct node *n, int index, struct actions *out)
{
    struct mirror *m = &n->mirror[index];
    m->frozen = true;
    m->synced = false;
    if (!(mutant(M_REUSE_MARK) && m->mark != 0))
        m->mark = new_mark(n);
    node_act(out, ACT_JOURNAL);
}

void mirror_synced(struct node *n, int index)
{
    struct mirror *m = &n->mirror[index];
    m->frozen = false;
    m->synced = true;
    if (!mutant(M_REUSE_MARK))
        m->mark = 0;
}

/* R25: writes go on when THIS mark is chosen, for a guest that is ours. */
void mirrors_converge(struct node *n, struct actions *out)
{
    for (int i = 0; i < n->site->mirrors; i++) {
        struct mirror *m = &n->mirror[i];
        if (!m->frozen)
            continue;
        uint64_t now = ledger_mark(&n->known.value, n->site->mirror[i].id, peer_side(n, i));
        bool marked = m->mark != 0 && now == m->mark;
        if (mutant(M_OLD_MARK))
            marked = now != 0;
        if (mutant(M_RESUME_EARLY))
            marked = true;
        if (!marked || (owned_user(n, i) == NULL && !mutant(M_DEAD_MARKS)))
            continue;
        m->frozen = false;
        node_act(out, ACT_RESUME_IO)->index = i;
    }
}

void mirrors_wishes(struct node *n, struct wishes *w)
{
    for (int i = 0; i < n->site->mirrors; i++) {
        const struct site_mirror *s = &n->site->mirror[i];
        const struct mirror *m = &n->mirror[i];
        int side = peer_side(n, i);
        if (side == NO_INDEX || (!m->frozen && !m->synced))
            continue;
        struct change c = {.node = s->node[side], .id = s->id};
        if (m->synced) {
            c.kind = CHANGE_FRESH;
            c.mark = ledger_mark(&n->known.value, s->id, side);
        } else {
            const struct ledger_guest *user = owned_user(n, i);
            c.kind = CHANGE_STALE;
            c.mark = m->mark;
            if (user == NULL || c.mark == 0)
                continue;
            c.epoch = user->epoch;
        }
        if (c.mark != 0)
            node_wish(n, w, c);
    }
}
