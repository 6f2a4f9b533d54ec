#include "core/rounds.h"

#include "core/chosen.h"
#include "core/mutant.h"

#define RESEND_BEATS  1 /* ask again those who have not answered */
#define GIVE_UP_BEATS 4 /* a proposal that gets no further is begun anew */

static struct electorate electorate(const struct node *n)
{
    return (struct electorate){
        .site = n->site, .self = n->self, .down = n->down, .fenced = n->fenced};
}

/* ---- proposing ---- */

static void back_off(struct node *n, uint32_t least, uint64_t now)
{
    n->proposer.phase = PROPOSER_IDLE;
    n->proposer_backoff = now + least + node_random(n) % (2 * n->site->timing.beat);
}

static void send_accept(struct node *n, uint8_t to, struct actions *out)
{
    struct message *m = node_send(n, out, MESSAGE_ACCEPT, to);
    m->round.ballot = n->proposer.ballot;
    m->round.cold = n->proposer.cold;
    m->value = &n->proposer.value;
}

static void count_accepted(struct node *n, uint8_t from, const struct ballot *b, uint64_t now,
                           struct actions *out)
{
    struct electorate e = electorate(n);
    if (!proposer_accepted(&n->proposer, &e, from, b))
        return;
    chosen_learn(n, b, &n->proposer.value, now, out);
    chosen_tell(n, EVERYBODY, out);
}

/* R3: whatever was promised or accepted is journalled before anybody hears of it. */
static void accept_own(struct node *n, uint64_t now, struct actions *out)
{
    struct proposer *p = &n->proposer;
    bool ok = acceptor_accept(&n->memory.acceptor, &p->ballot, &p->value, p->cold, n->self,
                              n->incarnation);
    if (ok)
        node_act(out, ACT_JOURNAL);
    send_accept(n, EVERYBODY, out);
    if (ok)
        count_accepted(n, n->self, &p->ballot, now, out);
}

static void send_prepare(struct node *n, uint8_t to, uint64_t named, struct actions *out)
{
    struct message *m = node_send(n, out, MESSAGE_PREPARE, to);
    m->round.ballot = n->proposer.ballot;
    /* Promises may leave out a value that the proposer has. What it has is the base of this
     * proposal, not what it may have learned since. */
    if (mutant(M_WRONG_BASE))
        m->round.accepted = n->memory.acceptor.accepted;
    else if (n->proposer.sure) /* otherwise R8 asks for any value */
        m->round.accepted = n->proposer.best;
    m->round.named = named;
}

static void count_promise(struct node *n, uint8_t from, const struct round *m,
                          const struct ledger *value, uint64_t now, struct actions *out)
{
    struct electorate e = electorate(n);
    switch (proposer_promise(&n->proposer, &e, from, m, value, now)) {
    case PROPOSER_WAIT:
        break;
    case PROPOSER_ASK_AGAIN:
        if (from != n->self)
            send_prepare(n, from, n->proposer.value.node[from].incarnation, out);
        break;
    case PROPOSER_READY:
        accept_own(n, now, out);
        break;
    }
}

static struct round own_promise(const struct node *n, const struct ballot *b)
{
    return (struct round){.ballot = *b,
                          .accepted = n->memory.acceptor.accepted,
                          .remembers = n->memory.acceptor.remembers,
                          .incarnation = n->incarnation,
                          .replaces = n->replaces};
}

/* R4: no ballot is used twice: its proposer has promised it, and journalled that, before. */
void rounds_begin(struct node *n, const struct wishes *w, uint64_t now, struct actions *out)
{
    struct acceptor *a = &n->memory.acceptor;
    uint32_t number = n->highest > a->promised.number ? n->highest : a->promised.number;
    struct ballot b = {.number = number + 1, .node = n->self, .incarnation = n->incarnation};
    if (mutant(M_REUSE_BALLOT)) {
        b.number = n->known.ballot.number + 1;
        if (ballot_compare(&b, &a->promised) == 0)
            a->promised = n->known.ballot;
    }
    n->highest = b.number;
    if (!acceptor_prepare(a, &b))
        return;
    node_act(out, ACT_JOURNAL);
    proposer_begin(&n->proposer, n->site->nodes, &b, w->change, w->count, now);
    struct round own = own_promise(n, &b);
    count_promise(n, n->self, &own, &a->value, now, out);
    if (n->proposer.phase == PROPOSER_PREPARES)
        send_prepare(n, EVERYBODY, 0, out);
}

void rounds_beat(struct node *n, uint64_t now, struct actions *out)
{
    uint32_t beat = n->site->timing.beat;
    struct proposer *p = &n->proposer;
    if (p->phase != PROPOSER_IDLE && now - p->since >= (uint64_t)GIVE_UP_BEATS * beat)
        back_off(n, beat, now);
    if (p->phase == PROPOSER_IDLE || now - p->since < (uint64_t)RESEND_BEATS * beat)
        return;
    nodeset answered = proposer_answered(p);
    for (uint8_t i = 0; i < n->site->nodes; i++) {
        if (i == n->self || node_in(answered, i))
            continue;
        if (p->phase == PROPOSER_PREPARES)
            send_prepare(n, i, p->value.node[i].incarnation, out);
        else
            send_accept(n, i, out);
    }
}

/* ---- voting ---- */

static void refuse(struct node *n, const struct message *m, struct actions *out)
{
    struct message *no = node_send(n, out, MESSAGE_REFUSE, m->from);
    no->round.ballot = m->round.ballot;
    no->round.accepted = n->memory.acceptor.promised;
}

static void on_prepare(struct node *n, const struct message *m, struct actions *out)
{
    struct acceptor *a = &n->memory.acceptor;
    const struct round *r = &m->round;
    if (r->named != 0)
        chosen_note_name(n, r->named);
    struct ballot before = a->promised;
    if (!acceptor_prepare(a, &r->ballot)) {
        refuse(n, m, out);
        return;
    }
    bool journal = ballot_compare(&before, &a->promised) != 0;
    if (journal && !mutant(M_PROMISE_FIRST))
        node_act(out, ACT_JOURNAL);
    struct message *yes = node_send(n, out, MESSAGE_PROMISE, m->from);
    yes->round = own_promise(n, &r->ballot);
    if (ballot_compare(&a->accepted, &r->accepted) > 0)
        yes->value = &a->value;
    if (journal && mutant(M_PROMISE_FIRST))
        node_act(out, ACT_JOURNAL);
}

static void on_refuse(struct node *n, const struct message *m, uint64_t now)
{
    chosen_note_ballot(n, &m->round.accepted);
    if (n->proposer.phase != PROPOSER_IDLE &&
        ballot_compare(&m->round.ballot, &n->proposer.ballot) == 0)
        back_off(n, 0, now);
}

static void on_accept(struct node *n, const struct message *m, uint64_t now, struct actions *out)
{
    struct acceptor *a = &n->memory.acceptor;
    const struct round *r = &m->round;
    chosen_note_name(n, m->value->node[n->self].incarnation);
    chosen_note_ballot(n, &r->ballot);
    if (acceptor_accept(a, &r->ballot, m->value, r->cold, n->self, n->incarnation)) {
        node_act(out, ACT_JOURNAL);
        node_send(n, out, MESSAGE_ACCEPTED, m->from)->round.ballot = r->ballot;
        if (mutant(M_ACT_UNCHOSEN)) /* R1 */
            chosen_learn(n, &r->ballot, m->value, now, out);
    } else if (ballot_compare(&r->ballot, &a->promised) < 0) {
        refuse(n, m, out);
    }
}

void rounds_message(struct node *n, const struct message *m, uint64_t now, struct actions *out)
{
    switch (m->kind) {
    case MESSAGE_PREPARE:
        on_prepare(n, m, out);
        break;
    case MESSAGE_PROMISE:
        count_promise(n, m->from, &m->round, m->value, now, out);
        break;
    case MESSAGE_REFUSE:
        on_refuse(n, m, now);
        break;
    case MESSAGE_ACCEPT:
        if (m->value != NULL)
            on_accept(n, m, now, out);
        break;
    case MESSAGE_ACCEPTED:
        count_accepted(n, m->from, &m->round.ballot, now, out);
        break;
    case MESSAGE_CHOSEN:
        if (m->value != NULL)
            chosen_learn(n, &m->round.ballot, m->value, now, out);
        break;
    case MESSAGE_HEARTBEAT:
    case MESSAGE_REQUEST:
    case MESSAGE_KINDS:
        break;
    }
}
