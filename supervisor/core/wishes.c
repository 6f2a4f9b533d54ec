#include "core/wishes.h"

#include <string.h>

#include "core/guest.h"
#include "core/mirror.h"
#include "core/mutant.h"
#include "core/rounds.h"
#include "core/takeover.h"

#define OVERDUE_BEATS 4     /* a wish that the leader has not fulfilled is proposed here */
#define SETTLE_BEATS  2     /* an accepted value that is not seen to be chosen is proposed again */
#define COMMAND_MS    60000 /* an operator's command that cannot be carried out is dropped */

static void add(struct node *n, struct wishes *w, const struct change *c)
{
    if (w->count < w->max && ledger_change(n->site, &n->scratch, c))
        w->change[w->count++] = *c;
}

void node_wish(struct node *n, struct wishes *w, struct change c)
{
    c.by = n->self;
    c.incarnation = n->incarnation;
    add(n, w, &c);
}

/* Something accepted that is not known to be chosen, or a node that waits to remember again: only a
 * new round settles it. */
static bool is_unsettled(const struct node *n, uint64_t now)
{
    const struct ballot *known = &n->known.ballot;
    bool open = ballot_compare(&n->memory.acceptor.accepted, known) > 0;
    for (uint8_t i = 0; i < n->site->nodes && !open; i++) {
        const struct peer *p = &n->peer[i];
        bool named = n->known.value.node[i].incarnation == p->last.beat.incarnation;
        if (i == n->self || !node_hears(n, i, now))
            continue;
        open = ballot_compare(&p->last.accepted, known) > 0 ||
               (named && (p->last.flags & BEAT_REMEMBERS) == 0);
    }
    return open;
}

static void own_wishes(struct node *n, struct wishes *w, uint64_t now)
{
    const struct ledger_node *me = &n->known.value.node[n->self];
    if (me->incarnation != n->incarnation && !n->joined) {
        struct change join = {.kind = CHANGE_JOIN, .node = n->self, .replaces = me->incarnation};
        node_wish(n, w, join);
    }
    guest_wishes(n, w, now);
    mirrors_wishes(n, w);
    takeover_fenced_wishes(n, w);
    int left = 0;
    for (int i = 0; i < n->commands; i++) {
        int before = w->count;
        node_wish(n, w, n->command[i]);
        if (w->count > before && now - n->command_since < COMMAND_MS)
            n->command[left++] = n->command[i]; /* until the ledger shows it */
    }
    n->commands = left;
}

static void request(struct node *n, const struct wishes *w, uint8_t leader, uint64_t now,
                    struct actions *out)
{
    if (n->asked_at == now)
        return;
    n->asked_at = now;
    struct message *m = node_send(n, out, MESSAGE_REQUEST, leader);
    m->request.changes = w->count < REQUEST_CHANGES ? w->count : REQUEST_CHANGES;
    memcpy(m->request.change, w->change, (size_t)m->request.changes * sizeof(*w->change));
}

void wishes_drive(struct node *n, uint64_t now, struct actions *out)
{
    struct change change[REGISTER_CHANGES];
    struct wishes w = {.max = REGISTER_CHANGES, .change = change};
    const struct timing *t = &n->site->timing;
    uint8_t leader = takeover_leader(n, now);
    n->scratch.nodes = n->site->nodes;
    ledger_copy(&n->scratch, &n->known.value);
    own_wishes(n, &w, now);
    bool unsettled = is_unsettled(n, now);
    node_since(&n->wish_since, w.count > 0, now);
    node_since(&n->settle_since, unsettled, now);

    /* No wish may depend on one other node: the leader may hang, or be out of reach. */
    bool overdue = w.count > 0 && now - n->wish_since >= (uint64_t)OVERDUE_BEATS * t->beat;
    bool stuck =
        unsettled && now - n->settle_since >=
                         (uint64_t)(leader == n->self ? SETTLE_BEATS : 2 * OVERDUE_BEATS) * t->beat;
    if (leader == n->self) {
        for (int i = 0; i < n->requests; i++)
            add(n, &w, &n->request[i]);
        takeover_wishes(n, &w, now);
    } else if (w.count > 0 && !overdue) {
        request(n, &w, leader, now, out);
    }
    if (n->proposer.phase != PROPOSER_IDLE || now < n->proposer_backoff)
        return;
    n->requests = 0;
    if ((leader == n->self && w.count > 0) || overdue || stuck) {
        n->settle_since = 0;
        rounds_begin(n, &w, now, out);
    }
}

void wishes_command(struct node *n, const struct change *c, uint64_t now)
{
    /* What is said later of the same thing counts: both would undo each other again and again. */
    int left = 0;
    for (int i = 0; i < n->commands; i++) {
        const struct change *o = &n->command[i];
        bool same =
            o->kind == c->kind && o->id == c->id && (o->node == c->node || c->kind == CHANGE_GOAL);
        if (!same || mutant(M_BOTH_COMMANDS))
            n->command[left++] = *o;
    }
    n->commands = left;
    if (n->commands == (int)(sizeof(n->command) / sizeof(n->command[0])))
        return;
    n->command[n->commands++] = *c;
    n->command_since = now;
}

/* R32: two nodes that each take the other for the leader must not answer requests by requests. */
void wishes_requested(struct node *n, const struct request *r, uint64_t now)
{
    for (int i = 0; i < r->changes && n->requests < REGISTER_CHANGES; i++)
        n->request[n->requests++] = r->change[i];
    n->dirty |= takeover_leader(n, now) == n->self || mutant(M_ASK_BACK);
}
