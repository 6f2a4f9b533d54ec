/* This node goes down in order. */
#include "base/clock.h"
#include "base/log.h"
#include "cluster/inside.h"
#include "core/guest.h"

/* So long the others get to hear that the last guests are released. */
#define FINISH_MS 5000
/* From the beginning of going down: so long this node's vote and echo are there for others that go
 * down, too. Their guests have 95 s, and init kills what is left after 120. */
#define LEND_MS         105000
#define LEND_UNASKED_MS 3000

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

void leave_if_due(struct cluster *c)
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
    leave_if_due(c);
}
