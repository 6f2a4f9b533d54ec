#include "core/node.h"

#include <string.h>

#include "core/guest.h"
#include "core/heartbeat.h"
#include "core/mirror.h"
#include "core/mutant.h"
#include "core/rounds.h"
#include "core/takeover.h"
#include "core/wishes.h"

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

/* It may be of this cluster: it names no node that this one does not have. */
static bool is_ours(const struct node *n, const struct message *m)
{
    uint8_t nodes = n->site->nodes;
    uint8_t proposer = 0;
    nodeset named = 0;
    if (m->kind == MESSAGE_HEARTBEAT) {
        named = m->heartbeat.heard | m->heartbeat.linked | m->heartbeat.withheld;
    } else if (m->kind != MESSAGE_REQUEST) { /* whose changes are judged one by one */
        proposer = m->round.ballot.node;
    }
    return m->from < nodes && m->from != n->self && proposer < nodes &&
           (named & ~site_all(n->site)) == 0 && (m->value == NULL || m->value->nodes == nodes);
}

static void on_message(struct node *n, const struct message *m, uint64_t now, struct actions *out)
{
    if (!is_ours(n, m))
        return;
    /* R9: a node that speaks is not down. Heartbeats may be lost while it joins again. */
    if (m->kind == MESSAGE_HEARTBEAT || !mutant(M_WORD_OUTLIVED))
        n->down &= (nodeset)~node_bit(m->from);
    if (m->kind == MESSAGE_HEARTBEAT)
        heartbeat_heard(n, m, now, out);
    else if (m->kind == MESSAGE_REQUEST)
        wishes_requested(n, &m->request, now);
    else
        rounds_message(n, m, now, out);
}

static void tick(struct node *n, uint64_t now, struct actions *out)
{
    heartbeat_send(n, now, out);
    heartbeat_feed(n, now, out);
    node_since(&n->voting_since, n->memory.acceptor.remembers, now);
    takeover_fence(n, now, out);
    rounds_beat(n, now, out);
    n->dirty = true;
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
    case EVENT_LACKS:
        guest_set(&n->peer[e->node].lacks, e->index, e->on);
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
    case EVENT_LEAVE:
        n->leaving = true;
        break;
    case EVENT_FENCED:
        n->fenced[e->node] = e->generation;
        break;
    case EVENT_CONFIRM_DOWN:
        confirm_down(n, e->node, now);
        break;
    case EVENT_COMMAND:
        wishes_command(n, e->change, now);
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
    wishes_drive(n, now, out);
}
