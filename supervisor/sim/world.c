#include "sim/world.h"
#include "core/codec.h"
#include "core/guest.h"
#include "sim/same.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUED_MOST      50000  /* far more than the worst network holds back */
#define LEND_UNASKED_MS  3000   /* as in cluster/leave.c */
#define LEAVE_MS         120000 /* init kills what is left of a host that goes down (relevod(8)) */
#define RELEVOD_START_MS 200    /* least time between relevod's death and its next start */

/* ---- telling ---- */

void world_log(const struct world *w, const char *fmt, ...)
{
    if (!w->trace)
        return;
    va_list args;
    va_start(args, fmt);
    printf("%9.3f ", (double)w->now / 1000);
    vprintf(fmt, args);
    putchar('\n');
    va_end(args);
}

void world_break(struct world *w, enum verdict v, const char *fmt, ...)
{
    if (w->verdict != RUN_OK)
        return;
    w->verdict = v;
    va_list args;
    va_start(args, fmt);
    vsnprintf(w->text, sizeof(w->text), fmt, args);
    va_end(args);
    world_log(w, "BROKEN: %s", w->text);
}

/* ---- hosts ---- */

bool world_awake(const struct world *w, uint8_t host)
{
    const struct host *h = &w->host[host];
    return h->on && h->relevod && w->now >= h->hung_until && w->now >= h->stalled_until &&
           w->now >= h->paused_until;
}

static uint64_t wakes(const struct host *h)
{
    uint64_t at = h->hung_until > h->stalled_until ? h->hung_until : h->stalled_until;
    return at > h->paused_until ? at : h->paused_until;
}

uint64_t world_local(const struct world *w, uint8_t host)
{
    const struct host *h = &w->host[host];
    return (uint64_t)((double)w->now * h->rate) + h->skew;
}

static void journal(struct host *h)
{
    const struct memory *from = &h->node.memory;
    struct memory *to = &h->run;
    memcpy(to, from, offsetof(struct memory, acceptor));
    memcpy(&to->acceptor, &from->acceptor, offsetof(struct acceptor, value));
    ledger_copy(&to->acceptor.value, &from->acceptor.value);
    h->has_run = true;
}

/* What can be read back of it later is what the codec makes of it. */
static void write_memory(struct world *w, uint8_t host)
{
    static uint8_t bytes[CODEC_MEMORY_MAX];
    static struct memory back;
    struct host *h = &w->host[host];
    if (w->plan->wire) {
        size_t size = codec_encode_memory(&h->run, bytes, sizeof(bytes));
        const char *why = size > 0 ? codec_decode_memory(bytes, size, &back) : "does not fit";
        if (why == NULL)
            why = same_memory(&h->run, &back);
        if (why != NULL)
            world_break(w, BROKE_EXPECT, "a memory: %s", why);
        h->run = back;
    }
    if (!node_in(w->plan->journal, host))
        return;
    h->journal = h->run;
    h->has_journal = true;
}

static void feed(struct world *w, uint8_t host)
{
    struct host *h = &w->host[host];
    if (!h->node.watchdog)
        world_break(w, BROKE_LIVENESS, "n%d feeds a watchdog that it could not open", host + 1);
    h->armed = true;
    h->watchdog = w->now + (uint64_t)((double)w->site->timing.watchdog / h->rate);
    if (!h->watchdog_queued)
        world_push(w, (struct item){
                          .at = h->watchdog, .kind = ITEM_WATCHDOG, .host = host, .tag = h->boots});
    h->watchdog_queued = true;
}

static void watchdog(struct world *w, const struct item *i)
{
    struct host *h = &w->host[i->host];
    if (!h->on || h->boots != i->tag)
        return;
    h->watchdog_queued = false;
    uint64_t at = h->watchdog > h->paused_until ? h->watchdog : h->paused_until;
    if (at > w->now) {
        h->watchdog_queued = true;
        world_push(
            w, (struct item){.at = at, .kind = ITEM_WATCHDOG, .host = i->host, .tag = h->boots});
        return;
    }
    oracle_watchdog(w, i->host);
    w->stats.count[STAT_WATCHDOG]++;
    world_power_off(w, i->host, "watchdog");
    world_power_on(w, i->host, 0);
}

void world_power_off(struct world *w, uint8_t host, const char *why)
{
    struct host *h = &w->host[host];
    if (!h->on)
        return;
    world_log(w, "n%d goes down: %s", host + 1, why);
    disks_write(w); /* what was written up to this moment */
    h->on = h->relevod = h->armed = h->watchdog_queued = h->has_run = h->run_damaged = false;
    h->boots++;
    h->lives++;
    h->hung_until = h->stalled_until = h->paused_until = h->deaf_until = 0;
    h->cut_short = h->leaving = false;
    h->half_sent = 0;
    for (int g = 0; g < w->site->guests; g++)
        h->dom[g] = (struct dom){.job = h->dom[g].job + 1, .fail_starts = h->dom[g].fail_starts};
    w->last_boot = w->now;
    disks_changed(w);
    net_views(w);
}

void world_power_on(struct world *w, uint8_t host, uint64_t delay)
{
    struct host *h = &w->host[host];
    if (h->on || h->booting)
        return;
    h->booting = true;
    h->boots++;
    uint64_t boot = w->plan->boot + prng_below(&w->random, w->plan->boot + 1);
    world_push(w,
               (struct item){
                   .at = w->now + delay + boot, .kind = ITEM_BOOT, .host = host, .tag = h->boots});
}

/* ---- relevod ---- */

static const char *const action_names[] = {
    [ACT_JOURNAL] = "journal",     [ACT_SEND] = "send",       [ACT_FEED] = "feed",
    [ACT_START] = "start",         [ACT_UNPAUSE] = "unpause", [ACT_STOP] = "stop",
    [ACT_KILL] = "kill",           [ACT_MIGRATE] = "migrate", [ACT_RESUME] = "resume",
    [ACT_RESUME_IO] = "resume-io", [ACT_FENCE] = "fence",     [ACT_RESET] = "reset",
    [ACT_REPORT] = "report",
};

static void fence(struct world *w, uint8_t host, const struct action *a)
{
    if (!w->plan->fence)
        return;
    world_push(w, (struct item){.at = w->now + prng_range(&w->random, 500, 4000),
                                .kind = ITEM_FENCED,
                                .host = host,
                                .to = a->node,
                                .tag = a->epoch});
}

/* The device switches the node off, then on again; the answer may take its time. */
static void fenced(struct world *w, const struct item *i)
{
    if (i->index == 0) {
        w->stats.count[STAT_FENCED] += w->host[i->to].on;
        if (w->host[i->to].on)
            w->op_at = w->now; /* one that was back already is lost a second time */
        world_power_off(w, i->to, "fenced");
        world_power_on(w, i->to, 3000);
        struct item answer = *i;
        answer.index = 1;
        answer.order = 0;
        answer.at = w->now + prng_range(&w->random, 10, 2000);
        world_push(w, answer);
        return;
    }
    struct event e = {.kind = EVENT_FENCED, .node = i->to, .generation = i->tag};
    world_step(w, i->host, &e);
}

void world_kill_relevod(struct world *w, uint8_t host)
{
    struct host *h = &w->host[host];
    world_log(w, "n%d relevod dies", host + 1);
    h->relevod = false;
    h->lives++;
    guests_relevod_died(w, host);
    world_push(w, (struct item){.at = w->now + RELEVOD_START_MS + prng_below(&w->random, 1500),
                                .kind = ITEM_RELEVOD,
                                .host = host,
                                .tag = h->boots});
}

static void perform_one(struct world *w, uint8_t host, const struct action *a)
{
    struct host *h = &w->host[host];
    switch (a->kind) {
    case ACT_JOURNAL:
        journal(h);
        write_memory(w, host);
        return;
    case ACT_SEND:
        net_send(w, host, &w->actions.message[a->message]);
        if (h->half_sent != 0 && w->actions.message[a->message].kind == MESSAGE_ACCEPT) {
            world_power_off(w, host, "crash in the middle of a proposal");
            world_power_on(w, host, 0);
        }
        return;
    case ACT_FEED:
        feed(w, host);
        return;
    case ACT_FENCE:
        fence(w, host, a);
        break;
    case ACT_RESET:
        w->stats.count[STAT_SELF]++;
        world_power_off(w, host, "reset by relevod");
        world_power_on(w, host, 0);
        return;
    case ACT_REPORT:
        world_log(w, "n%d report g%d: %s", host + 1, a->index + 1, a->text);
        return;
    case ACT_RESUME_IO:
        disks_resume(w, host, a->index);
        break;
    case ACT_START:
    case ACT_UNPAUSE:
    case ACT_STOP:
    case ACT_KILL:
    case ACT_MIGRATE:
    case ACT_RESUME:
        guests_action(w, host, a);
        break;
    }
    world_log(w, "n%d %s %c%d epoch %u%s%.0d", host + 1, action_names[a->kind],
              a->kind == ACT_RESUME_IO ? 'm' : 'g', a->index + 1, a->epoch,
              a->node != NO_NODE ? " n" : "", a->node != NO_NODE ? a->node + 1 : 0);
}

static void perform(struct world *w, uint8_t host)
{
    struct host *h = &w->host[host];
    int count = w->actions.count;
    bool journals = false;
    for (int k = 0; k < count && h->cut_short; k++)
        journals |= w->actions.action[k].kind == ACT_JOURNAL;
    bool cut = h->cut_short && journals;
    if (cut) {
        h->cut_short = false;
        count = (int)prng_below(&w->random, (uint32_t)count + 1);
    }
    for (int k = 0; k < count && h->relevod; k++)
        perform_one(w, host, &w->actions.action[k]);
    if (cut && h->relevod)
        world_kill_relevod(w, host);
}

static void trace_chosen(struct world *w, uint8_t host, const struct ballot *before)
{
    const struct node *n = &w->host[host].node;
    const struct ledger *v = &n->known.value;
    if (ballot_compare(before, &n->known.ballot) == 0)
        return;
    w->stats.known_at = w->now;
    if (!w->trace)
        return;
    char line[512];
    int at = snprintf(line, sizeof(line), "n%d knows %u.%d v%u:", host + 1, n->known.ballot.number,
                      n->known.ballot.node + 1, v->version);
    for (int i = 0; i < v->nodes; i++)
        at += snprintf(line + at, sizeof(line) - (size_t)at, " n%d/%u%s%s%s", i + 1,
                       v->node[i].generation, v->node[i].suspicion != 0 ? "?" : "",
                       (v->node[i].flags & NODE_DEAD) != 0 ? "+" : "",
                       (v->node[i].flags & NODE_DRAINING) != 0 ? "d" : "");
    for (int i = 0; i < v->guests && at < 300; i++) {
        const struct ledger_guest *g = &v->guest[i];
        at += snprintf(line + at, sizeof(line) - (size_t)at, " g%d=%s%d/%u@%u%s",
                       site_guest(w->site, g->id) + 1, (g->flags & GUEST_OWNED) != 0 ? "n" : "-",
                       g->owner + 1, g->generation, g->epoch,
                       (g->flags & GUEST_STOPPED) != 0 ? "!" : "");
    }
    for (int i = 0; i < w->site->mirrors && at < 440; i++)
        at += snprintf(line + at, sizeof(line) - (size_t)at, " m%d=%llx,%llx", i + 1,
                       (unsigned long long)ledger_mark(v, w->site->mirror[i].id, 0),
                       (unsigned long long)ledger_mark(v, w->site->mirror[i].id, 1));
    world_log(w, "%s", line);
}

void world_step(struct world *w, uint8_t host, const struct event *e)
{
    struct host *h = &w->host[host];
    if (!h->on || !h->relevod)
        return;
    struct ballot before = h->node.known.ballot;
    uint64_t era = h->node.known.value.era;
    node_step(&h->node, e, world_local(w, host), &w->actions);
    if (ballot_compare(&before, &h->node.known.ballot) != 0)
        trace_chosen(w, host, &before);
    w->stats.count[STAT_COLDS] += era != 0 && h->node.known.value.era != era;
    perform(w, host);
}

static void start_relevod(struct world *w, uint8_t host)
{
    struct host *h = &w->host[host];
    bool first = !h->has_run;
    enum domain found[CORE_GUESTS];
    guests_found(w, host, found);
    bool journalled = first && node_in(w->plan->journal, host) && h->has_journal;
    const struct memory *memory = journalled ? &h->journal : NULL;
    if (!first && !h->run_damaged)
        memory = &h->run;
    struct boot b = {.site = w->site,
                     .self = host,
                     .incarnation = h->incarnation,
                     .first = first,
                     .memory = memory,
                     .domain = found,
                     .seed = prng_next(&w->random)};
    h->relevod = true;
    h->woken = h->woken > w->now ? h->woken : w->now;
    node_init(&h->node, &b, world_local(w, host), &w->actions);
    perform(w, host);
    if (!h->relevod)
        return;
    struct event no_watchdog = {.kind = EVENT_WATCHDOG, .on = false};
    if (w->now < h->no_watchdog_until)
        world_step(w, host, &no_watchdog);
    guests_tell(w, host);
    disks_tell(w, host);
    world_push(w, (struct item){.at = w->now + prng_below(&w->random, w->site->timing.beat),
                                .kind = ITEM_TICK,
                                .host = host,
                                .tag = h->lives});
}

static void boot(struct world *w, const struct item *i)
{
    struct host *h = &w->host[i->host];
    if (h->on || h->boots != i->tag)
        return;
    h->on = true;
    h->booting = false;
    h->incarnation = prng_next(&w->random) | 1;
    h->view = site_all(w->site);
    h->lun = true;
    h->woken = w->now;
    w->last_boot = w->now;
    w->calm = w->now;
    world_log(w, "n%d is up", i->host + 1);
    disks_changed(w);
    net_views(w);
    start_relevod(w, i->host);
}

/* As cluster/leave.c has it: all guests of a node that goes down in order are released, and none of
 * the others that do so needs its echo; who they are is not known at once. */
static bool has_left(const struct world *w, uint8_t host)
{
    const struct node *n = &w->host[host].node;
    uint64_t now = world_local(w, host);
    bool known = w->now >= w->host[host].leaving_since + LEND_UNASKED_MS;
    for (int g = 0; g < w->site->guests; g++)
        if (guest_owned(n, g) != NULL)
            return false;
    for (uint8_t i = 0; i < w->site->nodes; i++)
        if (i != host && node_hears(n, i, now) && ledger_owns_any(&n->known.value, i) &&
            (!known || (n->peer[i].last.flags & BEAT_LEAVING) != 0))
            return false;
    return guest_all_idle(n);
}

static void leave(struct world *w, uint8_t host)
{
    const struct host *h = &w->host[host];
    if (h->leaving && (w->now >= h->leaving_since + LEAVE_MS || has_left(w, host)))
        world_power_off(w, host, "shut down");
}

static void tick(struct world *w, const struct item *i)
{
    struct host *h = &w->host[i->host];
    if (h->lives != i->tag || !h->relevod)
        return;
    struct item next = *i;
    next.order = 0;
    if (!world_awake(w, i->host)) {
        next.at = wakes(h);
        world_push(w, next);
        return;
    }
    next.at = w->now + (uint64_t)((double)w->site->timing.beat / h->rate);
    world_push(w, next);
    struct event e = {.kind = EVENT_TICK};
    world_step(w, i->host, &e);
    leave(w, i->host);
}

/* What a worker reports waits for a relevod that stands still; a dead one never hears of it. */
static bool waits(struct world *w, const struct item *i)
{
    const struct host *h = &w->host[i->host];
    if (!h->on || !h->relevod || world_awake(w, i->host))
        return false;
    struct item later = *i;
    later.at = wakes(h);
    world_push(w, later);
    return true;
}

static void handle(struct world *w, const struct item *i)
{
    switch (i->kind) {
    case ITEM_OP:
        w->op_at = w->now;
        w->stats.register_messages = 0;
        w->stats.count[w->plan->op[i->index].kind]++;
        ops_apply(w, &w->plan->op[i->index]);
        break;
    case ITEM_TICK:
        tick(w, i);
        break;
    case ITEM_DELIVER:
        net_deliver(w, i);
        break;
    case ITEM_BOOT:
        boot(w, i);
        break;
    case ITEM_WAKE:
        guests_wake(w, i->host);
        disks_changed(w);
        net_views(w);
        break;
    case ITEM_RELEVOD:
        if (w->host[i->host].on && w->host[i->host].boots == i->tag && !w->host[i->host].relevod)
            start_relevod(w, i->host);
        break;
    case ITEM_WATCHDOG:
        watchdog(w, i);
        break;
    case ITEM_VIEW: {
        struct event e = {.kind = EVENT_MEMBERS, .members = i->hosts};
        if (w->host[i->host].boots == i->tag && world_awake(w, i->host))
            world_step(w, i->host, &e);
        break;
    }
    case ITEM_CREATED:
    case ITEM_UNPAUSED:
    case ITEM_GONE:
    case ITEM_ENDED:
    case ITEM_DEVICES:
    case ITEM_COPIED:
        if (!waits(w, i))
            guests_item(w, i);
        break;
    case ITEM_TELL:
        if (!waits(w, i))
            disks_item(w, i);
        break;
    case ITEM_CONNECT:
    case ITEM_SYNC:
    case ITEM_RESUME_IO:
        disks_item(w, i);
        break;
    case ITEM_FENCED:
        if (i->index == 0 || !waits(w, i))
            fenced(w, i);
        break;
    case ITEM_TAKEOVER:
        oracle_takeover(w, i);
        break;
    }
}

/* ---- a run ---- */

static void begin(struct world *w, const struct plan *plan)
{
    struct item *queue = w->queue;
    struct wire *wire = w->free_wire;
    struct ledger *unused = w->unused;
    int room = w->room;
    bool trace = w->trace;
    bool messages = w->messages;
    memset(w, 0, offsetof(struct world, actions));
    w->queue = queue;
    w->room = room;
    w->free_wire = wire;
    w->unused = unused;
    w->trace = trace;
    w->messages = messages;
    w->plan = plan;
    w->site = &plan->site;
    w->random.s = plan->seed;
    w->loss = plan->loss;
    w->late = plan->late;
    w->twice = plan->twice;
    uint32_t drift = plan->site.timing.drift_ppm;
    for (uint8_t i = 0; i < plan->site.nodes; i++) {
        struct host *h = &w->host[i];
        h->rate = 1 + ((double)prng_below(&w->random, 2 * drift + 1) - drift) / 1e6;
        h->skew = prng_below(&w->random, 1000000);
        h->lun = true;
        world_power_on(w, i, 0);
    }
    disks_init(w);
    for (int k = 0; k < plan->ops; k++)
        world_push(w, (struct item){.at = plan->op[k].at, .kind = ITEM_OP, .index = (uint16_t)k});
}

enum verdict world_run(struct world *w, const struct plan *plan)
{
    begin(w, plan);
    while (w->queued > 0 && w->verdict == RUN_OK && w->queue[0].at <= plan->end) {
        struct item i = world_pop(w);
        w->now = i.at;
        handle(w, &i);
        if (w->queued > QUEUED_MOST)
            world_break(w, BROKE_LIVENESS, "%d messages are under way: a storm", w->queued);
        if (i.wire != NULL)
            net_release(w, i.wire);
    }
    if (w->verdict == RUN_OK && plan->repair != 0)
        oracle_final(w);
    while (w->queued > 0) {
        struct item i = world_pop(w);
        if (i.wire != NULL)
            net_release(w, i.wire);
    }
    return w->verdict;
}

struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof(*w));
    if (w == NULL)
        abort();
    return w;
}

void world_free(struct world *w)
{
    net_clear(w);
    free(w->queue);
    free(w);
}
