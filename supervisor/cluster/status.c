/* What the cluster is like, seen from this node. */
#include "base/clock.h"
#include "cluster/inside.h"
#include "control/json.h"
#include "core/placement.h"
#include "core/policy.h"
#include "core/takeover.h"
#include "core/timing.h"

/* ---- why not ---- */

static const char *why_not_able(const struct cluster *c, uint8_t node, uint64_t now)
{
    const struct node *n = &c->node;
    const struct ledger_node *e = &n->known.value.node[node];
    if (c->core.node[node].witness)
        return "is a witness";
    if ((e->flags & NODE_DEAD) != 0)
        return "is dead";
    if ((e->flags & NODE_DRAINING) != 0)
        return "is drained";
    if (e->suspicion != 0)
        return "is suspected";
    if (node == n->self ? n->leaving : false)
        return "is going down";
    if (node != n->self && !node_hears(n, node, now))
        return "is not heard";
    if (node == n->self && !n->watchdog)
        return "has no watchdog";
    return placement_is_able(n, node, now) ? NULL : "has no lease, or takes no guests";
}

const char *cluster_why_not(const struct cluster *c, int index, uint8_t node)
{
    const struct ledger *v = &c->node.known.value;
    uint64_t now = clock_ms();
    const char *why = why_not_able(c, node, now);
    if (why != NULL)
        return why;
    if (guest_in(&c->node.peer[node].lacks, index))
        return "has another site, without this guest";
    if (guest_in(&c->cards.disputed, index))
        return "waits until all nodes that are up have the same disks for it";
    if (placement_is_unfit(&c->node, index, node, now))
        return "cannot use its disks, or could not start it";
    if (!ledger_is_fresh(&c->core, v, index, node))
        return "has a stale copy of a disk";
    if (!policy_company(&c->core, v, index, node))
        return "runs what it must be apart from";
    return policy_lack(&c->core, v, index, node) > 0 ? "has too little memory" : NULL;
}

/* ---- nodes ---- */

static const char *node_state(const struct cluster *c, uint8_t i, uint64_t now)
{
    const struct ledger_node *e = &c->node.known.value.node[i];
    if (e->generation == 0)
        return i == c->node.self || node_hears(&c->node, i, now) ? "joining" : "unknown";
    if ((e->flags & NODE_DEAD) != 0)
        return "dead";
    if (e->suspicion != 0)
        return "suspected";
    return i == c->node.self || node_hears(&c->node, i, now) ? "up" : "silent";
}

static int guests_of(const struct cluster *c, uint8_t node)
{
    const struct ledger *v = &c->node.known.value;
    int count = 0;
    for (int i = 0; i < v->guests; i++)
        count += ledger_owns(v, &v->guest[i], node);
    return count;
}

static void write_node(const struct cluster *c, struct json *j, uint8_t i, uint64_t now)
{
    const struct node *n = &c->node;
    const struct ledger_node *e = &n->known.value.node[i];
    bool self = i == n->self, heard = self || node_hears(n, i, now);
    uint8_t flags = n->peer[i].last.flags;
    char other[CARD_TEXT_SIZE];
    json_open(j, NULL);
    json_text(j, "name", c->site->cluster.node[i].name);
    json_number(j, "id", i + 1);
    json_bool(j, "witness", c->core.node[i].witness);
    json_text(j, "state", node_state(c, i, now));
    json_bool(j, "heard", heard);
    json_bool(j, "corosync", node_in(c->view.members, i));
    json_bool(j, "lease",
              self ? lease_valid(&n->lease, &c->core.timing, now)
                   : heard && (flags & BEAT_LEASED) != 0);
    json_bool(j, "takes_guests", placement_is_able(n, i, now));
    json_bool(j, "drained", (e->flags & NODE_DRAINING) != 0);
    json_bool(j, "confirmed_off", (e->flags & NODE_FENCED) != 0);
    json_text(j, "site", cards_version(c, i));
    cards_text(c, i, other);
    json_text(j, "other_site", other);
    json_number(j, "generation", e->generation);
    json_number(j, "guests", guests_of(c, i));
    json_number(j, "memory_mib", c->core.node[i].memory_mib);
    json_number(j, "heard_ms_ago",
                self || !n->peer[i].known ? -1 : (int64_t)(now - n->peer[i].heard_at));
    json_close(j);
}

/* ---- guests ---- */

static bool runs_on(const struct cluster *c, int index, uint8_t node, uint64_t now)
{
    const struct node *n = &c->node;
    if (node == n->self)
        return n->guest[index].run == RUN_UP;
    return node_hears(n, node, now) && n->peer[node].last.site == n->site_hash &&
           guest_in(&n->peer[node].last.running, index);
}

static const char *guest_state(const struct cluster *c, int index, const struct ledger_guest *g,
                               uint64_t now)
{
    const struct ledger *v = &c->node.known.value;
    bool held = g != NULL && ledger_is_held(v, g);
    if (held && runs_on(c, index, g->owner, now))
        return "running";
    if (g != NULL && (g->flags & GUEST_STOPPED) != 0)
        return held ? "stopping" : "stopped";
    if (!held)
        return "waiting";
    if (!node_hears(&c->node, g->owner, now) && g->owner != c->node.self)
        return "lost";
    return g->goal != NO_NODE && g->goal != g->owner ? "moving" : "starting";
}

static void write_candidates(const struct cluster *c, struct json *j, int index)
{
    const struct site_guest *g = &c->core.guest[index];
    json_list(j, "candidates");
    for (int i = -1; i < g->peers; i++) {
        uint8_t node = i < 0 ? g->home : g->peer[i];
        const char *why = cluster_why_not(c, index, node);
        json_open(j, NULL);
        json_text(j, "node", c->site->cluster.node[node].name);
        json_text(j, "why_not", why != NULL ? why : "");
        json_close(j);
    }
    json_list_end(j);
}

static void write_guest(const struct cluster *c, struct json *j, int index, uint64_t now)
{
    const struct ledger *v = &c->node.known.value;
    const struct ledger_guest *g = ledger_guest(v, c->core.guest[index].id, index);
    bool held = g != NULL && ledger_is_held(v, g);
    json_open(j, NULL);
    json_text(j, "name", c->guest[index]->name);
    json_text(j, "state", guest_state(c, index, g, now));
    json_text(j, "owner", held ? c->site->cluster.node[g->owner].name : "");
    json_number(j, "epoch", g != NULL ? g->epoch : 0);
    json_text(j, "goal",
              g != NULL && g->goal != NO_NODE ? c->site->cluster.node[g->goal].name : "");
    write_candidates(c, j, index);
    json_close(j);
}

/* ---- all ---- */

static void write_timing(const struct cluster *c, struct json *j)
{
    const struct timing *t = &c->core.timing;
    json_open(j, "timing");
    json_number(j, "beat_ms", t->beat);
    json_number(j, "lease_ms", t->lease);
    json_number(j, "watchdog_ms", t->watchdog);
    json_number(j, "silence_ms", t->silence);
    json_number(j, "wait_ms", (int64_t)timing_wait(t));
    json_close(j);
}

static void write_self(const struct cluster *c, struct json *j, uint64_t now)
{
    const struct node *n = &c->node;
    const struct timing *t = &c->core.timing;
    bool leased = lease_valid(&n->lease, t, now);
    uint64_t age = now - n->lease.proof;
    json_bool(j, "quorate", c->view.quorate);
    json_bool(j, "corosync", c->view.connected);
    json_number(j, "lease_ms", leased && age < t->lease ? (int64_t)(t->lease - age) : 0);
    json_bool(j, "remembers", n->memory.acceptor.remembers);
    json_bool(j, "armed", n->memory.armed && c->fed);
    json_text(j, "hardware_watchdog", c->hardware.state.name);
    json_text(j, "hardware_watchdog_text", c->hardware.state.text);
    json_number(j, "hardware_watchdog_s", c->hardware.state.seconds);
    json_bool(j, "leaving", n->leaving);
    json_text(j, "leader", c->site->cluster.node[takeover_leader(n, now)].name);
    json_number(j, "version", n->known.value.version);
    json_number(j, "change_us", c->change_us);
    json_number(j, "waiting_for_journal", c->deeds.count);
}

const char *cluster_owner(const struct cluster *c, const struct guest_run *run)
{
    const struct ledger *v = &c->node.known.value;
    if (!c->began || run->order == ORDER_NONE)
        return "";
    const struct ledger_guest *g = ledger_guest(v, c->core.guest[run->number].id, run->number);
    return g != NULL && ledger_is_held(v, g) ? c->site->cluster.node[g->owner].name : "";
}

void cluster_json(const struct cluster *c, struct json *j)
{
    uint64_t now = clock_ms();
    json_text(j, "cluster", c->site != NULL ? c->site->cluster.name : "");
    json_bool(j, "known", c->began);
    if (c->site == NULL || !c->began)
        return;
    write_self(c, j, now);
    write_timing(c, j);
    json_list(j, "nodes");
    for (uint8_t i = 0; i < c->core.nodes; i++)
        write_node(c, j, i, now);
    json_list_end(j);
    json_list(j, "guests");
    for (int i = 0; i < c->core.guests; i++)
        write_guest(c, j, i, now);
    json_list_end(j);
}
