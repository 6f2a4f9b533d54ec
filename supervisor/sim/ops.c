/* What is done to the world: faults, repairs, and operators. One table row for each. */
#include "sim/world.h"

#include "sim/ops.h"

#include <string.h>

#define OVERRIDE_MS 60000 /* as long as core/wishes.c keeps a command */

const struct op_info op_info[OP_KINDS] = {
    [OP_CRASH] = {"crash", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_OFF] = {"off", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_ON] = {"on", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_HANG] = {"hang", ARG_NODE, ARG_NUMBER, ARG_NONE},
    [OP_PAUSE] = {"pause", ARG_NODE, ARG_NUMBER, ARG_NONE},
    [OP_RELEVOD] = {"relevod", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_FORGET] = {"forget", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_CUTSHORT] = {"cutshort", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_STALL] = {"stall", ARG_NODE, ARG_NUMBER, ARG_NONE},
    [OP_DEAF] = {"deaf", ARG_NODE, ARG_NUMBER, ARG_NONE},
    [OP_MUTE] = {"mute", ARG_NODE, ARG_NUMBER, ARG_NONE},
    [OP_CUT] = {"cut", ARG_NODE, ARG_NODE, ARG_NONE},
    [OP_CUTFROM] = {"cutfrom", ARG_NODE, ARG_NODE, ARG_NONE},
    [OP_ALONE] = {"alone", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_MEND] = {"mend", ARG_NODE, ARG_NODE, ARG_NONE},
    [OP_HEAL] = {"heal", ARG_NONE, ARG_NONE, ARG_NONE},
    [OP_LAG] = {"lag", ARG_NODE, ARG_NODE, ARG_NUMBER},
    [OP_HALFSENT] = {"halfsent", ARG_NODE, ARG_NODE, ARG_NONE},
    [OP_LOSS] = {"loss", ARG_NUMBER, ARG_NONE, ARG_NONE},
    [OP_LOSSFROM] = {"lossfrom", ARG_NODE, ARG_NUMBER, ARG_NONE},
    [OP_VIEW] = {"view", ARG_NODE, ARG_NODE, ARG_NONE},
    [OP_LINK] = {"link", ARG_MIRROR, ARG_NONE, ARG_NONE},
    [OP_LINKUP] = {"linkup", ARG_MIRROR, ARG_NONE, ARG_NONE},
    [OP_LUN] = {"lun", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_LUNUP] = {"lunup", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_FAILSTART] = {"failstart", ARG_GUEST, ARG_NUMBER, ARG_NONE},
    [OP_FAILNODE] = {"failnode", ARG_NODE, ARG_NUMBER, ARG_NONE},
    [OP_SLOW] = {"slow", ARG_NODE, ARG_NUMBER, ARG_NONE},
    [OP_STUCK] = {"stuck", ARG_GUEST, ARG_NUMBER, ARG_NONE},
    [OP_GUESTCRASH] = {"guestcrash", ARG_GUEST, ARG_NONE, ARG_NONE},
    [OP_GUESTOFF] = {"guestoff", ARG_GUEST, ARG_NONE, ARG_NONE},
    [OP_NOWATCHDOG] = {"nowatchdog", ARG_NODE, ARG_NUMBER, ARG_NONE},
    [OP_LACKS] = {"lacks", ARG_GUEST, ARG_NODE, ARG_NONE},
    [OP_STOP] = {"stop", ARG_GUEST, ARG_NONE, ARG_NONE},
    [OP_START] = {"start", ARG_GUEST, ARG_NONE, ARG_NONE},
    [OP_MOVE] = {"move", ARG_GUEST, ARG_NODE, ARG_NONE},
    [OP_LEAVE] = {"leave", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_DRAIN] = {"drain", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_UNDRAIN] = {"undrain", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_CONFIRM] = {"confirm-down", ARG_NODE, ARG_NONE, ARG_NONE},
    [OP_OVERRIDE] = {"override", ARG_MIRROR, ARG_NODE, ARG_NONE},
    [OP_BLACKOUT] = {"blackout", ARG_NONE, ARG_NONE, ARG_NONE},
    [OP_REPAIR] = {"repair", ARG_NONE, ARG_NONE, ARG_NONE},
    [OP_EXPECT_ON] = {"expect-on", ARG_GUEST, ARG_NODE, ARG_NONE},
    [OP_EXPECT_RUN] = {"expect-running", ARG_GUEST, ARG_NONE, ARG_NONE},
    [OP_EXPECT_OFF] = {"expect-off", ARG_GUEST, ARG_NONE, ARG_NONE},
};

/* relevo(8) refuses what cannot be meant. False: it did. */
static bool ask_override(struct world *w, const struct ledger *v, struct change *c)
{
    int mirror = site_mirror(w->site, c->id);
    int side = mirror_side(&w->site->mirror[mirror], c->node);
    if (side == NO_INDEX)
        return false;
    c->mark = ledger_mark(v, c->id, side);
    if (c->mark == 0 || !ledger_may_override(w->site, v, mirror, side))
        return false;
    w->override[mirror].sides |= (uint8_t)(1u << side);
    w->override[mirror].until = w->now + OVERRIDE_MS;
    w->override[mirror].lost = w->replica[mirror].acked;
    return true;
}

/* The operator types at the first node that answers, and knows what that node shows. */
static void command(struct world *w, struct change c)
{
    for (uint8_t i = 0; i < w->site->nodes; i++) {
        if (!world_awake(w, i) || w->host[i].node.known.ballot.number == 0)
            continue;
        const struct ledger *v = &w->host[i].node.known.value;
        const struct ledger_guest *g = ledger_guest(v, c.id, NO_INDEX);
        if (c.kind == CHANGE_OVERRIDE && !ask_override(w, v, &c))
            return;
        if (c.kind == CHANGE_DRAIN)
            c.generation = v->node[c.node].generation;
        else
            c.commands = g != NULL ? g->commands : 0;
        struct event e = {.kind = EVENT_COMMAND, .change = &c};
        world_step(w, i, &e);
        return;
    }
}

static void cut(struct world *w, int to, int from)
{
    w->cut[to] |= node_bit((uint8_t)from);
}

static void mend(struct world *w, int a, int b)
{
    w->cut[a] &= (nodeset)~node_bit((uint8_t)b);
    w->cut[b] &= (nodeset)~node_bit((uint8_t)a);
}

static void heal(struct world *w)
{
    memset(w->cut, 0, sizeof(w->cut));
    memset(w->lag, 0, sizeof(w->lag));
    w->lags = false;
}

static void boot_all(struct world *w, uint32_t spread)
{
    for (uint8_t i = 0; i < w->site->nodes; i++)
        world_power_on(w, i, prng_below(&w->random, spread + 1));
}

static void start_again(struct world *w)
{
    for (int g = 0; g < w->site->guests; g++) {
        struct change c = {.kind = CHANGE_RUN, .id = w->site->guest[g].id, .on = true};
        if (guests_where(w, g) < 0)
            command(w, c);
    }
}

static void begin_to_leave(struct world *w, uint8_t node)
{
    struct host *h = &w->host[node];
    struct event e = {.kind = EVENT_LEAVE};
    if (!world_awake(w, node) || h->leaving)
        return;
    h->leaving = true;
    h->leaving_since = w->now;
    world_step(w, node, &e);
}

static void repair(struct world *w)
{
    heal(w);
    memset(w->lacks, 0, sizeof(w->lacks));
    for (uint8_t i = 0; i < w->site->nodes; i++) {
        struct host *h = &w->host[i];
        h->deaf_until = h->mute_until = 0;
        if (h->slow_until > w->now) /* what is under way stays slow */
            h->slow_until = w->now;
        h->cut_short = false;
        h->half_sent = 0;
        h->loss = 0;
        h->fail_starts = 0;
        h->lun = true;
        if (h->leaving)
            world_power_off(w, i, "shut down");
        h->no_watchdog_until = 0;
        if (h->on && h->relevod && !h->node.watchdog)
            world_kill_relevod(w, i);
        guests_tell(w, i);
        for (int g = 0; g < w->site->guests; g++) {
            h->dom[g].fail_starts = 0;
            h->dom[g].stuck_until = 0;
        }
        struct change c = {.kind = CHANGE_DRAIN, .node = i, .on = false};
        command(w, c);
    }
    w->loss = w->late = w->twice = 0;
    for (int m = 0; m < w->site->mirrors; m++)
        w->replica[m].link = true;
    boot_all(w, 2000);
    start_again(w);
}

static void blackout(struct world *w)
{
    for (uint8_t i = 0; i < w->site->nodes; i++)
        world_power_off(w, i, "blackout");
    boot_all(w, 30000);
}

static void confirm(struct world *w, uint8_t node)
{
    for (uint8_t i = 0; i < w->site->nodes; i++) {
        struct event e = {.kind = EVENT_CONFIRM_DOWN, .node = node};
        if (!w->host[node].on && world_awake(w, i))
            world_step(w, i, &e);
    }
}

static void stuck(struct world *w, int guest, int ms)
{
    for (uint8_t i = 0; i < w->site->nodes; i++)
        w->host[i].dom[guest].stuck_until = w->now + (uint64_t)ms;
}

static void expect(struct world *w, const struct op *op)
{
    int where = guests_where(w, op->a);
    if (op->kind == OP_EXPECT_ON && where != op->b)
        world_break(w, BROKE_EXPECT, "g%d should run on n%d, but runs on %s%d", op->a + 1,
                    op->b + 1, where < 0 ? "no node" : "n", where < 0 ? 0 : where + 1);
    else if (op->kind == OP_EXPECT_RUN && where < 0)
        world_break(w, BROKE_EXPECT, "g%d should run, and does not", op->a + 1);
    else if (op->kind == OP_EXPECT_OFF && where >= 0)
        world_break(w, BROKE_EXPECT, "g%d should not run, but runs on n%d", op->a + 1, where + 1);
}

static uint64_t later_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* For the others the node is lost: so it is, or stays silent for longer than a takeover takes. */
static bool is_loss(const struct world *w, const struct op *op)
{
    switch (op->kind) {
    case OP_CRASH:
    case OP_OFF:
    case OP_ALONE:
        return true;
    case OP_HANG:
    case OP_STALL:
    case OP_DEAF:
    case OP_MUTE:
        return (uint64_t)op->b > oracle_bound(w);
    default:
        return false;
    }
}

static void host_op(struct world *w, const struct op *op)
{
    uint8_t node = (uint8_t)op->a;
    struct host *h = &w->host[node];
    uint64_t until = h->on ? w->now + (uint64_t)op->b : 0;
    switch (op->kind) {
    case OP_CRASH:
        world_power_off(w, node, "crash");
        world_power_on(w, node, 0);
        break;
    case OP_OFF:
        world_power_off(w, node, "power off");
        h->boots++; /* nor does a boot under way go on */
        h->booting = false;
        break;
    case OP_ON:
        world_power_on(w, node, 0);
        break;
    case OP_HANG:
        h->hung_until = later_of(h->hung_until, until);
        break;
    case OP_PAUSE:
        disks_write(w);
        h->paused_until = later_of(h->paused_until, until);
        world_push(w, (struct item){.at = h->paused_until, .kind = ITEM_WAKE, .host = node});
        break;
    case OP_STALL:
        h->stalled_until = later_of(h->stalled_until, until);
        break;
    case OP_DEAF:
        h->deaf_until = later_of(h->deaf_until, until);
        net_views(w);
        break;
    case OP_MUTE:
        h->mute_until = w->now + (uint64_t)op->b;
        break;
    case OP_LEAVE:
        begin_to_leave(w, node);
        break;
    case OP_RELEVOD:
    case OP_FORGET:
    case OP_NOWATCHDOG:
        h->run_damaged |= op->kind == OP_FORGET && h->has_run;
        if (op->kind == OP_NOWATCHDOG)
            h->no_watchdog_until = w->now + (uint64_t)op->b;
        if (h->on && h->relevod)
            world_kill_relevod(w, node);
        break;
    case OP_CUTSHORT:
        h->cut_short = h->on;
        break;
    case OP_HALFSENT:
        h->half_sent = h->on ? node_bit((uint8_t)op->b) : 0;
        break;
    case OP_VIEW:
        world_push(w, (struct item){.at = w->now,
                                    .kind = ITEM_VIEW,
                                    .host = node,
                                    .tag = h->boots,
                                    .hosts = node_bit(node) | node_bit((uint8_t)op->b)});
        break;
    case OP_LUN:
    case OP_LUNUP:
        h->lun = op->kind == OP_LUNUP;
        guests_tell(w, node);
        break;
    case OP_LOSSFROM:
        h->loss = (uint32_t)op->b;
        break;
    case OP_FAILNODE:
        h->fail_starts = op->b;
        break;
    case OP_SLOW:
        h->slow = (uint64_t)op->b;
        h->slow_until = w->now + 60000;
        break;
    default:
        break;
    }
    h->woken =
        later_of(h->woken, later_of(h->hung_until, later_of(h->stalled_until, h->paused_until)));
}

static void guest_op(struct world *w, const struct op *op)
{
    struct change c = {.id = w->site->guest[op->a].id, .node = 0};
    switch (op->kind) {
    case OP_FAILSTART:
        for (uint8_t i = 0; i < w->site->nodes; i++)
            w->host[i].dom[op->a].fail_starts = op->b;
        break;
    case OP_STUCK:
        stuck(w, op->a, op->b);
        break;
    case OP_LACKS:
        w->lacks[op->a] |= node_bit((uint8_t)op->b);
        for (uint8_t i = 0; i < w->site->nodes; i++)
            guests_tell(w, i);
        break;
    case OP_GUESTCRASH:
        guests_end(w, op->a, GUEST_END_CRASH);
        break;
    case OP_GUESTOFF:
        guests_end(w, op->a, GUEST_END_POWEROFF);
        break;
    case OP_STOP:
    case OP_START:
        c.kind = CHANGE_RUN;
        c.on = op->kind == OP_START;
        command(w, c);
        break;
    case OP_MOVE:
        c.kind = CHANGE_GOAL;
        c.node = (uint8_t)op->b;
        command(w, c);
        break;
    default:
        expect(w, op);
        break;
    }
}

void ops_apply(struct world *w, const struct op *op)
{
    struct change c = {.node = (uint8_t)op->a};
    world_log(w, "== %s %d %d %d", op_info[op->kind].name, op->a + 1, op->b, op->c);
    disks_write(w);
    if (is_loss(w, op))
        oracle_expect_takeover(w, (uint8_t)op->a);
    switch (op->kind) {
    case OP_CUT:
        cut(w, op->a, op->b);
        cut(w, op->b, op->a);
        break;
    case OP_CUTFROM:
        cut(w, op->b, op->a);
        break;
    case OP_ALONE:
        for (int i = 0; i < w->site->nodes; i++)
            if (i != op->a) {
                cut(w, i, op->a);
                cut(w, op->a, i);
            }
        break;
    case OP_MEND:
        mend(w, op->a, op->b);
        break;
    case OP_HEAL:
        heal(w);
        break;
    case OP_LAG:
        w->lag[op->b][op->a] = (uint32_t)op->c;
        w->lags = true;
        break;
    case OP_LOSS:
        w->loss = (uint32_t)op->a;
        break;
    case OP_LINK:
    case OP_LINKUP:
        w->replica[op->a].link = op->kind == OP_LINKUP;
        break;
    case OP_DRAIN:
    case OP_UNDRAIN:
        c.kind = CHANGE_DRAIN;
        c.on = op->kind == OP_DRAIN;
        command(w, c);
        break;
    case OP_OVERRIDE:
        c.kind = CHANGE_OVERRIDE;
        c.id = w->site->mirror[op->a].id;
        c.node = (uint8_t)op->b;
        command(w, c);
        break;
    case OP_CONFIRM:
        confirm(w, (uint8_t)op->a);
        break;
    case OP_BLACKOUT:
        blackout(w);
        break;
    case OP_REPAIR:
        repair(w);
        break;
    default:
        if (op_info[op->kind].a == ARG_GUEST)
            guest_op(w, op);
        else
            host_op(w, op);
        break;
    }
    w->calm = w->now;
    disks_changed(w);
    net_views(w);
}
