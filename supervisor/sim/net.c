/* The network, and what corosync says of it. */
#include <stdlib.h>
#include <string.h>

#include "core/codec.h"
#include "sim/same.h"
#include "sim/world.h"

struct wire {
    int refs;
    struct wire *next;
    struct ledger *value;
    struct message message;
};

bool world_hears(const struct world *w, uint8_t to, uint8_t from)
{
    return w->host[from].on && w->host[to].on && !node_in(w->cut[to], from) &&
           w->now >= w->host[from].deaf_until && w->now >= w->host[to].deaf_until;
}

static struct wire *wire_new(struct world *w, const struct message *m)
{
    struct wire *x = w->free_wire;
    if (x != NULL)
        w->free_wire = x->next;
    else if ((x = malloc(sizeof(*x))) == NULL)
        abort();
    x->refs = 0;
    x->value = NULL;
    size_t used = m->kind == MESSAGE_HEARTBEAT ? sizeof(m->heartbeat)
                  : m->kind == MESSAGE_REQUEST ? sizeof(m->request)
                                               : sizeof(m->round);
    memcpy(&x->message, m, offsetof(struct message, heartbeat) + used);
    if (m->value != NULL) {
        x->value = w->unused;
        w->unused = NULL;
        if (x->value == NULL && (x->value = malloc(sizeof(*x->value))) == NULL)
            abort();
        ledger_copy(x->value, m->value);
        x->message.value = x->value;
    }
    return x;
}

/* The same message by way of its bytes: what arrives is what the codec makes of it. */
static void through_codec(struct world *w, struct wire *x)
{
    static uint8_t bytes[CODEC_MESSAGE_MAX];
    static struct message back;
    static struct ledger value;
    size_t size = codec_encode_message(&x->message, bytes, sizeof(bytes));
    const char *why = size > 0 ? codec_decode_message(bytes, size, &back, &value) : "does not fit";
    if (why == NULL)
        why = same_message(&x->message, &back);
    if (why != NULL) {
        world_break(w, BROKE_EXPECT, "a message of kind %d: %s", x->message.kind, why);
        return;
    }
    if (back.value != NULL)
        ledger_copy(x->value, back.value);
    back.value = x->message.value;
    x->message = back;
}

void net_release(struct world *w, struct wire *x)
{
    if (--x->refs > 0)
        return;
    if (w->unused == NULL)
        w->unused = x->value;
    else
        free(x->value);
    x->next = w->free_wire;
    w->free_wire = x;
}

void net_clear(struct world *w)
{
    while (w->free_wire != NULL) {
        struct wire *x = w->free_wire;
        w->free_wire = x->next;
        free(x);
    }
    free(w->unused);
    w->unused = NULL;
}

static void queue(struct world *w, struct wire *x, uint8_t from, nodeset to, uint64_t delay)
{
    x->refs++;
    world_push(
        w, (struct item){
               .at = w->now + delay, .kind = ITEM_DELIVER, .host = from, .hosts = to, .wire = x});
}

static uint64_t delay(struct world *w)
{
    if (prng_percent(&w->random, w->late))
        return 1 + prng_below(&w->random, w->plan->late_ms);
    return 1 + prng_below(&w->random, w->plan->delay);
}

static uint64_t lag(struct world *w, uint8_t from, uint8_t to)
{
    uint64_t ms = w->lag[to][from];
    if (ms > 0 && w->now + ms > w->lagged_until)
        w->lagged_until = w->now + ms;
    return ms;
}

void net_send(struct world *w, uint8_t from, const struct message *m)
{
    nodeset to =
        m->to == EVERYBODY ? site_all(w->site) & (nodeset)~node_bit(from) : node_bit(m->to);
    if (m->kind == MESSAGE_HEARTBEAT && w->now < w->host[from].mute_until)
        return;
    if (m->kind == MESSAGE_ACCEPT && w->host[from].half_sent != 0)
        to &= w->host[from].half_sent;
    struct wire *x = wire_new(w, m);
    oracle_sent(w, from);
    x->refs++;
    w->stats.register_messages += m->kind != MESSAGE_HEARTBEAT ? (uint64_t)node_count(to) : 0;
    if (w->plan->wire)
        through_codec(w, x);
    uint32_t loss = w->loss > w->host[from].loss ? w->loss : w->host[from].loss;
    if (loss == 0 && w->late == 0 && w->twice == 0 && !w->lags) {
        queue(w, x, from, to, delay(w));
    } else {
        for (uint8_t i = 0; i < w->site->nodes; i++) {
            if (!node_in(to, i) || prng_percent(&w->random, loss))
                continue;
            queue(w, x, from, node_bit(i), delay(w) + lag(w, from, i));
            if (prng_percent(&w->random, w->twice))
                queue(w, x, from, node_bit(i), delay(w) + delay(w));
        }
    }
    net_release(w, x);
}

static void trace(const struct world *w, const struct message *m, uint8_t to)
{
    static const char *const names[MESSAGE_KINDS] = {
        [MESSAGE_HEARTBEAT] = "heartbeat", [MESSAGE_REQUEST] = "request",
        [MESSAGE_PREPARE] = "prepare",     [MESSAGE_PROMISE] = "promise",
        [MESSAGE_REFUSE] = "refuse",       [MESSAGE_ACCEPT] = "accept",
        [MESSAGE_ACCEPTED] = "accepted",   [MESSAGE_CHOSEN] = "chosen",
    };
    if (!w->messages || m->kind == MESSAGE_HEARTBEAT)
        return;
    if (m->kind == MESSAGE_REQUEST)
        world_log(w, "n%d <- n%d request: %s", to + 1, m->from + 1,
                  change_name(m->request.change[0].kind));
    else
        world_log(w, "n%d <- n%d %s %u.%d accepted %u.%d%s%s v%u", to + 1, m->from + 1,
                  names[m->kind], m->round.ballot.number, m->round.ballot.node + 1,
                  m->round.accepted.number, m->round.accepted.node + 1,
                  m->round.remembers ? " remembers" : "", m->round.cold ? " cold" : "",
                  m->value != NULL ? m->value->version : 0);
}

void net_deliver(struct world *w, const struct item *i)
{
    /* A message may outlive its sender; a cut stops it wherever it is. */
    for (uint8_t to = 0; to < w->site->nodes; to++) {
        if (!node_in(i->hosts, to) || !w->host[to].on || node_in(w->cut[to], i->host) ||
            w->now < w->host[to].deaf_until || w->now < w->host[i->host].deaf_until)
            continue;
        if (world_awake(w, to)) {
            trace(w, &i->wire->message, to);
            struct event e = {.kind = EVENT_MESSAGE, .message = &i->wire->message};
            world_step(w, to, &e);
        } else if (w->host[to].relevod && prng_percent(&w->random, 50)) {
            queue(w, i->wire, i->host, node_bit(to), 200 + prng_below(&w->random, 1000));
        }
    }
}

/* Each node hears of a change in its own time. */
void net_views(struct world *w)
{
    for (uint8_t h = 0; h < w->site->nodes; h++) {
        if (!w->host[h].on)
            continue;
        nodeset view = node_bit(h);
        for (uint8_t i = 0; i < w->site->nodes; i++)
            if (world_hears(w, h, i) && world_hears(w, i, h))
                view |= node_bit(i);
        if (view == w->host[h].view)
            continue;
        w->host[h].view = view;
        world_push(w, (struct item){.at = w->now + prng_range(&w->random, 500, 3000),
                                    .kind = ITEM_VIEW,
                                    .host = h,
                                    .tag = w->host[h].boots,
                                    .hosts = view});
    }
}
