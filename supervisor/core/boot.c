/* How a node begins: from what an earlier relevod or boot has left, and from what runs. */
#include <string.h>

#include "core/chosen.h"
#include "core/guest.h"
#include "core/mutant.h"

static void order_by_priority(struct node *n)
{
    for (int i = 0; i < n->site->guests; i++) {
        int k = i;
        for (; k > 0 && n->site->guest[n->order[k - 1]].priority < n->site->guest[i].priority; k--)
            n->order[k] = n->order[k - 1];
        n->order[k] = (uint16_t)i;
    }
}

static uint64_t hash_site(const struct core_site *s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a over the ids in their order */
    for (int i = 0; i < s->guests; i++)
        h = (h ^ s->guest[i].id) * UINT64_C(0x100000001b3);
    return h ^ s->nodes;
}

/* What was given away is found again under the guest's id, should the site's order be another. */
static void recall(struct node *n, const struct boot *b)
{
    n->memory = *b->memory;
    n->memory.armed &= !b->first;
    for (int i = 0; i < n->site->guests; i++) {
        memset(&n->memory.left[i], 0, sizeof(n->memory.left[i]));
        for (int k = 0; k < CORE_GUESTS && !b->first; k++)
            if (b->memory->left[k].epoch != 0 && b->memory->left[k].id == n->site->guest[i].id)
                n->memory.left[i] = b->memory->left[k];
    }
    struct acceptor *a = &n->memory.acceptor;
    if (mutant(M_FORGET_PROMISE) && !b->first)
        a->promised = a->accepted = (struct ballot){0};
    if (mutant(M_FORGET_RELEASE))
        memset(n->memory.left, 0, sizeof(n->memory.left));
    /* R30: of two nodes, the other may have gone on alone while this one was off. */
    if (b->first && n->site->nodes == 2 && !mutant(M_TWO_REMEMBER))
        a->remembers = a->chosen = false;
    n->highest = a->promised.number;
    chosen_note_name(n, a->value.node[n->self].incarnation);
    if (a->chosen && a->accepted.number != 0) {
        n->known.ballot = a->accepted;
        ledger_copy(&n->known.value, &a->value);
        n->joined = a->value.node[n->self].incarnation == n->incarnation;
    }
}

static void find_domains(struct node *n, const struct boot *b, uint64_t now)
{
    for (int i = 0; i < n->site->guests; i++) {
        struct core_guest *g = &n->guest[i];
        g->since = now;
        if (b->domain == NULL || b->domain[i] == DOMAIN_NONE)
            continue;
        bool offered = n->memory.left[i].epoch != 0 && n->memory.left[i].to != NO_NODE;
        g->epoch = n->memory.left[i].epoch;
        if (b->domain[i] == DOMAIN_RUNNING)
            g->run = RUN_UP;
        else
            g->run = offered ? RUN_OFFERED : RUN_STOPPING; /* a paused copy of ours: discard */
        if (g->run == RUN_STOPPING)
            g->since = now - 2ull * n->site->timing.stop;
    }
}

void node_init(struct node *n, const struct boot *b, uint64_t now, struct actions *out)
{
    memset(n, 0, sizeof(*n));
    out->count = out->messages = 0;
    n->site = b->site;
    n->self = b->self;
    n->incarnation = b->incarnation;
    n->site_hash = hash_site(b->site);
    n->born = now;
    n->random = b->seed | 1;
    n->watchdog = true;
    n->dirty = true;
    order_by_priority(n);
    ledger_init(&n->known.value, b->site->nodes);
    ledger_init(&n->memory.acceptor.value, b->site->nodes);
    n->memory.self = b->self;
    n->memory.nodes = b->site->nodes;
    n->memory.cluster = b->site->cluster;
    bool ours = b->memory != NULL && b->memory->self == b->self &&
                b->memory->nodes == b->site->nodes && b->memory->cluster == b->site->cluster;
    if (ours)
        recall(n, b);
    n->memory.life++;
    find_domains(n, b, now);
    /* R3: what an earlier relevod promised still counts, as the ledger names this incarnation. Only
     * another one may begin anew; nothing is journalled that could be taken for that memory. */
    bool lost = !ours && !b->first && !(mutant(M_LOST_MEMORY) && guest_all_idle(n));
    if (lost) {
        n->resetting = true;
        node_act(out, ACT_REPORT)->text = "what this node has promised is lost: resetting the host";
        node_act(out, ACT_RESET);
        return;
    }
    node_act(out, ACT_JOURNAL);
    chosen_check_alive(n, out);
}
