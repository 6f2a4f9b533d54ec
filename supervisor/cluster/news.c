/* One line for each change of the ledger that is worth one: when it is known to be chosen. */
#include <time.h>

#include "base/log.h"
#include "cluster/inside.h"
#include "core/timing.h"

static const char *name_of(const struct cluster *c, uint8_t node)
{
    return node < c->core.nodes ? c->site->cluster.node[node].name : "nobody";
}

static void compare_node(const struct cluster *c, uint8_t i, const struct ledger_node *was,
                         const struct ledger_node *is)
{
    const char *name = name_of(c, i);
    bool died = (is->flags & NODE_DEAD) != 0;
    if (is->incarnation != was->incarnation)
        log_notice("cluster: node %s has joined, generation %u", name, is->generation);
    if (is->suspicion != 0 && is->suspicion != was->suspicion)
        log_warn("cluster: node %s is suspected; dead after %.1f s of silence", name,
                 (double)timing_wait(&c->core.timing) / 1000);
    else if (was->suspicion != 0 && is->suspicion == 0 && !died)
        log_notice("cluster: node %s is no longer suspected", name);
    if (died && ((was->flags & NODE_DEAD) == 0 || is->generation != was->generation))
        log_warn("cluster: node %s is dead%s", name,
                 (is->flags & NODE_FENCED) != 0 ? ", confirmed to be off" : "");
    if (((is->flags ^ was->flags) & NODE_DRAINING) != 0)
        log_notice("cluster: node %s %s", name,
                   (is->flags & NODE_DRAINING) != 0 ? "is drained" : "takes guests again");
}

static void compare_guest(const struct cluster *c, int index)
{
    static const struct ledger_guest none = {.owner = NO_NODE, .goal = NO_NODE};
    uint64_t id = c->core.guest[index].id;
    const struct ledger_guest *was = ledger_guest(&c->told.value, id, index);
    const struct ledger_guest *is = ledger_guest(&c->node.known.value, id, index);
    const char *name = c->guest[index]->name;
    was = was != NULL ? was : &none;
    is = is != NULL ? is : &none;
    bool owned = (is->flags & GUEST_OWNED) != 0;
    if (owned && is->epoch != was->epoch)
        log_info("guest %s: %s's from now on, epoch %u", name, name_of(c, is->owner), is->epoch);
    if (!owned && (was->flags & GUEST_OWNED) != 0)
        log_info("guest %s: released by %s", name, name_of(c, was->owner));
    if (((is->flags ^ was->flags) & GUEST_STOPPED) != 0)
        log_info("guest %s: %s", name,
                 (is->flags & GUEST_STOPPED) != 0 ? "shall stay stopped" : "shall run");
    if (is->goal != was->goal && is->goal != NO_NODE)
        log_info("guest %s: to go to %s", name, name_of(c, is->goal));
}

static uint64_t clock_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* How long the changes take that this node proposes. */
static void measure(struct cluster *c)
{
    const struct chosen *known = &c->node.known;
    bool chosen = ballot_compare(&known->ballot, &c->told.ballot) != 0;
    if (chosen && c->round_us != 0 && known->ballot.incarnation == c->node.incarnation)
        c->change_us = (uint32_t)(clock_us() - c->round_us);
    if (c->node.proposer.phase == PROPOSER_IDLE || chosen)
        c->round_us = 0;
    if (c->node.proposer.phase != PROPOSER_IDLE && c->round_us == 0)
        c->round_us = clock_us();
}

void news_tell(struct cluster *c)
{
    const struct chosen *known = &c->node.known;
    measure(c);
    if (ballot_compare(&known->ballot, &c->told.ballot) == 0)
        return;
    if (c->told.ballot.number != 0 && known->value.era != c->told.value.era)
        log_warn("cluster: begins anew, without what was known before");
    for (uint8_t i = 0; i < c->core.nodes; i++)
        compare_node(c, i, &c->told.value.node[i], &known->value.node[i]);
    for (int i = 0; i < c->core.guests; i++)
        compare_guest(c, i);
    c->told = *known;
}
