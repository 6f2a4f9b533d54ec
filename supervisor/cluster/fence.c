/* relevod's side: one worker at a time for each node, and a rest after a failure. */
#include "cluster/fence.h"

#include <stdio.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "cluster/fence_wire.h"

static const struct backoff backoff = {.first_ms = 5000, .max_ms = 60000, .healthy_ms = 600000};

static bool closed(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

bool fence_order_ok(const void *data, size_t size)
{
    const struct fence_order *o = data;
    return size == sizeof *o && (o->by.kind == FENCE_IPMI || o->by.kind == FENCE_EXEC) &&
           closed(o->node, sizeof o->node) && closed(o->by.target, sizeof o->by.target) &&
           closed(o->by.user, sizeof o->by.user) &&
           closed(o->password_file, sizeof o->password_file);
}

bool fence_reply_ok(const void *data, size_t size)
{
    const struct fence_reply *r = data;
    return size == sizeof *r && closed(r->error.text, sizeof r->error.text);
}

static uint8_t number(const struct fence_work *w)
{
    return (uint8_t)(w - w->fencing->node);
}

static const char *name(const struct fence_work *w)
{
    return w->fencing->cluster->node[number(w)].name;
}

static void fail(struct fence_work *w, const char *why)
{
    w->failures++;
    uint64_t delay = backoff_delay(&backoff, w->failures + 1, UINT32_MAX);
    w->not_before_ms = clock_ms() + delay;
    snprintf(w->problem, sizeof w->problem, "%.250s", why);
    log_err("fence: node %s is not confirmed off: %s; again in %u s at the earliest", name(w), why,
            (unsigned)(delay / 1000));
}

static void on_message(void *owner, const void *data, size_t size)
{
    struct fence_work *w = owner;
    const struct fence_reply *reply = data;
    if (!fence_reply_ok(data, size)) {
        child_kill(w->child);
        return;
    }
    w->answered = true;
    w->confirmed = reply->result == 0;
    snprintf(w->problem, sizeof w->problem, "%.250s", w->confirmed ? "" : reply->error.text);
}

static void on_ended(void *owner, int status, bool timed_out)
{
    struct fence_work *w = owner;
    char why[400], end[64];
    w->child = NULL;
    if (w->dropped)
        return;
    if (w->answered && w->confirmed) {
        w->failures = 0;
        w->not_before_ms = 0;
        log_notice("fence: node %s is off, its device confirms", name(w));
        w->fencing->events->fenced(w->fencing->owner, number(w), w->generation);
        return;
    }
    child_describe_end(status, timed_out, end, sizeof end);
    snprintf(why, sizeof why, "%s%s", w->answered ? w->problem : "its worker ",
             w->answered ? "" : end);
    fail(w, why);
}

void fencing_init(struct fencing *f, qb_loop_t *loop, const struct cluster_config *cluster,
                  const struct fence_events *events, void *owner)
{
    *f = (struct fencing){.loop = loop, .cluster = cluster, .events = events, .owner = owner};
    for (int i = 0; i < CORE_NODES; i++)
        f->node[i].fencing = f;
}

void fencing_want(struct fencing *f, uint8_t node, uint32_t generation)
{
    static const struct child_events events = {.message = on_message, .ended = on_ended};
    struct fence_work *w = &f->node[node];
    struct fence_order order;
    struct err e;
    if (node >= f->cluster->nodes || w->child != NULL || clock_ms() < w->not_before_ms ||
        fence_order(&order, &f->cluster->node[node], f->cluster->folder) != 0)
        return;
    w->generation = generation;
    w->answered = w->confirmed = w->dropped = false;
    log_notice("fence: switching node %s off", name(w));
    w->child = child_start(
        f->loop,
        &(struct child_spec){
            .role = "fence", .deadline_ms = FENCE_MS + 5000, .events = &events, .owner = w},
        &e);
    if (w->child == NULL)
        fail(w, e.text);
    else if (child_send(w->child, &order, sizeof order, &e) != 0)
        child_kill(w->child); /* it then ends without an answer */
}

void fencing_keep(struct fencing *f, uint8_t node, uint32_t generation)
{
    struct fence_work *w = &f->node[node];
    if (w->child == NULL || w->dropped || w->generation == generation)
        return;
    log_notice("fence: node %s is not switched off any more: it is down already, or has come back",
               name(w));
    w->dropped = true;
    child_kill(w->child);
}
