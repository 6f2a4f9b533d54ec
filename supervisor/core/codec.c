#include "core/codec.h"

#include <string.h>

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

static void number(struct codec *c, uint64_t *v, unsigned bytes)
{
    if (c->bad != NULL || c->left < bytes) {
        fail(c, "too short");
        return;
    }
    if (!c->writing)
        *v = 0;
    for (unsigned i = 0; i < bytes; i++) {
        if (c->writing)
            c->at[i] = (uint8_t)(*v >> 8 * i);
        else
            *v |= (uint64_t)c->at[i] << 8 * i;
    }
    c->at += bytes;
    c->left -= bytes;
}

static void u64(struct codec *c, uint64_t *v)
{
    number(c, v, 8);
}

static void u32(struct codec *c, uint32_t *v)
{
    uint64_t n = *v;
    number(c, &n, 4);
    if (!c->writing)
        *v = (uint32_t)n;
}

static void u16(struct codec *c, uint16_t *v)
{
    uint64_t n = *v;
    number(c, &n, 2);
    if (!c->writing)
        *v = (uint16_t)n;
}

static void u8(struct codec *c, uint8_t *v)
{
    uint64_t n = *v;
    number(c, &n, 1);
    if (!c->writing)
        *v = (uint8_t)n;
}

static void flag(struct codec *c, bool *v)
{
    uint8_t n = *v;
    u8(c, &n);
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
    u8(c, &n);
    if (!c->writing)
        *v = n;
    if (n >= limit)
        fail(c, why);
}

static void bits(struct codec *c, uint8_t *v, uint8_t all)
{
    u8(c, v);
    if ((*v & ~all) != 0)
        fail(c, "an unknown flag is set");
}

static void node(struct codec *c, uint8_t *v, unsigned nodes)
{
    u8(c, v);
    if (*v >= nodes && *v != NO_NODE)
        fail(c, "a node out of range");
}

static void ballot(struct codec *c, struct ballot *b)
{
    u32(c, &b->number);
    u8(c, &b->node);
    if (b->node >= CORE_NODES)
        fail(c, "a node out of range");
    u64(c, &b->incarnation);
}

static void ledger(struct codec *c, struct ledger *v)
{
    u32(c, &v->version);
    u32(c, &v->cold);
    u8(c, &v->nodes);
    u16(c, &v->guests);
    u16(c, &v->mirrors);
    if (v->nodes == 0 || v->nodes > CORE_NODES || v->guests > CORE_GUESTS ||
        v->mirrors > CORE_MIRRORS)
        fail(c, "a count out of range");
    for (int i = 0; i < v->nodes && c->bad == NULL; i++) {
        struct ledger_node *n = &v->node[i];
        u64(c, &n->incarnation);
        u32(c, &n->generation);
        u32(c, &n->suspicion);
        bits(c, &n->flags, NODE_FLAGS);
    }
    for (int i = 0; i < v->guests && c->bad == NULL; i++) {
        struct ledger_guest *g = &v->guest[i];
        u64(c, &g->id);
        u32(c, &g->generation);
        u32(c, &g->epoch);
        u16(c, &g->commands);
        node(c, &g->owner, v->nodes);
        node(c, &g->goal, v->nodes);
        bits(c, &g->flags, GUEST_FLAGS);
        if ((g->flags & GUEST_OWNED) != 0 && g->owner == NO_NODE)
            fail(c, "an owner out of range");
    }
    for (int i = 0; i < v->mirrors && c->bad == NULL; i++) {
        u64(c, &v->mirror[i].id);
        u64(c, &v->mirror[i].mark[0]);
        u64(c, &v->mirror[i].mark[1]);
    }
    for (int i = 0; i < v->guests && c->bad == NULL; i++)
        if (ledger_guest(v, v->guest[i].id, NO_INDEX) != &v->guest[i])
            fail(c, "a guest twice");
    for (int i = 1; i < v->mirrors && c->bad == NULL; i++)
        for (int k = 0; k < i; k++)
            if (v->mirror[i].id == v->mirror[k].id)
                fail(c, "a mirror twice");
}

static void beat(struct codec *c, struct beat *b)
{
    u64(c, &b->incarnation);
    u32(c, &b->life);
    u32(c, &b->seq);
}

static void heartbeat(struct codec *c, struct heartbeat *h)
{
    beat(c, &h->beat);
    bits(c, &h->flags, BEAT_FLAGS);
    u16(c, &h->heard);
    u16(c, &h->linked);
    ballot(c, &h->known);
    ballot(c, &h->accepted);
    u64(c, &h->site);
    for (int i = 0; i < CORE_GUESTS / 64; i++) {
        u64(c, &h->unfit.word[i]);
        u64(c, &h->running.word[i]);
    }
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
    u16(c, &x->commands);
    u32(c, &x->generation);
    u32(c, &x->epoch);
    u32(c, &x->suspicion);
    u64(c, &x->incarnation);
    u64(c, &x->replaces);
    u64(c, &x->id);
    u64(c, &x->mark);
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
    u64(c, &r->named);
    u64(c, &r->incarnation);
    u64(c, &r->replaces);
    flag(c, &r->remembers);
    flag(c, &r->cold);
    u16(c, &r->acceptors);
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
    u8(c, &m->from);
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
    if (valued && c->bad == NULL)
        ledger(c, value);
    if (c->writing)
        return;
    m->kind = kind;
    m->value = valued ? value : NULL;
}

static void memory(struct codec *c, struct memory *m)
{
    struct acceptor *a = &m->acceptor;
    u8(c, &m->self);
    u8(c, &m->nodes);
    u64(c, &m->cluster);
    u32(c, &m->life);
    u32(c, &m->marks);
    flag(c, &m->armed);
    for (int i = 0; i < CORE_GUESTS && c->bad == NULL; i++) {
        u64(c, &m->left[i].id);
        u32(c, &m->left[i].epoch);
        node(c, &m->left[i].to, CORE_NODES);
        flag(c, &m->left[i].stopped);
    }
    ballot(c, &a->promised);
    ballot(c, &a->accepted);
    flag(c, &a->remembers);
    flag(c, &a->chosen);
    u16(c, &a->acceptors);
    ledger(c, &a->value);
    if (ballot_compare(&a->accepted, &a->promised) > 0)
        fail(c, "more accepted than promised");
    if (m->self >= m->nodes || m->nodes != a->value.nodes)
        fail(c, "a node out of range");
}

/* CRC-32 as in IEEE 802.3 and zlib: the reflected polynomial 0xEDB88320. */
static uint32_t crc32(const uint8_t *p, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (UINT32_C(0xEDB88320) & (0u - (crc & 1)));
    }
    return ~crc;
}

static void header(struct codec *c, uint32_t magic, uint16_t version, uint16_t what,
                   uint32_t length)
{
    uint32_t m = magic;
    uint16_t v = version;
    uint16_t w = what;
    uint32_t l = length;
    u32(c, &m);
    u16(c, &v);
    u16(c, &w);
    u32(c, &l);
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
    uint32_t crc = crc32(buf, HEADER + length);
    struct codec tail = {.at = buf + HEADER + length, .left = TRAILER, .writing = true};
    u32(&tail, &crc);
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
    u32(&tail, &crc);
    if (crc != crc32(buf, HEADER + length))
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
