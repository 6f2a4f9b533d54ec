#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "cluster/inside.h"

/* ---- events ---- */

static void step(struct cluster *c, const struct event *e)
{
    c->stepping = true;
    node_step(&c->node, e, clock_ms(), &c->actions);
    actions_carry_out(c);
    c->stepping = false;
    news_tell(c);
}

/* Who was waited for long enough, or has booted since, must not lose its power to an old order. */
static void keep_fences(struct cluster *c)
{
    for (uint8_t i = 0; i < c->core.nodes; i++) {
        const struct ledger_node *e = &c->node.known.value.node[i];
        fencing_keep(&c->fencing, i, (e->flags & NODE_DEAD) == 0 ? e->generation : 0);
    }
}

void cluster_event(struct cluster *c, const struct event *e)
{
    if (!c->began)
        return;
    if (c->stepping) {
        if (c->events < EVENTS_MAX)
            c->event[c->events++] = *e;
        else
            log_err("cluster: more happens at once than can be taken note of");
        return;
    }
    step(c, e);
    for (uint32_t i = 0; i < c->events; i++) {
        struct event next = c->event[i];
        step(c, &next);
    }
    c->events = 0;
    keep_fences(c);
    if (c->ordered || e->kind == EVENT_TICK)
        guests_converge(c->guests);
    c->ordered = false;
    leave_if_due(c);
}

static void on_tick(void *cluster)
{
    struct cluster *c = cluster;
    uint64_t now = clock_ms(), beat = c->core.timing.beat;
    c->tick_at = c->tick_at + beat > now ? c->tick_at + beat : now + beat;
    timer_set(&c->tick, c->tick_at - now);
    if (keep_is_behind(&c->keep))
        keep_memory(&c->keep, &c->node.memory);
    actions_go_on(c);
    cards_send(c);
    cluster_event(c, &(struct event){.kind = EVENT_TICK});
}

/* ---- the transport ---- */

static bool on_heard(struct cluster *c, const struct wire_packet *packet, size_t size)
{
    static struct ledger value;
    static struct message m;
    if (packet->kind == WIRE_CARD) {
        cards_heard(c, packet->node, packet->data, size - wire_packet_size(0));
        return true;
    }
    const char *bad = codec_decode_message(packet->data, size - wire_packet_size(0), &m, &value);
    if (bad == NULL && (m.from != packet->node || m.from >= c->core.nodes))
        bad = "not from whom it says";
    if (bad != NULL) {
        log_line(c->refused ? LOG_DEBUG : LOG_WARNING, "cluster: a message of node %u is %s",
                 packet->node + 1U, bad);
        c->refused = true;
        return true; /* the network's fault, not the process's */
    }
    if (m.to != EVERYBODY && m.to != c->node.self)
        return true;
    if (m.kind == MESSAGE_HEARTBEAT)
        cards_beat(c, m.from, &m.heartbeat.beat);
    cluster_event(c, &(struct event){.kind = EVENT_MESSAGE, .message = &m});
    return true;
}

static void on_view(struct cluster *c, const struct wire_view *view)
{
    bool news = view->members != c->view.members || view->quorate != c->view.quorate;
    c->view = *view;
    if (!view->connected) /* it has no view; who is silent is found out */
        return;
    if (news)
        log_notice("cluster: corosync sees %d of %d nodes%s", node_count(view->members),
                   c->core.nodes, view->quorate ? "" : ", no quorum");
    cluster_event(c, &(struct event){.kind = EVENT_MEMBERS, .members = view->members});
}

static bool on_wire(void *cluster, const void *data, size_t size)
{
    struct cluster *c = cluster;
    if (wire_ok(data, size, WIRE_HEARD))
        return on_heard(c, data, size);
    if (!wire_ok(data, size, WIRE_VIEW))
        return false;
    on_view(c, data);
    return true;
}

struct cluster *cluster_new(qb_loop_t *loop, const struct cluster_parts *parts,
                            const char *incarnation)
{
    struct cluster *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->loop = loop;
    c->guests = parts->guests;
    c->multipath = parts->multipath;
    c->drbd = parts->drbd;
    c->incarnation = incarnation;
    c->deeds.last = &c->deeds.first;
    c->tick = (struct timer){.loop = loop, .fire = on_tick, .data = c};
    kept_init(&c->transport, loop, "transport", on_wire, c);
    hardware_init(&c->hardware, loop);
    runs_watch(c);
    return c;
}

bool cluster_decides(const struct cluster *c)
{
    return c->site != NULL;
}
