/* What random plans are made of. Each kind of fault adds operations to the plan, from the time in
 * the draw on, and may move that time. */
#pragma once
#include "sim/plan.h"

#define REPAIR_AT 360000 /* no faults from then on */

struct draw {
    struct plan *plan;
    struct prng *r;
    uint64_t at;
    int node, other, guest, mirror; /* drawn anew for each fault */
    uint32_t whole;                 /* about how long a takeover takes */
};

/* Adds it, unless the plan is full or the time for faults is over. */
void fault_add(struct draw *d, uint64_t at, enum op_kind kind, int a, int b);

/* A time around which something decides itself. */
uint32_t fault_span(struct draw *d);

/* The faults of every day, one at random. */
void fault_any(struct draw *d);

/* One thing again and again, faster than it can be dealt with. */
void fault_storm(struct draw *d);

/* Faults that come where a rule of core/ matters (sim/aimed.c). */
void aimed_proposal(struct draw *d); /* a proposer dies in the middle; rivals; promises forgotten */
void aimed_loss(struct draw *d);     /* a node is lost out of quiet: S3 is timed */
void aimed_late(struct draw *d);     /* messages that outlive a link's break or their sender */
void aimed_lease(struct draw *d);    /* a node that hears, and is not heard */
void aimed_migration(struct draw *d); /* cut at each step */
void aimed_mirror(struct draw *d);    /* links that flap while owners change */
void aimed_amnesia(struct draw *d);   /* many forget at once */
void aimed_pair(struct draw *d);      /* two nodes: off, confirmed, alone, and back */
