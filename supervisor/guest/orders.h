/* What the cluster orders of a guest on this node, and what it is told of it. Without a cluster
 * nothing is ordered, and policy.c goes by homes.
 *
 * Never more than one order stands, and each is answered once: ORDER_RUN by running() or ended(),
 * ORDER_STOP and ORDER_KILL by gone(). A guest that runs and ends by itself is answered by ended(),
 * too. Where nothing runs, nothing is left of it either: no domain, no device, no worker. */
#pragma once
#include "core/restart.h"
#include "guest/plan.h"

struct guest_run;

enum order {
    ORDER_NONE, /* no cluster decides on this guest */
    ORDER_WAIT, /* one does, and has not said anything yet: hands off */
    ORDER_OFF,  /* it must not run here: what does is destroyed */
    ORDER_RUN,
    ORDER_STOP, /* it is asked to shut down */
    ORDER_KILL, /* it is destroyed, and who works on it is ended */
};

/* Whose orders they are. Called from guests_converge(), may give orders. */
struct orderer {
    void *owner;
    void (*looked)(void *owner); /* a new picture of Xen's domains, before anything is done on it */
    void (*running)(void *owner, struct guest_run *run);
    void (*ended)(void *owner, struct guest_run *run, enum guest_end end);
    void (*gone)(void *owner, struct guest_run *run);
    /* Why a guest has no domain here, as guest_state_name() has it. */
    const char *(*absent)(void *owner, const struct guest_run *run);
};

/* guests_converge() is to follow. */
void order_give(struct guest_run *run, enum order order);

/* --- for the files of guest/ --- */

/* Of a guest that has orders. */
enum plan_wish order_wish(const struct guest_run *run);

/* It must go at once, without being asked. */
bool order_is_urgent(const struct guest_run *run);

/* It has ended, or did not start: what there is of it is cleared away, and then it is told. */
void order_ended(struct guest_run *run, enum guest_end end);

/* Nothing is left to be done for now: tells what is to be told. */
void order_settled(struct guest_run *run);
