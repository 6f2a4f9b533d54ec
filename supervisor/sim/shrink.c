#include "sim/shrink.h"
#include "sim/ops.h"

#include <string.h>

static bool still_breaks(struct world *w, const struct plan *p, enum verdict v)
{
    return world_run(w, p) == v;
}

/* Leaves out runs of operations, long ones first, as long as the same rule breaks. The repair
 * stays, as what comes after it is judged. */
static bool without_ops(struct world *w, struct plan *plan, enum verdict v)
{
    static struct plan less;
    bool better = false;
    for (int size = plan->ops / 2; size >= 1; size /= 2)
        for (int at = 0; at + size <= plan->ops;) {
            bool repair = false;
            for (int k = at; k < at + size; k++)
                repair |= plan->op[k].kind == OP_REPAIR;
            less = *plan;
            memmove(&less.op[at], &less.op[at + size],
                    (size_t)(less.ops - at - size) * sizeof(less.op[0]));
            less.ops -= size;
            if (!repair && still_breaks(w, &less, v)) {
                *plan = less;
                better = true;
            } else {
                at += size;
            }
        }
    return better;
}

/* A calmer network, an earlier end, fewer guests: each tried once. */
static bool simpler(struct world *w, struct plan *plan, enum verdict v)
{
    static struct plan less;
    bool better = false;
    for (int what = 0; what < 7; what++) {
        less = *plan;
        bool same = (what == 0 && plan->loss == 0) || (what == 1 && plan->late == 0) ||
                    (what == 2 && plan->twice == 0) || (what == 3 && plan->journal == 0) ||
                    (what == 4 && !plan->wire) || (what == 5 && !plan->site.fence_device) ||
                    (what == 6 && plan->site.guests == 1);
        if (what == 0)
            less.loss = 0;
        else if (what == 1)
            less.late = 0;
        else if (what == 2)
            less.twice = 0;
        else if (what == 3)
            less.journal = 0;
        else if (what == 4)
            less.wire = false;
        else if (what == 5)
            less.fence = less.site.fence_device = false;
        else
            less.site.guests--;
        for (int k = 0; k < less.ops; k++)
            if (op_info[less.op[k].kind].a == ARG_GUEST && less.op[k].a >= less.site.guests)
                less.op[k].a = 0;
        if (!same && still_breaks(w, &less, v)) {
            *plan = less;
            better = true;
        }
    }
    return better;
}

void shrink(struct world *w, struct plan *plan)
{
    enum verdict v = world_run(w, plan);
    if (v == RUN_OK)
        return;
    while (without_ops(w, plan, v) || simpler(w, plan, v))
        ;
    world_run(w, plan);
    if (v != BROKE_LIVENESS && v != BROKE_EXPECT)
        plan->end = w->now + 1000;
    world_run(w, plan);
}
