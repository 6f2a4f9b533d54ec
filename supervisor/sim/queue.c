/* What will happen in the world: a binary heap by time, then by order of entry. */
#include <stdlib.h>

#include "sim/world.h"

static bool earlier(const struct item *a, const struct item *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void world_push(struct world *w, struct item i)
{
    if (w->queued == w->room) {
        w->room = w->room == 0 ? 256 : 2 * w->room;
        w->queue = realloc(w->queue, (size_t)w->room * sizeof(*w->queue));
        if (w->queue == NULL)
            abort();
    }
    if (i.order == 0) /* what is put off keeps its place among its like */
        i.order = ++w->order;
    int at = w->queued++;
    while (at > 0 && earlier(&i, &w->queue[(at - 1) / 2])) {
        w->queue[at] = w->queue[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    w->queue[at] = i;
}

struct item world_pop(struct world *w)
{
    struct item first = w->queue[0];
    struct item last = w->queue[--w->queued];
    int at = 0;
    for (;;) {
        int child = 2 * at + 1;
        if (child >= w->queued)
            break;
        if (child + 1 < w->queued && earlier(&w->queue[child + 1], &w->queue[child]))
            child++;
        if (!earlier(&w->queue[child], &last))
            break;
        w->queue[at] = w->queue[child];
        at = child;
    }
    if (w->queued > 0)
        w->queue[at] = last;
    return first;
}
