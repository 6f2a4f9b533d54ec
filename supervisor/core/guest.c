#include "core/guest.h"

#include "core/mutant.h"
#include "core/placement.h"

#define STARTS_AT_ONCE 4      /* workers creating domains */
#define UNFIT_MS       600000 /* a node that gave a guest up is not asked again for so long */
#define OFFER_MS       15000  /* an offered guest waits so long for its change of owner */
#define COPY_MS        300000 /* a copy that takes longer is broken off */
#define MOVE_AGAIN_MS  30000  /* between two attempts to move */
#define AFTER_MS       60000  /* the longest that "after" delays a start */
#define INCOMING_MS    60000  /* a copy that nobody gives us is discarded */

const struct ledger_guest *guest_owned(const struct node *n, int index)
{
    const struct ledger *v = &n->known.value;
    if (n->known.ballot.number == 0 || !node_is_current(n))
        return NULL;
    const struct ledger_guest *g = ledger_guest(v, n->site->guest[index].id, index);
    return g != NULL && ledger_owns(v, g, n->self) ? g : NULL;
}

/* R21: what was given away under this epoch is ours no more, whatever the ledger still says. */
static bool was_left(const struct node *n, int index, const struct ledger_guest *g)
{
    return n->memory.left[index].epoch == g->epoch && !mutant(M_RESTART_RELEASED);
}

static void enter(struct core_guest *g, enum run run, uint64_t now)
{
    g->run = run;
    g->since = now;
}

static void act(struct actions *out, enum action_kind kind, int index, uint32_t epoch)
{
    struct action *a = node_act(out, kind);
    a->index = index;
    a->epoch = epoch;
}

static void kill_guest(struct node *n, int index, uint64_t now, struct actions *out)
{
    enter(&n->guest[index], RUN_KILLING, now);
    act(out, ACT_KILL, index, n->guest[index].epoch);
}

/* Gives the guest away, to a node or to anybody. R21: noted and journalled before it is asked for.
 */
static void leave(struct node *n, int index, uint32_t epoch, uint8_t to, bool stopped,
                  struct actions *out)
{
    n->memory.left[index].id = n->site->guest[index].id;
    n->memory.left[index].epoch = epoch;
    n->memory.left[index].to = to;
    n->memory.left[index].stopped = stopped;
    n->dirty = true;
    node_act(out, ACT_JOURNAL);
}

static bool runs_somewhere(const struct node *n, int index, uint64_t now)
{
    if (n->guest[index].run == RUN_UP)
        return true;
    for (uint8_t i = 0; i < n->site->nodes; i++)
        if (i != n->self && node_hears(n, i, now) && n->peer[i].last.site == n->site_hash &&
            guest_in(&n->peer[i].last.running, index))
            return true;
    return false;
}

static bool after_others(const struct node *n, int index, uint64_t now)
{
    const struct site_guest *s = &n->site->guest[index];
    if (now - n->guest[index].mine_since > AFTER_MS)
        return true;
    for (int i = 0; i < s->afters; i++) {
        const struct ledger_guest *g =
            ledger_guest(&n->known.value, n->site->guest[s->after[i]].id, s->after[i]);
        bool stopped = g != NULL && (g->flags & GUEST_STOPPED) != 0;
        if (!stopped && !runs_somewhere(n, s->after[i], now))
            return false;
    }
    return true;
}

/* R15: a start or unpause needs, besides the claim, a lease that lasts and an armed watchdog. */
static bool may_start(const struct node *n, uint64_t now)
{
    if (mutant(M_NO_LEASE_START))
        return true;
    return n->watchdog && n->memory.armed && lease_lasts(&n->lease, &n->site->timing, now);
}

static void converge_off(struct node *n, int index, const struct ledger_guest *mine, uint64_t now,
                         int *starting, struct actions *out)
{
    struct core_guest *g = &n->guest[index];
    if (mine == NULL)
        return;
    bool drain = (n->known.value.node[n->self].flags & NODE_DRAINING) != 0;
    bool elsewhere = mine->goal != NO_NODE && mine->goal != n->self;
    /* R28: not on a copy that the ledger calls stale, be the claim as it may. */
    bool fresh = ledger_is_fresh(n->site, &n->known.value, index, n->self);
    if ((mine->flags & (GUEST_STOPPED | GUEST_YIELDS)) != 0 || g->ended || elsewhere || drain ||
        n->leaving || !fresh || g->devices_bad || g->unfit_until > now) {
        leave(n, index, mine->epoch, NO_NODE, g->ended, out);
        g->ended = false;
        return;
    }
    if (g->not_before > now || *starting >= STARTS_AT_ONCE || !after_others(n, index, now) ||
        !may_start(n, now))
        return;
    ++*starting;
    g->epoch = mine->epoch;
    enter(g, RUN_STARTING, now);
    act(out, ACT_START, index, g->epoch);
}

/* A guest that runs: stop it, move it, or leave it in peace. */
static void converge_up(struct node *n, int index, const struct ledger_guest *mine, uint64_t now,
                        struct actions *out)
{
    struct core_guest *g = &n->guest[index];
    g->epoch = mine->epoch;
    bool move = mine->goal != NO_NODE && mine->goal != n->self && g->not_before <= now &&
                placement_is_able(n, mine->goal, now);
    if (move && g->devices_bad) {
        kill_guest(n, index, now, out); /* without its disks it cannot shut down */
    } else if ((mine->flags & (GUEST_STOPPED | GUEST_YIELDS)) != 0 || n->leaving ||
               (move && !n->site->guest[index].live)) {
        enter(g, RUN_STOPPING, now);
        act(out, ACT_STOP, index, g->epoch);
    } else if (move) {
        enter(g, RUN_SENDING, now);
        act(out, ACT_MIGRATE, index, g->epoch);
        out->action[out->count - 1].node = g->target = mine->goal;
    }
}

/* R22: once the change of owner was asked for, only a chosen value says who may go on: the source
 * if it has raised the epoch itself, else whoever owns the guest now. */
static void converge_offered(struct node *n, int index, const struct ledger_guest *owned,
                             uint64_t now, struct actions *out)
{
    struct core_guest *g = &n->guest[index];
    bool asked = owned != NULL && owned->epoch == n->memory.left[index].epoch;
    if (mutant(M_RESUME_SOURCE) && asked && now > g->since) {
        enter(g, RUN_UP, now);
        act(out, ACT_RESUME, index, g->epoch);
        n->memory.left[index].epoch = 0;
        return;
    }
    if (asked)
        return;
    /* Not "ours again", by way of others: withdrawn by ourselves, which is one epoch on. */
    bool kept = owned != NULL && owned->epoch == n->memory.left[index].epoch + 1;
    if (owned == NULL || (!kept && !mutant(M_RESUME_LATER))) {
        kill_guest(n, index, now, out);
        return;
    }
    g->epoch = owned->epoch;
    g->not_before = now + MOVE_AGAIN_MS;
    enter(g, RUN_UP, now);
    act(out, ACT_RESUME, index, g->epoch);
}

static void converge_incoming(struct node *n, int index, const struct ledger_guest *mine,
                              uint64_t now, struct actions *out)
{
    struct core_guest *g = &n->guest[index];
    /* R22: the copy is good for the change of owner that it was made for, and for no other. */
    bool ours = mine != NULL && (mine->flags & GUEST_HANDED) != 0 && mine->epoch == g->epoch + 1;
    if (mutant(M_ANY_IMAGE))
        ours = mine != NULL;
    if (mutant(M_UNPAUSE_EARLY) && may_start(n, now))
        ours = true;
    if (ours && may_start(n, now)) {
        if (mine != NULL)
            g->epoch = mine->epoch;
        enter(g, RUN_STARTING, now);
        act(out, ACT_UNPAUSE, index, g->epoch);
    } else if ((mine != NULL && !ours) || now - g->since > INCOMING_MS) {
        kill_guest(n, index, now, out);
    }
}

static void converge(struct node *n, int index, bool lapsed, uint64_t now, int *starting,
                     struct actions *out)
{
    struct core_guest *g = &n->guest[index];
    const struct ledger_guest *owned = guest_owned(n, index);
    const struct ledger_guest *mine = owned != NULL && !was_left(n, index, owned) ? owned : NULL;
    node_since(&g->mine_since, mine != NULL, now);
    /* Before the first chosen value is known, a restarted relevod leaves alone what it found. */
    bool unknown = n->known.ballot.number == 0;

    switch (g->run) {
    case RUN_OFF:
        converge_off(n, index, mine, now, starting, out);
        break;
    case RUN_STARTING:
    case RUN_UP:
    case RUN_SENDING:
    case RUN_STOPPING:
        /* R16: without a lease, or without the claim, nothing runs on. */
        if (lapsed || (mine == NULL && !unknown && !mutant(M_UNPAUSE_EARLY)) ||
            (g->run == RUN_STOPPING && now - g->since > n->site->timing.stop)) {
            kill_guest(n, index, now, out);
        } else if (mine != NULL && g->run == RUN_UP) {
            converge_up(n, index, mine, now, out);
        } else if (g->run == RUN_SENDING && now - g->since > COPY_MS) {
            g->since = now;
            act(out, ACT_RESUME, index, g->epoch); /* breaks the copy off: OFFER_FAILED follows */
        }
        break;
    case RUN_OFFERED:
        if (lapsed)
            kill_guest(n, index, now, out);
        else if (!unknown)
            converge_offered(n, index, owned, now, out);
        break;
    case RUN_INCOMING:
        converge_incoming(n, index, mine, now, out);
        break;
    case RUN_KILLING:
        if (now - g->since > n->site->timing.stop) {
            kill_guest(n, index, now, out);
            node_act(out, ACT_REPORT)->text = "cannot be destroyed, trying again";
            out->action[out->count - 1].index = index;
        }
        break;
    }
}

void guest_converge_all(struct node *n, uint64_t now, struct actions *out)
{
    /* A restarted relevod has no proof yet: the watchdog is what limits it meanwhile. */
    uint32_t lease = n->site->timing.lease;
    bool lapsed = !lease_valid(&n->lease, &n->site->timing, now) && now - n->born >= lease;
    if (mutant(M_NO_KILL))
        lapsed = false;
    int starting = 0;
    for (int i = 0; i < n->site->guests; i++)
        starting += n->guest[i].run == RUN_STARTING;
    for (int k = 0; k < n->site->guests; k++)
        converge(n, n->order[k], lapsed, now, &starting, out);
}

/* It ended, or did not start: again here, later, elsewhere, or not at all. */
static void restart(struct node *n, int index, enum guest_end end, uint64_t ran, uint64_t now,
                    struct actions *out)
{
    struct core_guest *g = &n->guest[index];
    struct restart_verdict v =
        restart_decide(&restart_default, &g->restart, end, ran, now, node_random(n));
    g->not_before = v.at_ms;
    if (v.kind == RESTART_LEAVE_STOPPED) {
        g->ended = true;
    } else if (v.kind == RESTART_GIVE_UP) {
        const struct ledger_guest *l =
            ledger_guest(&n->known.value, n->site->guest[index].id, index);
        g->commands = l != NULL ? l->commands : 0;
        g->unfit_until = now + UNFIT_MS;
        g->restart = (struct restart_state){0};
        g->not_before = 0;
        node_act(out, ACT_REPORT)->text = "ends again and again, given up on this node";
        out->action[out->count - 1].index = index;
    }
}

void guest_running(struct node *n, int index, uint64_t now)
{
    if (n->guest[index].run == RUN_STARTING)
        enter(&n->guest[index], RUN_UP, now);
}

void guest_gone(struct node *n, int index, uint64_t now)
{
    enter(&n->guest[index], RUN_OFF, now);
}

void guest_ended(struct node *n, int index, enum guest_end end, uint64_t now, struct actions *out)
{
    struct core_guest *g = &n->guest[index];
    enum run was = g->run;
    uint64_t ran = was == RUN_STARTING ? 0 : now - g->since;
    enter(g, RUN_OFF, now);
    if (was == RUN_STARTING || was == RUN_UP || was == RUN_SENDING)
        restart(n, index, end, ran, now, out);
}

void guest_offer_ready(struct node *n, int index, uint64_t now, struct actions *out)
{
    struct core_guest *g = &n->guest[index];
    const struct ledger_guest *owned = guest_owned(n, index);
    if (g->run != RUN_SENDING)
        return;
    if (owned == NULL || owned->epoch != g->epoch) {
        kill_guest(n, index, now, out);
    } else if (owned->goal != g->target && !mutant(M_OFFER_ELSEWHERE)) {
        enter(g, RUN_UP, now); /* the copy is for a node that shall not have it any more */
        act(out, ACT_RESUME, index, g->epoch);
    } else {
        leave(n, index, g->epoch, mutant(M_OFFER_ELSEWHERE) ? owned->goal : g->target, false, out);
        enter(g, RUN_OFFERED, now);
    }
}

void guest_offer_failed(struct node *n, int index, uint64_t now)
{
    if (n->guest[index].run == RUN_SENDING)
        enter(&n->guest[index], RUN_UP, now);
    n->guest[index].not_before = now + MOVE_AGAIN_MS;
}

void guest_incoming(struct node *n, int index, uint32_t epoch, uint64_t now)
{
    if (n->guest[index].run != RUN_OFF)
        return;
    n->guest[index].epoch = epoch;
    enter(&n->guest[index], RUN_INCOMING, now);
}

void guest_wishes(struct node *n, struct wishes *w, uint64_t now)
{
    for (int i = 0; i < n->site->guests; i++) {
        const struct ledger_guest *g = guest_owned(n, i);
        if (g == NULL || n->memory.left[i].epoch != g->epoch)
            continue;
        struct change c = {.id = g->id, .epoch = g->epoch};
        uint8_t to = n->memory.left[i].to;
        if (to == NO_NODE) {
            c.kind = CHANGE_RELEASE;
            c.on = n->memory.left[i].stopped;
        } else if (n->guest[i].run != RUN_OFFERED || now - n->guest[i].since > OFFER_MS) {
            c.kind = CHANGE_KEEP;
        } else {
            c.kind = CHANGE_HANDOVER;
            c.node = to;
            c.generation = n->known.value.node[to].generation;
        }
        node_wish(n, w, c);
    }
}

bool guest_all_idle(const struct node *n)
{
    for (int i = 0; i < n->site->guests; i++)
        if (n->guest[i].run != RUN_OFF && n->guest[i].run != RUN_INCOMING)
            return false;
    return true;
}

void guest_summary(const struct node *n, uint64_t now, struct guestset *unfit,
                   struct guestset *running)
{
    for (int i = 0; i < n->site->guests; i++) {
        const struct core_guest *g = &n->guest[i];
        if (g->devices_bad || g->unfit_until > now)
            guest_set(unfit, i, true);
        if (g->run == RUN_UP || g->run == RUN_SENDING)
            guest_set(running, i, true);
    }
}
