#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "cluster/inside.h"
#include "cluster/site.h"
#include "core/guest.h"

/* So long the others get to hear that the last guests are released. */
#define FINISH_MS 5000
/* From the beginning of going down: so long this node's vote and echo are there for others that go
 * down, too. Their guests have 95 s, and init kills what is left after 120. */
#define LEND_MS         105000
#define LEND_UNASKED_MS 3000

/* ---- events ---- */

static void step(struct cluster *c, const struct event *e)
{
    c->stepping = true;
    node_step(&c->node, e, clock_ms(), &c->actions);
    actions_carry_out(c);
    c->stepping = false;
    news_tell(c);
}

static bool is_released(const struct cluster *c)
{
    for (int i = 0; i < c->core.guests; i++)
        if (guest_owned(&c->node, i) != NULL)
            return false;
    return guest_all_idle(&c->node);
}

/* Nodes that are switched off together: whoever still stops guests would have to destroy them as
 * soon as it had no majority. Who else goes down is not known at once. */
static bool is_needed(struct cluster *c)
{
    const struct ledger *v = &c->node.known.value;
    uint64_t now = clock_ms(), since = c->leaving_since;
    for (uint8_t i = 0; c->began && now - since < LEND_MS && i < c->core.nodes; i++) {
        bool leaves = (c->node.peer[i].last.flags & BEAT_LEAVING) != 0;
        if (!ledger_owns_any(v, i) || !node_hears(&c->node, i, now) ||
            (!leaves && now - since > LEND_UNASKED_MS))
            continue;
        if (leaves && !c->lends)
            log_notice(
                "cluster: waiting until node %s, which goes down, too, has stopped its guests",
                c->site->cluster.node[i].name);
        c->lends |= leaves;
        return true;
    }
    return false;
}

static void finish_if_due(struct cluster *c)
{
    void (*left)(void *data) = c->left;
    struct err e;
    if (left == NULL || (c->began && !is_released(c) && clock_ms() < c->leave_by) || is_needed(c))
        return;
    c->left = NULL;
    timer_clear(&c->tick);
    if (c->began && !guest_all_idle(&c->node)) { /* R14: they stay armed while something may run */
        left(c->left_data);
        return;
    }
    if (c->watchdog != NULL && watchdog_disarm(c->watchdog, &e) != 0)
        log_err("cluster: the watchdog cannot be disarmed: %s", e.text);
    hardware_stop(&c->hardware, left, c->left_data);
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
    if (c->ordered || e->kind == EVENT_TICK)
        guests_converge(c->guests);
    c->ordered = false;
    finish_if_due(c);
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

/* ---- guests ---- */

static void on_running(void *cluster, struct guest_run *run)
{
    cluster_event(cluster, &(struct event){.kind = EVENT_GUEST_RUNNING, .index = run->number});
}

static void on_ended(void *cluster, struct guest_run *run, enum guest_end end)
{
    cluster_event(cluster,
                  &(struct event){.kind = EVENT_GUEST_ENDED, .index = run->number, .end = end});
}

static void on_gone(void *cluster, struct guest_run *run)
{
    cluster_event(cluster, &(struct event){.kind = EVENT_GUEST_GONE, .index = run->number});
}

static const char *on_absent(void *cluster, const struct guest_run *run)
{
    const struct cluster *c = cluster;
    if (!c->began || run->order == ORDER_WAIT)
        return "unknown";
    const struct ledger *v = &c->node.known.value;
    const struct ledger_guest *g = ledger_guest(v, c->core.guest[run->number].id, run->number);
    if (g != NULL && (g->flags & GUEST_STOPPED) != 0)
        return "stopped";
    if (g != NULL && (g->flags & GUEST_OWNED) != 0 && g->owner != c->node.self)
        return "elsewhere";
    return run->all->leaving ? "stopped" : "waiting";
}

/* A guest that runs has its disks open, whatever is known of them yet: only their loss counts. For
 * one that does not, its LUNs do: which side of a mirror is current is the ledger's to say, and a
 * side is made ready by a start. Where nodes disagree on which disks it has, it goes on where it
 * has run, restarts included. */
static bool disks_usable(struct cluster *c, int index)
{
    char why[GUEST_WHY_SIZE];
    const struct guest_run *run = c->run[index];
    if (run->present || guest_owned(&c->node, index) == NULL)
        guest_set(&c->cards.ran, index, run->present);
    if (run->present)
        return guest_disks(run, why, sizeof why) != DISKS_LOST;
    if (guest_in(&c->cards.disputed, index) && !guest_in(&c->cards.ran, index))
        return false;
    return !c->guest[index]->broken &&
           multipath_disks(c->guest[index], why, sizeof why, c->multipath) == DISKS_READY;
}

void cluster_look_at_disks(struct cluster *c)
{
    for (int i = 0; c->began && i < c->core.guests; i++) {
        uint64_t bit = UINT64_C(1) << i % 64;
        bool usable = disks_usable(c, i);
        if (usable == ((c->devices[i / 64] & bit) == 0))
            continue;
        c->devices[i / 64] ^= bit;
        cluster_event(c, &(struct event){.kind = EVENT_DEVICES, .index = i, .on = usable});
    }
}

/* ---- begin ---- */

/* 0: not known; and without a name of this boot nothing can be promised. */
static uint64_t incarnation_of(const struct cluster *c)
{
    return strtoull(c->incarnation, NULL, 16);
}

static uint64_t seed(void)
{
    uint64_t value = 0;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value)
        value = clock_ms() * UINT64_C(0x9e3779b97f4a7c15); /* spread is all that is needed */
    return value;
}

static void open_watchdog(struct cluster *c, bool armed)
{
    struct err e;
    if (c->watchdog == NULL)
        c->watchdog = watchdog_open(c->core.timing.watchdog / 1000, armed, &e);
    if (c->watchdog != NULL)
        return;
    log_err("cluster: %s; without a watchdog no guest is run here", e.text);
    cluster_event(c, &(struct event){.kind = EVENT_WATCHDOG, .on = false});
}

/* Whatever there is of a guest may run, also what is half-built or dying: its end is told like any
 * other. A paused one is not a copy on its way, as long as no guest is migrated live. */
static void find_domains(struct cluster *c, enum domain domain[CORE_GUESTS])
{
    for (int i = 0; i < c->core.guests; i++) {
        struct guest_run *run = c->run[i];
        bool there = run->present || run->job != NULL;
        domain[i] = there ? DOMAIN_RUNNING : DOMAIN_NONE;
        order_give(run, there ? ORDER_RUN : ORDER_OFF);
    }
}

static void boot(struct cluster *c, bool first, const struct memory *memory)
{
    static enum domain domain[CORE_GUESTS];
    find_domains(c, domain);
    struct boot b = {
        .site = &c->core,
        .self = (uint8_t)c->site->cluster.self,
        .incarnation = incarnation_of(c),
        .first = first,
        .memory = memory,
        .domain = domain,
        .seed = seed(),
    };
    memset(c->devices, 0, sizeof c->devices);
    c->began = c->stepping = true;
    node_init(&c->node, &b, clock_ms(), &c->actions);
    actions_carry_out(c);
    c->stepping = false;
    c->told = c->node.known; /* an earlier relevod has said that */
    open_watchdog(c, c->node.memory.armed);
    mirrors_watch(c);
    cards_site(c);
    c->tick_at = clock_ms();
    timer_set(&c->tick, 0);
}

/* Xen's domains are known, and what was promised: in this boot by an earlier relevod, or before it.
 * While state= cannot be read, the latter is not: then this node does not begin. */
static void begin_if_known(struct cluster *c)
{
    static struct memory memory;
    struct err e;
    if (c->site == NULL || c->began || incarnation_of(c) == 0)
        return;
    for (int i = 0; i < c->core.guests; i++)
        if (!guest_is_fresh(c->run[i]))
            return;
    int found = keep_read(&memory, &e);
    if (found > 0 && c->keep.device != NULL && !c->journal.loaded)
        return;
    if (found < 0)
        log_err("cluster: what an earlier relevod promised cannot be read: %s", e.text);
    bool first = found > 0;
    boot(c, first, first ? c->before : found == 0 ? &memory : NULL);
    free(c->before);
    c->before = NULL;
    log_notice("cluster %s: node %s, number %u of %d%s", c->site->cluster.name, c->site->hostname,
               c->site->cluster.self + 1, c->core.nodes,
               c->core.node[c->node.self].witness ? ", a witness" : "");
}

static void on_looked(void *cluster)
{
    begin_if_known(cluster);
    cluster_look_at_disks(cluster);
}

/* ---- state= ---- */

static void on_loaded(void *cluster, const void *data, size_t size)
{
    struct cluster *c = cluster;
    c->before = size > 0 ? malloc(sizeof *c->before) : NULL;
    const char *bad = c->before != NULL ? codec_decode_memory(data, size, c->before) : NULL;
    if (bad != NULL) {
        log_err("cluster: what state= holds is %s; this node has forgotten", bad);
        free(c->before);
        c->before = NULL;
    }
    if (c->began) /* this relevod went on from /run meanwhile */
        keep_memory(&c->keep, &c->node.memory);
    begin_if_known(c);
}

static void on_stored(void *cluster, uint64_t number)
{
    struct cluster *c = cluster;
    c->keep.stored = number;
    actions_go_on(c);
}

/* ---- fence devices ---- */

static void on_fenced(void *cluster, uint8_t node, uint32_t generation)
{
    cluster_event(cluster,
                  &(struct event){.kind = EVENT_FENCED, .node = node, .generation = generation});
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
    c->guests->orderer = (struct orderer){.owner = c,
                                          .looked = on_looked,
                                          .running = on_running,
                                          .ended = on_ended,
                                          .gone = on_gone,
                                          .absent = on_absent};
    return c;
}

/* ---- configurations ---- */

bool cluster_decides(const struct cluster *c)
{
    return c->site != NULL;
}

static bool same_nodes(const struct cluster_config *a, const struct cluster_config *b)
{
    if (a->nodes != b->nodes || a->self != b->self || strcmp(a->name, b->name) != 0 ||
        strcmp(a->device, b->device) != 0 || a->fence_device != b->fence_device ||
        memcmp(a->value, b->value, sizeof a->value) != 0)
        return false;
    for (uint32_t i = 0; i < a->nodes; i++)
        if (strcmp(a->node[i].name, b->node[i].name) != 0 ||
            a->node[i].witness != b->node[i].witness)
            return false;
    return true;
}

/* A guest of ours that is not in the new configuration; NULL: none. */
static const char *lost_guest(const struct cluster *c, const struct site *site)
{
    for (int i = 0; i < c->core.guests; i++) {
        bool stays = false;
        for (uint32_t k = 0; k < site->guests; k++)
            stays |= strcmp(site->guest[k]->name, c->guest[i]->name) == 0 &&
                     cluster_find(&site->cluster, site->guest[k]->home) >= 0;
        if (!stays && (guest_owned(&c->node, i) != NULL || c->run[i]->present))
            return c->guest[i]->name;
    }
    return NULL;
}

int cluster_may_take(const struct cluster *c, const struct site *site, struct err *e)
{
    const struct cluster_config *next = &site->cluster;
    if (c->site == NULL)
        return next->state == CLUSTER_NONE ? 0 : err_set(e, "a cluster can only be joined at boot");
    if (next->state != CLUSTER_READY || !same_nodes(&c->site->cluster, next))
        return err_set(e, "cluster=, node=, role=, state= and fence= change only at boot");
    if (!c->began || c->deeds.count > 0)
        return err_set(e, "the cluster is not ready for it; to be tried again");
    const char *lost = lost_guest(c, site);
    return lost == NULL
               ? 0
               : err_set(e, "guest %s runs here; expected it to be stopped or moved first", lost);
}

/* core/'s numbers of guests, and the runs that they stand for. */
static void number_guests(struct cluster *c)
{
    cluster_site(&c->core, c->site, c->guest);
    for (uint32_t i = 0; i < c->guests->count; i++)
        c->guests->run[i]->order = ORDER_NONE;
    for (int i = 0; i < c->core.guests; i++) {
        c->run[i] = guests_find(c->guests, c->guest[i]->name);
        c->run[i]->number = i;
        c->run[i]->order = ORDER_WAIT;
    }
}

static void join(struct cluster *c)
{
    number_guests(c);
    mirrors_watch(c); /* nobody else says that a peer is stale, from the first moment */
    if (incarnation_of(c) == 0) {
        log_err("cluster: /run/incarnation cannot be read; no guest is started here");
        return;
    }
    static const struct fence_events fenced = {.fenced = on_fenced};
    fencing_init(&c->fencing, c->loop, &c->site->cluster, &fenced, c);
    c->wire = (struct wire_config){
        .type = WIRE_CONFIG, .self = (uint8_t)c->site->cluster.self, .cluster = c->core.cluster};
    c->view.type = WIRE_VIEW;
    if (c->site->cluster.device[0] != '\0') {
        static const struct journal_events events = {.loaded = on_loaded, .stored = on_stored};
        c->keep.device = &c->journal;
        journal_begin(&c->journal, c->loop, &c->site->cluster, &events, c);
    }
    cards_begin(c);
    kept_take(&c->transport, &c->wire, sizeof c->wire);
}

void cluster_take(struct cluster *c, const struct site *site)
{
    static struct memory memory;
    bool again = c->site != NULL;
    if (site->cluster.state != CLUSTER_READY)
        return;
    c->site = site;
    if (!again) {
        join(c);
        return;
    }
    c->fencing.cluster = &site->cluster;
    cards_forget_silent(c);
    memory = c->node.memory;
    number_guests(c);
    boot(c, false, &memory);
}

/* ---- leaving ---- */

void cluster_leave(struct cluster *c)
{
    c->leaving_since = clock_ms();
    cluster_event(c, &(struct event){.kind = EVENT_LEAVE});
}

void cluster_finish(struct cluster *c, void (*left)(void *data), void *data)
{
    c->left = left;
    c->left_data = data;
    c->leave_by = clock_ms() + FINISH_MS;
    finish_if_due(c);
}
