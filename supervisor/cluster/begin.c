/* From a configuration to core/'s first step: as soon as it is known what runs in Xen, and what
 * this node has promised before. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "cluster/inside.h"
#include "cluster/site.h"

/* ---- the first step ---- */

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
void begin_if_known(struct cluster *c)
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

/* ---- what it needs ---- */

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

static void on_fenced(void *cluster, uint8_t node, uint32_t generation)
{
    cluster_event(cluster,
                  &(struct event){.kind = EVENT_FENCED, .node = node, .generation = generation});
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

void begin_first(struct cluster *c)
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

void begin_again(struct cluster *c)
{
    static struct memory memory;
    memory = c->node.memory;
    number_guests(c);
    boot(c, false, &memory);
}
