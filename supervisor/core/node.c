#include "core/node.h"

#include <string.h>

#include "core/guest.h"
#include "core/mirror.h"
#include "core/mutant.h"
#include "core/takeover.h"

#define RESEND_BEATS  1     /* ask again those who have not answered */
#define GIVE_UP_BEATS 4     /* a proposal that gets no further is begun anew */
#define OVERDUE_BEATS 4     /* a wish that the leader has not fulfilled is proposed here */
#define SETTLE_BEATS  2     /* an accepted value that is not seen to be chosen is proposed again */
#define COMMAND_MS    60000 /* an operator's command that cannot be carried out is dropped */

struct action *node_act(struct actions *out, enum action_kind kind)
{
    if (out->count == ACTIONS_MAX)
        out->count--; /* cannot be, by the bound's arithmetic; never past the end */
    struct action *a = &out->action[out->count++];
    *a = (struct action){.kind = kind, .index = NO_INDEX, .node = NO_NODE};
    return a;
}

struct message *node_send(struct node *n, struct actions *out, enum message_kind kind, uint8_t to)
{
    if (out->messages == MESSAGES_MAX)
        out->messages--;
    struct message *m = &out->message[out->messages];
    memset(m, 0,
           offsetof(struct message, heartbeat) +
               (kind == MESSAGE_HEARTBEAT ? sizeof(m->heartbeat) : sizeof(m->round)));
    m->kind = kind;
    m->from = n->self;
    m->to = to;
    node_act(out, ACT_SEND)->message = out->messages++;
    return m;
}

uint32_t node_random(struct node *n) /* xorshift64* */
{
    n->random ^= n->random >> 12;
    n->random ^= n->random << 25;
    n->random ^= n->random >> 27;
    return (uint32_t)(n->random * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

bool node_is_current(const struct node *n)
{
    return ledger_is_current(&n->known.value, n->self, n->incarnation);
}

bool node_hears(const struct node *n, uint8_t other, uint64_t now)
{
    const struct peer *p = &n->peer[other];
    return p->known && now - p->heard_at <= n->site->timing.silence;
}

void node_wish(struct node *n, struct wishes *w, struct change c)
{
    if (w->count < w->max && ledger_change(n->site, &n->scratch, &c))
        w->change[w->count++] = c;
}

static struct electorate electorate(const struct node *n)
{
    return (struct electorate){
        .site = n->site, .self = n->self, .down = n->down, .fenced = n->fenced};
}

/* ---- what is chosen ---- */

/* Anything that names another incarnation of this node speaks of an earlier one. */
static void note_name(struct node *n, uint64_t named)
{
    if (named != n->incarnation)
        n->replaces = named;
}

/* R23: an incarnation that was declared dead, or replaced, resets its host: what it may still have
 * queued somewhere dies with it. */
static void check_alive(struct node *n, struct actions *out)
{
    bool named = n->known.value.node[n->self].incarnation == n->incarnation;
    bool replaced = n->joined && !named;
    bool dead = named && !node_is_current(n);
    n->joined |= named;
    if ((replaced || dead) && !n->resetting) {
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

static void learn(struct node *n, const struct ballot *b, const struct ledger *v, nodeset acceptors,
                  uint64_t now, struct actions *out)
{
    note_name(n, v->node[n->self].incarnation);
    if (acceptor_learn(&n->memory.acceptor, b, v, acceptors, n->self, n->incarnation))
        node_act(out, ACT_JOURNAL);
    if (b->number > n->highest)
        n->highest = b->number;
    if (ballot_compare(b, &n->known.ballot) <= 0)
        return;
    n->known.ballot = *b;
    n->known.acceptors = acceptors;
    ledger_copy(&n->known.value, v);
    n->dirty = true;
    takeover_learned(n, now);
    forgive(n);
    check_alive(n, out);
}

static void tell_chosen(struct node *n, uint8_t to, struct actions *out)
{
    struct message *m = node_send(n, out, MESSAGE_CHOSEN, to);
    m->round.ballot = n->known.ballot;
    m->round.acceptors = n->known.acceptors;
    m->value = &n->known.value;
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
    learn(n, b, &n->proposer.value, n->proposer.accepted, now, out);
    tell_chosen(n, EVERYBODY, out);
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
    m->round.accepted = mutant(M_WRONG_BASE) ? n->memory.acceptor.accepted : n->proposer.best;
    m->round.named = named;
}

static void count_promise(struct node *n, uint8_t from, const struct promise *m, uint64_t now,
                          struct actions *out)
{
    struct electorate e = electorate(n);
    switch (proposer_promise(&n->proposer, &e, from, m, now)) {
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

static struct promise own_promise(const struct node *n, const struct ballot *b)
{
    const struct acceptor *a = &n->memory.acceptor;
    return (struct promise){.ballot = *b,
                            .accepted = a->accepted,
                            .remembers = a->remembers,
                            .incarnation = n->incarnation,
                            .replaces = n->replaces,
                            .value = a->accepted.number != 0 ? &a->value : NULL};
}

/* R4: no ballot is used twice: its proposer has promised it, and journalled that, before. */
static void begin(struct node *n, const struct wishes *w, uint64_t now, struct actions *out)
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
    struct promise own = own_promise(n, &b);
    count_promise(n, n->self, &own, now, out);
    if (n->proposer.phase == PROPOSER_PREPARES)
        send_prepare(n, EVERYBODY, 0, out);
}

/* Something accepted that is not known to be chosen, or a node that waits to remember again: only a
 * new round settles it. */
static bool is_unsettled(const struct node *n, uint64_t now)
{
    const struct ballot *known = &n->known.ballot;
    bool open = ballot_compare(&n->memory.acceptor.accepted, known) > 0;
    for (uint8_t i = 0; i < n->site->nodes && !open; i++) {
        const struct peer *p = &n->peer[i];
        bool named = n->known.value.node[i].incarnation == p->beat.incarnation;
        if (i == n->self || !node_hears(n, i, now))
            continue;
        open =
            ballot_compare(&p->accepted, known) > 0 || (named && (p->flags & BEAT_REMEMBERS) == 0);
    }
    return open;
}

static void own_wishes(struct node *n, struct wishes *w, uint64_t now)
{
    const struct ledger_node *me = &n->known.value.node[n->self];
    if (me->incarnation != n->incarnation && !n->joined) {
        struct change c = {.kind = CHANGE_JOIN,
                           .by = n->self,
                           .node = n->self,
                           .incarnation = n->incarnation,
                           .replaces = me->incarnation};
        node_wish(n, w, c);
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

/* Collects what this node wants changed, and sees that it is proposed: here or by the leader. */
static void drive(struct node *n, uint64_t now, struct actions *out)
{
    struct change change[REGISTER_CHANGES];
    struct wishes w = {.max = REGISTER_CHANGES, .change = change};
    const struct timing *t = &n->site->timing;
    uint8_t leader = takeover_leader(n, now);
    n->scratch.nodes = n->site->nodes;
    ledger_copy(&n->scratch, &n->known.value);
    own_wishes(n, &w, now);
    bool unsettled = is_unsettled(n, now);
    if (w.count == 0)
        n->wish_since = 0;
    else if (n->wish_since == 0)
        n->wish_since = now;
    if (!unsettled)
        n->settle_since = 0;
    else if (n->settle_since == 0)
        n->settle_since = now;

    /* No wish may depend on one other node: the leader may hang, or be out of reach. */
    bool overdue = w.count > 0 && now - n->wish_since >= (uint64_t)OVERDUE_BEATS * t->beat;
    bool stuck =
        unsettled && now - n->settle_since >=
                         (uint64_t)(leader == n->self ? SETTLE_BEATS : 2 * OVERDUE_BEATS) * t->beat;
    if (leader == n->self) {
        for (int i = 0; i < n->requests; i++)
            node_wish(n, &w, n->request[i]);
        takeover_wishes(n, &w, now);
    } else if (w.count > 0 && !overdue) {
        request(n, &w, leader, now, out);
    }
    if (n->proposer.phase != PROPOSER_IDLE || now < n->proposer_backoff)
        return;
    n->requests = 0;
    if ((leader == n->self && w.count > 0) || overdue || stuck) {
        n->settle_since = 0;
        begin(n, &w, now, out);
    }
}

/* ---- messages ---- */

static void on_heartbeat(struct node *n, const struct message *m, uint64_t now, struct actions *out)
{
    const struct heartbeat *h = &m->heartbeat;
    struct peer *p = &n->peer[m->from];
    const struct beat *echo = &h->echo[n->self];
    /* R13: only heartbeats of this relevod, in this incarnation, prove anything. */
    if (echo->incarnation == n->incarnation && (echo->life == n->memory.life || mutant(M_OLD_LIFE)))
        lease_echo(&n->lease, m->from, echo->seq, lease_votes(n->site), now);
    if (p->beat.incarnation == h->beat.incarnation &&
        (h->beat.life < p->beat.life ||
         (h->beat.life == p->beat.life && h->beat.seq <= p->beat.seq)))
        return; /* overtaken */
    if (!p->known || p->flags != h->flags || p->beat.incarnation != h->beat.incarnation)
        n->dirty = true;
    p->known = true;
    p->heard_at = now;
    p->beat = h->beat;
    p->flags = h->flags;
    p->heard = h->heard;
    p->linked = h->linked;
    p->value = h->known;
    p->accepted = h->accepted;
    p->same_site = h->site == n->site_hash;
    p->unfit = h->unfit;
    p->running = h->running;
    n->down &= (nodeset)~node_bit(m->from);
    if (h->accepted.number > n->highest)
        n->highest = h->accepted.number;
    if (ballot_compare(&h->known, &n->known.ballot) < 0) {
        uint8_t leader = takeover_leader(n, now);
        if (leader == n->self || leader == m->from)
            tell_chosen(n, m->from, out);
    }
}

static void on_prepare(struct node *n, const struct message *m, struct actions *out)
{
    struct acceptor *a = &n->memory.acceptor;
    const struct round *r = &m->round;
    if (r->named != 0)
        note_name(n, r->named);
    struct ballot before = a->promised;
    if (!acceptor_prepare(a, &r->ballot)) {
        struct message *no = node_send(n, out, MESSAGE_REFUSE, m->from);
        no->round.ballot = r->ballot;
        no->round.accepted = a->promised;
        return;
    }
    bool journal = ballot_compare(&before, &a->promised) != 0;
    if (journal && !mutant(M_PROMISE_FIRST))
        node_act(out, ACT_JOURNAL);
    struct promise mine = own_promise(n, &r->ballot);
    struct message *yes = node_send(n, out, MESSAGE_PROMISE, m->from);
    yes->round.ballot = mine.ballot;
    yes->round.accepted = mine.accepted;
    yes->round.remembers = mine.remembers;
    yes->round.incarnation = mine.incarnation;
    yes->round.replaces = mine.replaces;
    if (ballot_compare(&mine.accepted, &r->accepted) > 0)
        yes->value = mine.value;
    if (journal && mutant(M_PROMISE_FIRST))
        node_act(out, ACT_JOURNAL);
}

static void on_promise(struct node *n, const struct message *m, uint64_t now, struct actions *out)
{
    struct promise p = {.ballot = m->round.ballot,
                        .accepted = m->round.accepted,
                        .remembers = m->round.remembers,
                        .incarnation = m->round.incarnation,
                        .replaces = m->round.replaces,
                        .value = m->value};
    count_promise(n, m->from, &p, now, out);
}

static void on_refuse(struct node *n, const struct message *m, uint64_t now)
{
    if (m->round.accepted.number > n->highest)
        n->highest = m->round.accepted.number;
    if (n->proposer.phase != PROPOSER_IDLE &&
        ballot_compare(&m->round.ballot, &n->proposer.ballot) == 0)
        back_off(n, 0, now);
}

static void on_accept(struct node *n, const struct message *m, uint64_t now, struct actions *out)
{
    struct acceptor *a = &n->memory.acceptor;
    const struct round *r = &m->round;
    note_name(n, m->value->node[n->self].incarnation);
    if (r->ballot.number > n->highest)
        n->highest = r->ballot.number;
    if (acceptor_accept(a, &r->ballot, m->value, r->cold, n->self, n->incarnation)) {
        node_act(out, ACT_JOURNAL);
        node_send(n, out, MESSAGE_ACCEPTED, m->from)->round.ballot = r->ballot;
        if (mutant(M_ACT_UNCHOSEN)) /* R1 */
            learn(n, &r->ballot, m->value, 0, now, out);
    } else if (ballot_compare(&r->ballot, &a->promised) < 0) {
        struct message *no = node_send(n, out, MESSAGE_REFUSE, m->from);
        no->round.ballot = r->ballot;
        no->round.accepted = a->promised;
    }
}

static void on_message(struct node *n, const struct message *m, uint64_t now, struct actions *out)
{
    if (m->from >= n->site->nodes || m->from == n->self ||
        (m->value != NULL && m->value->nodes != n->site->nodes))
        return;
    switch (m->kind) {
    case MESSAGE_HEARTBEAT:
        on_heartbeat(n, m, now, out);
        break;
    case MESSAGE_REQUEST:
        for (int i = 0; i < m->request.changes && n->requests < REGISTER_CHANGES; i++)
            n->request[n->requests++] = m->request.change[i];
        n->dirty = true;
        break;
    case MESSAGE_PREPARE:
        on_prepare(n, m, out);
        break;
    case MESSAGE_PROMISE:
        on_promise(n, m, now, out);
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
            learn(n, &m->round.ballot, m->value, m->round.acceptors, now, out);
        break;
    case MESSAGE_KINDS:
        break;
    }
}

/* ---- the beat ---- */

static void send_heartbeat(struct node *n, uint64_t now, struct actions *out)
{
    const struct acceptor *a = &n->memory.acceptor;
    struct message *m = node_send(n, out, MESSAGE_HEARTBEAT, EVERYBODY);
    struct heartbeat *h = &m->heartbeat;
    bool leased = lease_valid(&n->lease, &n->site->timing, now);
    h->beat = (struct beat){n->incarnation, n->memory.life, lease_send(&n->lease, now)};
    h->flags = (uint8_t)((a->remembers ? BEAT_REMEMBERS : 0) | (leased ? BEAT_LEASED : 0) |
                         (leased && n->watchdog && n->joined ? BEAT_ABLE : 0));
    h->known = n->known.ballot;
    h->accepted = a->accepted;
    h->site = n->site_hash;
    guest_summary(n, now, &h->unfit, &h->running);
    for (uint8_t i = 0; i < n->site->nodes; i++) {
        const struct peer *p = &n->peer[i];
        if (i == n->self) {
            if (lease_may_echo(a, i, n->incarnation))
                lease_echo(&n->lease, i, h->beat.seq, lease_votes(n->site), now);
            continue;
        }
        if (p->known && lease_may_echo(a, i, p->beat.incarnation))
            h->echo[i] = p->beat;
        if (!node_hears(n, i, now))
            continue;
        h->heard |= node_bit(i);
        if (node_in(p->heard, n->self))
            h->linked |= node_bit(i);
    }
}

/* R14: the watchdog is fed only on a valid lease, or while nothing runs that it would have to end;
 * and it is first armed on the first proof. */
static void feed(struct node *n, uint64_t now, struct actions *out)
{
    bool leased = lease_valid(&n->lease, &n->site->timing, now) || mutant(M_FEED_ALWAYS);
    if (!n->watchdog || !(leased || (n->memory.armed && guest_all_idle(n))))
        return;
    if (!n->memory.armed) {
        n->memory.armed = true;
        node_act(out, ACT_JOURNAL);
    }
    node_act(out, ACT_FEED);
}

static void tick(struct node *n, uint64_t now, struct actions *out)
{
    uint32_t beat = n->site->timing.beat;
    struct proposer *p = &n->proposer;
    send_heartbeat(n, now, out);
    feed(n, now, out);
    if (!n->memory.acceptor.remembers)
        n->voting_since = 0;
    else if (n->voting_since == 0)
        n->voting_since = now;
    takeover_fence(n, now, out);
    if (p->phase != PROPOSER_IDLE && now - p->since >= (uint64_t)GIVE_UP_BEATS * beat)
        back_off(n, beat, now);
    nodeset answered = p->phase == PROPOSER_PREPARES ? p->promised : p->accepted;
    if (p->phase != PROPOSER_IDLE && now - p->since >= (uint64_t)RESEND_BEATS * beat)
        for (uint8_t i = 0; i < n->site->nodes; i++) {
            if (i == n->self || node_in(answered, i))
                continue;
            if (p->phase == PROPOSER_PREPARES)
                send_prepare(n, i, 0, out);
            else
                send_accept(n, i, out);
        }
    n->dirty = true;
}

static void command(struct node *n, const struct change *c, uint64_t now)
{
    if (n->commands == (int)(sizeof(n->command) / sizeof(n->command[0])))
        return;
    n->command[n->commands] = *c;
    n->command[n->commands].by = n->self;
    n->command[n->commands].incarnation = n->incarnation;
    n->commands++;
    n->command_since = now;
}

/* The word counts for a node that is not heard; one that speaks is not down. */
static void confirm_down(struct node *n, uint8_t node, uint64_t now)
{
    if (node >= n->site->nodes || node == n->self || node_hears(n, node, now))
        return;
    n->down |= node_bit(node);
    n->fenced[node] = n->known.value.node[node].generation;
}

static void dispatch(struct node *n, const struct event *e, uint64_t now, struct actions *out)
{
    switch (e->kind) {
    case EVENT_TICK:
        tick(n, now, out);
        return;
    case EVENT_MESSAGE:
        on_message(n, e->message, now, out);
        return;
    case EVENT_MEMBERS:
        for (uint8_t i = 0; i < n->site->nodes; i++)
            if (!node_in(e->members, i))
                n->peer[i].known = false;
        break;
    case EVENT_GUEST_RUNNING:
        guest_running(n, e->index, now);
        break;
    case EVENT_GUEST_ENDED:
        guest_ended(n, e->index, e->end, now, out);
        break;
    case EVENT_GUEST_GONE:
        guest_gone(n, e->index, now);
        break;
    case EVENT_OFFER_READY:
        guest_offer_ready(n, e->index, now, out);
        break;
    case EVENT_OFFER_FAILED:
        guest_offer_failed(n, e->index, now);
        break;
    case EVENT_INCOMING:
        guest_incoming(n, e->index, e->epoch, now);
        break;
    case EVENT_DEVICES:
        n->guest[e->index].devices_bad = !e->on;
        break;
    case EVENT_MIRROR_FROZEN:
        mirror_frozen(n, e->index, out);
        break;
    case EVENT_MIRROR_SYNCED:
        mirror_synced(n, e->index);
        break;
    case EVENT_MIRROR_APART:
        n->mirror[e->index].synced = false;
        break;
    case EVENT_WATCHDOG:
        n->watchdog = e->on;
        break;
    case EVENT_FENCED:
        n->fenced[e->node] = e->generation;
        break;
    case EVENT_CONFIRM_DOWN:
        confirm_down(n, e->node, now);
        break;
    case EVENT_COMMAND:
        command(n, e->change, now);
        break;
    }
    n->dirty = true;
}

void node_step(struct node *n, const struct event *e, uint64_t now, struct actions *out)
{
    out->count = out->messages = 0;
    if (n->resetting)
        return;
    dispatch(n, e, now, out);
    if (!n->dirty || n->resetting)
        return;
    n->dirty = false;
    guest_converge_all(n, now, out);
    mirrors_converge(n, out);
    drive(n, now, out);
}

/* ---- start ---- */

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
    note_name(n, a->value.node[n->self].incarnation);
    if (a->chosen && a->accepted.number != 0) {
        n->known.ballot = a->accepted;
        n->known.acceptors = a->acceptors;
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
    bool ours = b->memory != NULL && b->memory->self == b->self &&
                b->memory->nodes == b->site->nodes && b->memory->cluster == b->site->cluster;
    if (ours)
        recall(n, b);
    n->memory.self = b->self;
    n->memory.nodes = b->site->nodes;
    n->memory.cluster = b->site->cluster;
    n->memory.life++;
    find_domains(n, b, now);
    node_act(out, ACT_JOURNAL);
    if (!ours && !b->first && !guest_all_idle(n)) {
        n->resetting = true;
        node_act(out, ACT_REPORT)->text = "guests run, but what was promised for them is lost";
        node_act(out, ACT_RESET);
    }
    check_alive(n, out);
}
