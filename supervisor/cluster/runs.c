/* What becomes of guests here, and of their disks: told to core/. */
#include "cluster/inside.h"
#include "core/guest.h"

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

static void on_looked(void *cluster)
{
    begin_if_known(cluster);
    cluster_look_at_disks(cluster);
}

void runs_watch(struct cluster *c)
{
    c->guests->orderer = (struct orderer){.owner = c,
                                          .looked = on_looked,
                                          .running = on_running,
                                          .ended = on_ended,
                                          .gone = on_gone,
                                          .absent = on_absent};
}
