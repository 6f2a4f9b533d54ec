#include "core/codec.h"

#include <string.h>

#include "base/crc32.h"

/* "RLVO", version, what it is, payload length, payload, CRC-32 of all before it. Integers are
 * little-endian. Each structure is described once, for both directions. */
#define HEADER  12u
#define TRAILER 4u

enum what { WHAT_MESSAGE = 1, WHAT_MEMORY = 2 };

struct codec {
    uint8_t *at; /* not written to unless writing */
    size_t left;
    bool writing;
    const char *bad;
};

static void fail(struct codec *c, const char *why)
{
    if (c->bad == NULL)
        c->bad = why;
}

/* Integers travel as they lie in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format is little-endian");

static void number(struct codec *c, void *v, size_t size)
{
    if (c->bad != NULL || c->left < size) {
        fail(c, "too short");
        return;
    }
    if (c->writing)
        memcpy(c->at, v, size);
    else
        memcpy(v, c->at, size);
    c->at += size;
    c->left -= size;
}

/* One integer, or an array of them. */
#define NUMBER(c, field) number(c, &(field), sizeof(field))

static void flag(struct codec *c, bool *v)
{
    uint8_t n = *v;
    NUMBER(c, n);
    if (n > 1)
        fail(c, "a flag is neither 0 nor 1");
    if (!c->writing)
        *v = n != 0;
}

/* In one byte, and less than the limit, before and after. */
static void below(struct codec *c, uint32_t *v, uint32_t limit, const char *why)
{
    uint8_t n = (uint8_t)*v;
    if (c->writing && *v >= limit)
        fail(c, why);
    NUMBER(c, n);
    if (!c->writing)
        *v = n;
    if (n >= limit)
        fail(c, why);
}

static void bits(struct codec *c, uint8_t *v, uint8_t all)
{
    NUMBER(c, *v);
    if ((*v & ~all) != 0)
        fail(c, "an unknown flag is set");
}

static void node(struct codec *c, uint8_t *v, unsigned nodes)
{
    NUMBER(c, *v);
    if (*v >= nodes && *v != NO_NODE)
        fail(c, "a node out of range");
}

/* What names nodes without knowing how many there are, now that it is known. */
static void within(struct codec *c, uint8_t nodes, uint8_t node)
{
    if (c->bad == NULL && node >= nodes)
        fail(c, "a node out of range");
}

static void ballot(struct codec *c, struct ballot *b)
{
    NUMBER(c, b->number);
    NUMBER(c, b->node);
    if (b->node >= CORE_NODES)
        fail(c, "a node out of range");
    NUMBER(c, b->incarnation);
}

static void refuse_twins(struct codec *c, const struct ledger *v)
{
    for (int i = 0; i < v->guests && c->bad == NULL; i++)
        if (ledger_guest(v, v->guest[i].id, NO_INDEX) != &v->guest[i])
            fail(c, "a guest twice");
    for (int i = 1; i < v->mirrors && c->bad == NULL; i++)
        for (int k = 0; k < i; k++)
            if (v->mirror[i].id == v->mirror[k].id)
                fail(c, "a mirror twice");
}

static void ledger(struct codec *c, struct ledger *v)
{
    NUMBER(c, v->version);
    NUMBER(c, v->era);
    NUMBER(c, v->nodes);
    NUMBER(c, v->guests);
    NUMBER(c, v->mirrors);
    if (v->nodes == 0 || v->nodes > CORE_NODES || v->guests > CORE_GUESTS ||
        v->mirrors > CORE_MIRRORS)
        fail(c, "a count out of range");
    for (int i = 0; i < v->nodes && c->bad == NULL; i++) {
        struct ledger_node *n = &v->node[i];
        NUMBER(c, n->incarnation);
        NUMBER(c, n->generation);
        NUMBER(c, n->suspicion);
        bits(c, &n->flags, NODE_FLAGS);
    }
    for (int i = 0; i < v->guests && c->bad == NULL; i++) {
        struct ledger_guest *g = &v->guest[i];
        NUMBER(c, g->id);
        NUMBER(c, g->generation);
        NUMBER(c, g->epoch);
        NUMBER(c, g->commands);
        node(c, &g->owner, v->nodes);
        node(c, &g->goal, v->nodes);
        bits(c, &g->flags, GUEST_FLAGS);
        if ((g->flags & GUEST_OWNED) != 0 && g->owner == NO_NODE)
            fail(c, "an owner out of range");
    }
    for (int i = 0; i < v->mirrors && c->bad == NULL; i++) {
        NUMBER(c, v->mirror[i].id);
        NUMBER(c, v->mirror[i].mark);
    }
    refuse_twins(c, v);
}

static void beat(struct codec *c, struct beat *b)
{
    NUMBER(c, b->incarnation);
    NUMBER(c, b->life);
    NUMBER(c, b->seq);
}

static void heartbeat(struct codec *c, struct heartbeat *h)
{
    beat(c, &h->beat);
    bits(c, &h->flags, BEAT_FLAGS);
    NUMBER(c, h->heard);
    NUMBER(c, h->linked);
    ballot(c, &h->known);
    ballot(c, &h->accepted);
    NUMBER(c, h->site);
    NUMBER(c, h->unfit.word);
    NUMBER(c, h->running.word);
    NUMBER(c, h->withheld);
    for (int i = 0; i < CORE_NODES; i++)
        beat(c, &h->echo[i]);
}

static void change(struct codec *c, struct change *x)
{
    uint32_t kind = x->kind;
    below(c, &kind, CHANGE_KINDS, "an unknown kind of change");
    if (!c->writing)
        x->kind = kind;
    node(c, &x->by, CORE_NODES);
    node(c, &x->node, CORE_NODES);
    flag(c, &x->on);
    flag(c, &x->fenced);
    NUMBER(c, x->commands);
    NUMBER(c, x->generation);
    NUMBER(c, x->epoch);
    NUMBER(c, x->suspicion);
    NUMBER(c, x->incarnation);
    NUMBER(c, x->replaces);
    NUMBER(c, x->id);
    NUMBER(c, x->mark);
}

static void request(struct codec *c, struct request *r)
{
    uint32_t changes = (uint32_t)r->changes;
    below(c, &changes, REQUEST_CHANGES + 1, "a count out of range");
    if (!c->writing)
        r->changes = (int)changes;
    for (uint32_t i = 0; i < changes && c->bad == NULL; i++)
        change(c, &r->change[i]);
}

static void round_(struct codec *c, struct round *r)
{
    ballot(c, &r->ballot);
    ballot(c, &r->accepted);
    NUMBER(c, r->named);
    NUMBER(c, r->incarnation);
    NUMBER(c, r->replaces);
    flag(c, &r->remembers);
    flag(c, &r->cold);
}

/* One description serves both directions: encoding only reads what it is given. */
static void *unconst(const void *p)
{
    union {
        const void *in;
        void *out;
    } u = {.in = p};
    return u.out;
}

static bool needs_value(uint32_t kind)
{
    return kind == MESSAGE_ACCEPT || kind == MESSAGE_CHOSEN;
}

static void message(struct codec *c, struct message *m, struct ledger *value)
{
    uint32_t kind = m->kind;
    bool valued = m->value != NULL;
    below(c, &kind, MESSAGE_KINDS, "an unknown kind of message");
    NUMBER(c, m->from);
    node(c, &m->to, CORE_NODES);
    if (m->from >= CORE_NODES)
        fail(c, "a node out of range");
    flag(c, &valued);
    if (valued ? !needs_value(kind) && kind != MESSAGE_PROMISE : needs_value(kind))
        fail(c, "a value missing, or not expected");
    if (kind == MESSAGE_HEARTBEAT)
        heartbeat(c, &m->heartbeat);
    else if (kind == MESSAGE_REQUEST)
        request(c, &m->request);
    else
        round_(c, &m->round);
    if (valued && c->bad == NULL) {
        ledger(c, value);
        within(c, value->nodes, m->from);
    }
    if (c->writing)
        return;
    m->kind = kind;
    m->value = valued ? value : NULL;
}

/* Up to the last that is in use. */
static void leavings(struct codec *c, struct memory *m)
{
    uint16_t count = CORE_GUESTS;
    while (c->writing && count > 0 && m->left[count - 1].epoch == 0)
        count--;
    NUMBER(c, count);
    if (count > CORE_GUESTS)
        fail(c, "a count out of range");
    for (int i = 0; i < count && c->bad == NULL; i++) {
        NUMBER(c, m->left[i].id);
        NUMBER(c, m->left[i].epoch);
        node(c, &m->left[i].to, m->nodes);
        flag(c, &m->left[i].stopped);
    }
    if (c->bad == NULL && count > 0 && m->left[count - 1].epoch == 0)
        fail(c, "longer than its content");
}

static void memory(struct codec *c, struct memory *m)
{
    struct acceptor *a = &m->acceptor;
    NUMBER(c, m->self);
    NUMBER(c, m->nodes);
    NUMBER(c, m->cluster);
    NUMBER(c, m->life);
    NUMBER(c, m->marks);
    flag(c, &m->armed);
    leavings(c, m);
    ballot(c, &a->promised);
    ballot(c, &a->accepted);
    flag(c, &a->remembers);
    flag(c, &a->chosen);
    NUMBER(c, a->withheld);
    ledger(c, &a->value);
    if (ballot_compare(&a->accepted, &a->promised) > 0)
        fail(c, "more accepted than promised");
    if (m->nodes != a->value.nodes)
        fail(c, "a node out of range");
    within(c, m->nodes, m->self);
    for (uint8_t i = 0; i < CORE_NODES; i++)
        if (node_in(a->withheld, i))
            within(c, m->nodes, i);
    within(c, m->nodes, a->promised.node);
    within(c, m->nodes, a->accepted.node);
}

static void header(struct codec *c, uint32_t magic, uint16_t version, uint16_t what,
                   uint32_t length)
{
    uint32_t m = magic;
    uint16_t v = version;
    uint16_t w = what;
    uint32_t l = length;
    NUMBER(c, m);
    NUMBER(c, v);
    NUMBER(c, w);
    NUMBER(c, l);
    if (m != magic)
        fail(c, "not ours");
    else if (v != version)
        fail(c, "of another version");
    else if (w != what)
        fail(c, "something else than expected");
    else if (l != length)
        fail(c, "cut, or followed by something");
}

#define MAGIC UINT32_C(0x4F564C52) /* "RLVO" */

/* Puts header and checksum around a payload that has been written after the header. */
static size_t seal(uint8_t *buf, size_t size, const struct codec *payload, enum what what)
{
    if (payload->bad != NULL || payload->left < TRAILER)
        return 0;
    size_t length = size - payload->left - HEADER;
    struct codec head = {.at = buf, .left = HEADER, .writing = true};
    header(&head, MAGIC, CODEC_VERSION, (uint16_t)what, (uint32_t)length);
    uint32_t crc = crc32_of(buf, HEADER + length);
    struct codec tail = {.at = buf + HEADER + length, .left = TRAILER, .writing = true};
    NUMBER(&tail, crc);
    return HEADER + length + TRAILER;
}

/* The payload of what seal() made, ready to be read; or why not. */
static struct codec unseal(const uint8_t *buf, size_t size, enum what what)
{
    struct codec c = {.at = unconst(buf), .left = size};
    if (size < HEADER + TRAILER) {
        fail(&c, "too short");
        return c;
    }
    size_t length = size - HEADER - TRAILER;
    struct codec tail = {.at = (uint8_t *)unconst(buf) + HEADER + length, .left = TRAILER};
    uint32_t crc = 0;
    header(&c, MAGIC, CODEC_VERSION, (uint16_t)what, (uint32_t)length);
    NUMBER(&tail, crc);
    if (crc != crc32_of(buf, HEADER + length))
        fail(&c, "damaged");
    c.left = length;
    return c;
}

static const char *finish(struct codec *c)
{
    if (c->left != 0)
        fail(c, "longer than its content");
    return c->bad;
}

size_t codec_encode_message(const struct message *m, uint8_t *buf, size_t size)
{
    if (size < HEADER)
        return 0;
    struct codec c = {.at = buf + HEADER, .left = size - HEADER, .writing = true};
    message(&c, unconst(m), unconst(m->value));
    return seal(buf, size, &c, WHAT_MESSAGE);
}

const char *codec_decode_message(const uint8_t *buf, size_t size, struct message *m,
                                 struct ledger *value)
{
    struct codec c = unseal(buf, size, WHAT_MESSAGE);
    memset(m, 0, sizeof(*m));
    ledger_init(value, 0);
    if (c.bad == NULL)
        message(&c, m, value);
    if (finish(&c) != NULL)
        memset(m, 0, sizeof(*m));
    return c.bad;
}

size_t codec_encode_memory(const struct memory *m, uint8_t *buf, size_t size)
{
    if (size < HEADER)
        return 0;
    struct codec c = {.at = buf + HEADER, .left = size - HEADER, .writing = true};
    memory(&c, unconst(m));
    return seal(buf, size, &c, WHAT_MEMORY);
}

const char *codec_decode_memory(const uint8_t *buf, size_t size, struct memory *m)
{
    struct codec c = unseal(buf, size, WHAT_MEMORY);
    memset(m, 0, sizeof(*m));
    if (c.bad == NULL)
        memory(&c, m);
    if (finish(&c) != NULL)
        memset(m, 0, sizeof(*m));
    return c.bad;
}
