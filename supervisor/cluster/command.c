/* What operators ask of the cluster: changes of the ledger, which any node may wish for. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cluster/inside.h"
#include "cluster/site.h"
#include "core/placement.h"

static int find_guest(const struct cluster *c, const char *name, struct err *said)
{
    for (int i = 0; i < c->core.guests; i++)
        if (strcmp(c->guest[i]->name, name) == 0)
            return i;
    err_set(said, "guest %s: not known here, or it has no home", name);
    return NO_INDEX;
}

/* Its number, or NO_NODE. */
static uint8_t find_node(const struct cluster *c, const char *name, struct err *said)
{
    int node = cluster_find(&c->site->cluster, name);
    if (node >= 0)
        return (uint8_t)node;
    err_set(said, "node %s: no node of the cluster has this name", name);
    return NO_NODE;
}

static int check(const struct cluster *c, struct err *said)
{
    if (c->site == NULL)
        return err_set(said, "this node belongs to no cluster");
    if (!c->began)
        return err_set(said, "the cluster is not known yet; to be tried again");
    return 0;
}

/* The wish stands for a minute: without quorum it may come to nothing. */
static int wish(struct cluster *c, const struct change *change, struct err *said)
{
    const int most = (int)(sizeof c->node.command / sizeof c->node.command[0]);
    if (c->node.commands == most)
        return err_set(said, "%d commands wait for the cluster already; to be tried again", most);
    log_notice("%s, as the operator wishes", said->text);
    cluster_event(c, &(struct event){.kind = EVENT_COMMAND, .change = change});
    return 0;
}

static const struct ledger_guest *entry(const struct cluster *c, int index)
{
    return ledger_guest(&c->node.known.value, c->core.guest[index].id, index);
}

int cluster_run(struct cluster *c, const char *guest, bool on, struct err *said)
{
    int index = check(c, said) == 0 ? find_guest(c, guest, said) : NO_INDEX;
    if (index == NO_INDEX)
        return -1;
    const struct ledger_guest *g = entry(c, index);
    struct change change = {.kind = CHANGE_RUN,
                            .id = c->core.guest[index].id,
                            .on = on,
                            .commands = g != NULL ? g->commands : 0};
    err_set(said, "guest %s: to be %s", guest, on ? "run" : "stopped, wherever it runs");
    return wish(c, &change, said);
}

int cluster_move(struct cluster *c, const char *guest, const char *node, struct err *said)
{
    int index = check(c, said) == 0 ? find_guest(c, guest, said) : NO_INDEX;
    uint8_t to = index != NO_INDEX ? find_node(c, node, said) : NO_NODE;
    if (to == NO_NODE)
        return -1;
    const struct ledger_guest *g = entry(c, index);
    if (!site_is_candidate(&c->core.guest[index], to))
        return err_set(said, "guest %s: %s is neither its home nor one of its peers", guest, node);
    if (g != NULL && g->owner == to && ledger_is_held(&c->node.known.value, g))
        return err_set(said, "guest %s: is %s's already", guest, node);
    const char *why = cluster_why_not(c, index, to);
    if (why != NULL)
        return err_set(said, "guest %s: cannot run on %s: %s", guest, node, why);
    struct change change = {.kind = CHANGE_GOAL,
                            .id = c->core.guest[index].id,
                            .node = to,
                            .commands = g != NULL ? g->commands : 0};
    err_set(said, "guest %s: to be moved to %s: stopped, and started there", guest, node);
    return wish(c, &change, said);
}

int cluster_drain(struct cluster *c, const char *name, bool on, struct err *said)
{
    uint8_t node = check(c, said) == 0 ? find_node(c, name, said) : NO_NODE;
    if (node == NO_NODE)
        return -1;
    const struct ledger_node *n = &c->node.known.value.node[node];
    if (((n->flags & NODE_DRAINING) != 0) == on)
        return err_set(said, "node %s: is %s already", name, on ? "drained" : "taking guests");
    struct change change = {
        .kind = CHANGE_DRAIN, .node = node, .generation = n->generation, .on = on};
    err_set(said, "node %s: %s", name,
            on ? "its guests are moved away, and it takes none until it is undrained"
               : "takes guests again");
    return wish(c, &change, said);
}

static const char *why_stale(const struct cluster *c, uint64_t mark, char text[120])
{
    uint8_t maker = mark_maker(mark);
    if (maker >= 1 && maker <= c->core.nodes)
        snprintf(text, 120, "node %s has written without it",
                 c->site->cluster.node[maker - 1].name);
    else
        snprintf(text, 120, "%s",
                 maker == MARK_BY_OPERATOR
                     ? "an operator has called the other one current"
                     : "nobody has vouched for it since the nodes had forgotten");
    return text;
}

int cluster_override(struct cluster *c, const char *mirror, const char *name, bool sure,
                     struct err *said)
{
    uint8_t node = check(c, said) == 0 ? find_node(c, name, said) : NO_NODE;
    if (node == NO_NODE)
        return -1;
    const struct ledger *v = &c->node.known.value;
    int index = cluster_mirror(&c->core, mirror);
    int side = index != NO_INDEX ? mirror_side(&c->core.mirror[index], node) : NO_INDEX;
    if (side == NO_INDEX)
        return err_set(said, "mirror %s: not known, or it has no side on %s", mirror, name);
    uint64_t id = c->core.mirror[index].id, mark = ledger_mark(v, id, side);
    const char *other = c->site->cluster.node[c->core.mirror[index].node[1 - side]].name;
    char why[120];
    if (mark == 0)
        return err_set(said, "mirror %s: %s's copy is current", mirror, name);
    if (!ledger_may_override(&c->core, v, index, side))
        return err_set(said,
                       "mirror %s: %s has the current copy, and is not known to be dead: bring it "
                       "back (if it never comes: relevo confirm-down %s)",
                       mirror, other, other);
    if (!sure)
        return err_set(said,
                       "mirror %s: %s's copy is not current: %s. What %s alone has written, and "
                       "guests took for durable, is LOST if this copy is used. If that is meant: "
                       "relevo override %s %s --lose-writes",
                       mirror, name, why_stale(c, mark, why), other, mirror, name);
    struct change change = {.kind = CHANGE_OVERRIDE, .id = id, .node = node, .mark = mark};
    err_set(said, "mirror %s: %s's copy counts as current; what %s alone has written is lost",
            mirror, name, other);
    log_warn("%s", said->text);
    return wish(c, &change, said);
}

int cluster_confirm_down(struct cluster *c, const char *name, struct err *said)
{
    uint8_t node = check(c, said) == 0 ? find_node(c, name, said) : NO_NODE;
    if (node == NO_NODE)
        return -1;
    if (node == c->node.self)
        return err_set(said, "node %s: is this one", name);
    if (c->node.peer[node].known)
        return err_set(said, "node %s: is heard: it is not off", name);
    err_set(said, "node %s: counts as off; its guests are taken over at once", name);
    log_warn("%s, as the operator says", said->text);
    cluster_event(c, &(struct event){.kind = EVENT_CONFIRM_DOWN, .node = node});
    return 0;
}
