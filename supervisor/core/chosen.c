#include "core/chosen.h"

#include "core/mutant.h"
#include "core/takeover.h"

void chosen_note_name(struct node *n, uint64_t named)
{
    if (named != n->incarnation)
        n->replaces = named;
}

void chosen_note_ballot(struct node *n, const struct ballot *b)
{
    if (b->number > n->highest)
        n->highest = b->number;
}

void chosen_check_alive(struct node *n, struct actions *out)
{
    bool named = n->known.value.node[n->self].incarnation == n->incarnation;
    bool replaced = n->joined && !named;
    bool dead = named && !node_is_current(n);
    n->joined |= named;
    if (mutant(M_DEAD_LIVE_ON))
        return;
    if (replaced || dead) {
        n->resetting = true;
        node_act(out, ACT_REPORT)->text = "this node was declared dead: resetting the host";
        node_act(out, ACT_RESET);
    }
}

/* An operator's command gives a node another chance at a guest that it had given up. */
static void forgive(struct node *n)
{
    for (int i = 0; i < n->site->guests; i++) {
        struct core_guest *g = &n->guest[i];
        if (g->unfit_until == 0)
            continue;
        const struct ledger_guest *l = ledger_guest(&n->known.value, n->site->guest[i].id, i);
        if (l != NULL && l->commands != g->commands)
            g->unfit_until = 0;
    }
}

void chosen_learn(struct node *n, const struct ballot *b, const struct ledger *v, uint64_t now,
                  struct actions *out)
{
    /* R10: even where nothing else is learned. Whoever accepted a cold start that nobody else did
     * must name its forerunner to get back to the era of the others: R6 voids its promises else. */
    chosen_note_name(n, v->node[n->self].incarnation);
    if (acceptor_is_foreign(&n->memory.acceptor, v))
        return;
    if (acceptor_learn(&n->memory.acceptor, b, v, n->self, n->incarnation))
        node_act(out, ACT_JOURNAL);
    chosen_note_ballot(n, b);
    if (ballot_compare(b, &n->known.ballot) <= 0)
        return;
    if (n->known.value.era != v->era)
        takeover_forget(n);
    n->known.ballot = *b;
    ledger_copy(&n->known.value, v);
    n->dirty = true;
    takeover_learned(n, now);
    forgive(n);
    chosen_check_alive(n, out);
}

void chosen_tell(struct node *n, uint8_t to, struct actions *out)
{
    struct message *m = node_send(n, out, MESSAGE_CHOSEN, to);
    m->round.ballot = n->known.ballot;
    m->value = &n->known.value;
}
