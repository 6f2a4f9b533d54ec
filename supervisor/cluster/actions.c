/* What core/ decides is done in its order. R3: what follows an ACT_JOURNAL leaves when the memory
 * is kept, and not before. What makes the host safer waits for nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cluster/inside.h"
#include "core/guest.h"

#define DEEDS_MAX     2048 /* a guest has few at a time; messages are dropped */
#define DEEDS_LATE_MS 2000 /* the journal has not answered for so long: reported */

static const char *guest_name(const struct cluster *c, int index)
{
    return index >= 0 && index < c->core.guests ? c->guest[index]->name : "?";
}

static const char *node_name(const struct cluster *c, uint8_t node)
{
    return node < c->core.nodes ? c->site->cluster.node[node].name : "?";
}

/* ---- one at a time ---- */

static void report(const struct cluster *c, const struct action *a)
{
    if (a->index != NO_INDEX)
        log_warn("guest %s: %s", guest_name(c, a->index), a->text);
    else if (a->node != NO_NODE)
        log_warn("cluster: node %s: %s", node_name(c, a->node), a->text);
    else
        log_warn("cluster: %s", a->text);
}

/* R14: when to feed is core/'s decision. Late is never: a feed must not outlive its lease, and this
 * process may have waited since for a disk or a processor. */
static void feed(struct cluster *c)
{
    struct err e;
    if (!guest_all_idle(&c->node) && !lease_valid(&c->node.lease, &c->core.timing, clock_ms())) {
        c->fed = false;
        return;
    }
    bool fed = c->watchdog != NULL && watchdog_feed(c->watchdog, &e) == 0;
    if (fed && !c->fed)
        log_notice("cluster: the watchdog is armed: without the others' echo this host is reset "
                   "after %u s",
                   c->core.timing.watchdog / 1000);
    if (!fed && c->watchdog != NULL) {
        log_err("cluster: the watchdog cannot be fed: %s; no guest is started here", e.text);
        cluster_event(c, &(struct event){.kind = EVENT_WATCHDOG, .on = false});
    }
    if (fed)
        hardware_feed(&c->hardware, c->core.timing.watchdog / 1000);
    c->fed = fed;
}

static void give_order(struct cluster *c, const struct action *a, enum order order)
{
    order_give(c->run[a->index], order);
    c->ordered = true;
}

static void start(struct cluster *c, const struct action *a)
{
    /* R15: asked for in the same breath as the watchdog that turned out not to be there. */
    if (!c->fed) {
        cluster_event(c, &(struct event){.kind = EVENT_GUEST_ENDED,
                                         .index = a->index,
                                         .end = GUEST_END_START_FAILED});
        return;
    }
    log_info("guest %s: to be started here, epoch %u", guest_name(c, a->index), a->epoch);
    give_order(c, a, ORDER_RUN);
}

/* A message that the transport cannot take now is lost, as the network may lose any. */
static void send_packet(struct cluster *c, const struct wire_packet *packet, size_t size)
{
    struct err e;
    if (c->transport.child != NULL)
        child_send(c->transport.child, packet, size, &e);
}

static size_t encode(const struct message *m, struct wire_packet *packet)
{
    size_t size = codec_encode_message(m, packet->data, sizeof packet->data);
    packet->type = WIRE_SEND;
    packet->node = m->to;
    packet->kind = m->kind == MESSAGE_HEARTBEAT ? WIRE_HEARTBEAT : WIRE_MESSAGE;
    return size != 0 ? wire_packet_size(size) : 0;
}

static void perform(struct cluster *c, const struct action *a, const struct wire_packet *packet,
                    size_t size)
{
    switch (a->kind) {
    case ACT_JOURNAL:
        keep_memory(&c->keep, &c->node.memory);
        break;
    case ACT_SEND:
        send_packet(c, packet, size);
        break;
    case ACT_FEED:
        feed(c);
        break;
    case ACT_START:
        start(c, a);
        break;
    case ACT_STOP:
        give_order(c, a, ORDER_STOP);
        break;
    case ACT_KILL: /* R16: workers included */
        give_order(c, a, ORDER_KILL);
        break;
    case ACT_FENCE:
        fencing_want(&c->fencing, a->node, a->epoch);
        break;
    case ACT_RESET: /* R23 */
        log_err("cluster: resetting this host");
        watchdog_reset_host();
    case ACT_REPORT:
        report(c, a);
        break;
    case ACT_UNPAUSE: /* no guest is migrated live */
    case ACT_MIGRATE:
    case ACT_RESUME:
        break;
    case ACT_RESUME_IO:
        mirrors_resume(c, a);
        break;
    }
}

/* ---- waiting ---- */

static void drop(struct cluster *c, struct deed **at)
{
    struct deed *d = *at;
    *at = d->next;
    if (*at == NULL)
        c->deeds.last = at;
    c->deeds.count--;
    free(d);
}

/* Drops those that wait and that match: what the new one makes needless. */
static void drop_waiting(struct cluster *c, const struct action *a, bool heartbeat)
{
    for (struct deed **at = &c->deeds.first; *at != NULL;) {
        const struct deed *d = *at;
        bool older = heartbeat ? d->size > 0 && d->packet->kind == WIRE_HEARTBEAT
                               : d->action.kind == ACT_START && d->action.index == a->index;
        if (older)
            drop(c, at);
        else
            at = &(*at)->next;
    }
}

static void wait_for_journal(struct cluster *c, const struct action *a,
                             const struct wire_packet *packet, size_t size)
{
    struct deed *d = c->deeds.count < DEEDS_MAX ? calloc(1, sizeof *d + size) : NULL;
    if (d == NULL)
        return; /* a message is lost; of guests there are not so many */
    if (c->deeds.first == NULL)
        c->deeds.since = clock_ms();
    d->action = *a;
    d->number = c->keep.number;
    d->size = size;
    if (size > 0)
        memcpy(d->packet, packet, size);
    *c->deeds.last = d;
    c->deeds.last = &d->next;
    c->deeds.count++;
}

void actions_go_on(struct cluster *c)
{
    struct deed *d = c->deeds.first;
    bool late = d != NULL && clock_ms() - c->deeds.since > DEEDS_LATE_MS;
    if (late && !c->deeds.complained)
        log_err("cluster: state= has not kept what is promised for %d s; nothing is said meanwhile",
                DEEDS_LATE_MS / 1000);
    c->deeds.complained = late;
    for (; d != NULL && keep_has(&c->keep, d->number); d = c->deeds.first) {
        c->deeds.since = clock_ms();
        perform(c, &d->action, d->size > 0 ? d->packet : NULL, d->size);
        drop(c, &c->deeds.first);
    }
}

static bool waits_for_nothing(enum action_kind kind)
{
    return kind == ACT_JOURNAL || kind == ACT_FEED || kind == ACT_KILL || kind == ACT_RESET ||
           kind == ACT_REPORT;
}

static void carry_out(struct cluster *c, const struct action *a)
{
    static struct wire_packet packet;
    size_t size = 0;
    if (a->kind == ACT_SEND && (size = encode(&c->actions.message[a->message], &packet)) == 0)
        return;
    if (a->kind == ACT_KILL)
        drop_waiting(c, a, false);
    bool now = c->deeds.first == NULL && keep_has(&c->keep, c->keep.number);
    if (waits_for_nothing(a->kind) || now) {
        perform(c, a, &packet, size);
        return;
    }
    if (size > 0 && packet.kind == WIRE_HEARTBEAT)
        drop_waiting(c, a, true);
    wait_for_journal(c, a, &packet, size);
}

void actions_carry_out(struct cluster *c)
{
    for (int i = 0; i < c->actions.count; i++) {
        struct action *a = &c->actions.action[i];
        if (a->kind == ACT_RESUME_IO)
            mirrors_name_break(c, a);
        carry_out(c, a);
    }
}
