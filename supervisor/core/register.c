#include "core/register.h"

#include <string.h>

#include "core/mutant.h"

int ballot_compare(const struct ballot *a, const struct ballot *b)
{
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    if (a->incarnation != b->incarnation)
        return a->incarnation < b->incarnation ? -1 : 1;
    return 0;
}

/* R2: a majority of all configured nodes. Of two nodes: both, or one of them once the other's
 * present incarnation is confirmed to be off. */
bool register_quorum(const struct electorate *e, const struct ledger *v, nodeset who)
{
    if (mutant(M_NO_MAJORITY) && node_count(who) > 0)
        return true;
    if (node_count(who) >= site_majority(e->site))
        return true;
    if (e->site->nodes != 2 || !node_in(who, e->self))
        return false;
    uint8_t other = e->self == 0 ? 1 : 0;
    const struct ledger_node *o = &v->node[other];
    return (o->flags & NODE_FENCED) != 0 ||
           (o->generation != 0 && e->fenced[other] == o->generation);
}

bool acceptor_prepare(struct acceptor *a, const struct ballot *b)
{
    int order = ballot_compare(b, &a->promised);
    if (order > 0)
        a->promised = *b;
    return order >= 0;
}

/* R12: whom a node that has accepted this value does not echo. */
static nodeset accused(const struct ledger *v)
{
    nodeset who = 0;
    for (uint8_t i = 0; i < v->nodes; i++)
        if (v->node[i].suspicion != 0 || (v->node[i].flags & NODE_DEAD) != 0)
            who |= node_bit(i);
    return who;
}

static void keep(struct acceptor *a, const struct ballot *b, const struct ledger *v)
{
    a->accepted = *b;
    if (ballot_compare(b, &a->promised) > 0)
        a->promised = *b;
    ledger_copy(&a->value, v);
}

bool acceptor_is_foreign(const struct acceptor *a, const struct ledger *v)
{
    return a->remembers && a->value.era != v->era && !mutant(M_ANY_ERA);
}

/* R5: a node that has forgotten does not vote, except in a cold start.
 * R7: only a value that names this incarnation is accepted: one made before this boot does not. */
bool acceptor_accept(struct acceptor *a, const struct ballot *b, const struct ledger *v, bool cold,
                     uint8_t self, uint64_t incarnation)
{
    if (ballot_compare(b, &a->promised) < 0)
        return false;
    if (v->node[self].incarnation != incarnation && !mutant(M_ACCEPT_UNNAMED))
        return false;
    if (!a->remembers && !cold && !mutant(M_AMNESIAC_VOTES))
        return false;
    if (acceptor_is_foreign(a, v) && ballot_compare(b, &a->promised) != 0)
        return false;
    if (ballot_compare(b, &a->accepted) == 0)
        return true;
    keep(a, b, v);
    a->withheld |= accused(v);
    a->chosen = false;
    a->remembers = true;
    return true;
}

/* R8: what is known to be chosen is kept as if accepted, so that it can be told to others.
 * R5: whoever had forgotten votes again once a value that names its incarnation is chosen: by R7 it
 * was chosen without this node's vote, and whatever it had promised before cannot do harm any more.
 */
bool acceptor_learn(struct acceptor *a, const struct ballot *b, const struct ledger *v,
                    uint8_t self, uint64_t incarnation)
{
    int order = ballot_compare(b, &a->accepted);
    if (order < 0 || (order == 0 && a->chosen && a->remembers))
        return false;
    if (order > 0)
        keep(a, b, v);
    a->withheld = accused(v);
    a->chosen = true;
    if (v->node[self].incarnation == incarnation)
        a->remembers = true;
    return true;
}

void proposer_begin(struct proposer *p, uint8_t nodes, const struct ballot *b,
                    const struct change *change, int changes, uint64_t now)
{
    p->phase = PROPOSER_PREPARES;
    p->ballot = *b;
    p->since = now;
    p->promised = p->remembers = p->accepted = p->need = p->asked = 0;
    p->sure = false;
    p->best = (struct ballot){0};
    ledger_init(&p->value, nodes);
    p->changes = changes;
    memcpy(p->change, change, (size_t)changes * sizeof(*change));
}

/* R6: a promise is void if the value it is to support names another incarnation of that node, and
 * the promising one does not know that other as its forerunner. */
static bool is_void(const struct proposer *p, uint8_t node)
{
    uint64_t named = p->value.node[node].incarnation;
    return named != 0 && p->incarnation[node] != named && p->replaces[node] != named &&
           !mutant(M_OLD_PROMISES);
}

static nodeset valid(const struct proposer *p, nodeset who)
{
    nodeset ok = 0;
    for (uint8_t i = 0; i < CORE_NODES; i++)
        if (node_in(who, i) && !is_void(p, i))
            ok |= node_bit(i);
    return ok;
}

/* R9: when those that remember are too few, all must answer, except whom the operator has declared
 * off for good, and they must be a majority still (of two nodes, one is enough). */
static bool is_cold(const struct proposer *p, const struct electorate *e)
{
    nodeset all = site_all(e->site) & (nodeset)~e->down;
    int least = e->site->nodes == 2 ? 1 : site_majority(e->site);
    return !register_quorum(e, &p->value, p->remembers) && (p->promised & all) == all &&
           node_count(all) >= least;
}

/* Enters who promised (so that they may accept), then makes the changes asked for. */
static void build(struct proposer *p, const struct electorate *e, bool cold)
{
    struct ledger *v = &p->value;
    if (cold) {
        uint64_t incarnation[CORE_NODES] = {0};
        for (uint8_t i = 0; i < v->nodes; i++)
            if (node_in(p->promised, i))
                incarnation[i] = p->incarnation[i];
        /* Random, and another one for each cold start of this proposer. */
        uint64_t era = p->ballot.incarnation + ((uint64_t)p->ballot.number << 32);
        ledger_cold_start(v, era, incarnation, e->down & (nodeset)~p->promised);
        p->need = p->promised;
    } else if (node_count(valid(p, p->remembers)) < site_majority(e->site)) {
        p->need = node_bit(e->self); /* alone, as long as the value that it starts from allows it */
    }
    for (uint8_t i = 0; i < v->nodes; i++) {
        uint64_t named = v->node[i].incarnation;
        struct change join = {.kind = CHANGE_JOIN,
                              .by = i,
                              .node = i,
                              .incarnation = p->incarnation[i],
                              .replaces = named != 0 ? p->replaces[i] : 0};
        if (node_in(p->promised, i) && !is_void(p, i))
            ledger_change(e->site, v, &join);
    }
    for (int i = 0; i < p->changes; i++)
        ledger_change(e->site, v, &p->change[i]);
}

/* R8: what a node that forgot has been told since is used only where nobody remembers anything: it
 * may be of an earlier era, and its ballot says nothing about this one. */
static void take_value(struct proposer *p, const struct round *m, const struct ledger *value,
                       bool counts)
{
    bool better = ballot_compare(&m->accepted, &p->best) > 0;
    if (counts != p->sure && !mutant(M_AMNESIAC_VALUES))
        better = counts;
    if (value == NULL || !better)
        return;
    p->sure |= counts;
    p->best = m->accepted;
    ledger_copy(&p->value, value);
}

nodeset proposer_answered(struct proposer *p)
{
    p->asked = 0;
    return p->phase == PROPOSER_PREPARES ? valid(p, p->promised) : p->accepted;
}

/* Once in a beat: a node that can only promise the same again must not be asked as fast as the
 * network can. */
static bool ask_again(struct proposer *p, uint8_t node)
{
    bool asked = node_in(p->asked, node) && !mutant(M_ASK_BACK);
    p->asked |= node_bit(node);
    return is_void(p, node) && !asked;
}

enum proposer_step proposer_promise(struct proposer *p, const struct electorate *e, uint8_t from,
                                    const struct round *m, const struct ledger *value, uint64_t now)
{
    if (p->phase != PROPOSER_PREPARES || ballot_compare(&m->ballot, &p->ballot) != 0)
        return PROPOSER_WAIT;
    bool counts = m->remembers || mutant(M_AMNESIAC_VOTES);
    take_value(p, m, value, counts);
    p->promised |= node_bit(from);
    p->remembers &= (nodeset)~node_bit(from);
    if (counts)
        p->remembers |= node_bit(from);
    p->incarnation[from] = m->incarnation;
    p->replaces[from] = m->replaces;

    bool enough = register_quorum(e, &p->value, valid(p, p->remembers));
    bool cold = !enough && is_cold(p, e);
    if (!enough && !cold)
        return ask_again(p, from) ? PROPOSER_ASK_AGAIN : PROPOSER_WAIT;
    p->cold = cold;
    build(p, e, cold);
    p->phase = PROPOSER_ACCEPTS;
    p->since = now;
    return PROPOSER_READY;
}

bool proposer_accepted(struct proposer *p, const struct electorate *e, uint8_t from,
                       const struct ballot *b)
{
    if (p->phase != PROPOSER_ACCEPTS || ballot_compare(b, &p->ballot) != 0)
        return false;
    p->accepted |= node_bit(from);
    bool enough = p->need != 0 ? (p->accepted & p->need) == p->need
                               : node_count(p->accepted) >= site_majority(e->site);
    if (mutant(M_NO_MAJORITY))
        enough = true;
    if (enough)
        p->phase = PROPOSER_IDLE;
    return enough;
}
