/* Starting workers for a mirror's deeds, and what follows when they have ended. */
#include <stdio.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "storage/drbd.h"

/* An attach reads the whole bitmap, a promote waits for the peer: seconds on a slow disk. */
#define DEED_MS 60000
/* What failed is tried again after this, and ever less often. */
#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS   30000

static void wait_longer(uint32_t *delay_ms, uint64_t *at_ms)
{
    *delay_ms = *delay_ms == 0 ? RETRY_FIRST_MS : *delay_ms * 2;
    if (*delay_ms > RETRY_MAX_MS)
        *delay_ms = RETRY_MAX_MS;
    *at_ms = clock_ms() + *delay_ms;
}

static void clear(uint32_t *delay_ms, uint64_t *at_ms)
{
    *delay_ms = 0;
    *at_ms = 0;
}

/* When the step that failed may be tried again. */
static void note_failure(struct mirror *m, uint32_t step)
{
    struct drbd_view *v = &m->view;
    if (step == DRBD_APPLY_AL || step == DRBD_ATTACH)
        wait_longer(&m->attach_ms, &v->attach_at_ms);
    else if (step == DRBD_CONNECT)
        wait_longer(&m->connect_ms, &v->connect_at_ms);
    else
        wait_longer(&m->act_ms, &v->act_at_ms);
}

static void note_success(struct mirror *m)
{
    struct drbd_view *v = &m->view;
    clear(&m->act_ms, &v->act_at_ms);
    for (uint32_t i = 0; i < m->deed.steps; i++) {
        uint32_t step = m->deed.step[i];
        if (step == DRBD_ATTACH)
            clear(&m->attach_ms, &v->attach_at_ms);
        else if (step == DRBD_CONNECT || step == DRBD_CONNECT_DISCARD)
            /* Should the kernel drop it at once, for options that differ: not in a circle. */
            wait_longer(&m->connect_ms, &v->connect_at_ms);
        else if (step == DRBD_NET_OPTIONS || step == DRBD_DISK_OPTIONS)
            v->options_set = true;
    }
}

static void note_look(struct mirror *m)
{
    struct drbd_view *v = &m->view;
    v->found = m->reply.found;
    if (v->found.kind == DRBD_FOUND_MISSING)
        wait_longer(&m->look_ms, &v->look_at_ms);
    else
        clear(&m->look_ms, &v->look_at_ms);
}

static void note_order(struct mirror *m)
{
    struct drbd_view *v = &m->view;
    if (m->doing == DRBD_ORDER_KEEP || m->doing == DRBD_ORDER_DISCARD ||
        m->doing == DRBD_ORDER_CONNECT) {
        v->split = false;
        v->kept_apart = false;
    }
    v->kept_apart = v->kept_apart || m->doing == DRBD_ORDER_DISCONNECT;
    v->lost_disk = (v->lost_disk || m->doing == DRBD_ORDER_DETACH) && m->doing != DRBD_ORDER_ATTACH;
}

static void finish_order(struct mirror *m, const char *error)
{
    if (error == NULL)
        note_order(m);
    log_line(error == NULL ? LOG_NOTICE : LOG_ERR, "mirror %s: %s: %s", m->view.want->name,
             drbd_order_name(m->doing), error == NULL ? "done" : error);
    m->done = m->wish.ticket;
    memset(m->refused, 0, sizeof m->refused);
    snprintf(m->refused, sizeof m->refused, "%.199s", error != NULL ? error : "");
    m->wish.order = DRBD_ORDER_NONE;
}

static void finish(struct mirror *m, const char *error)
{
    bool ordered = m->doing != DRBD_ORDER_NONE;
    m->child = NULL;
    m->all->deeds--;
    if (m->deed.look && m->answered)
        note_look(m);
    if (ordered)
        finish_order(m, error);
    else if (error != NULL)
        log_line(strcmp(m->error.text, error) != 0 && !m->stray ? LOG_ERR : LOG_INFO,
                 "mirror %s: %s", m->view.want->name, error);
    if (error != NULL && !ordered) {
        note_failure(m, m->answered && m->reply.result != 0 ? m->reply.step : DRBD_STEPS);
        snprintf(m->error.text, sizeof m->error.text, "%s", error);
    } else if (error == NULL && m->deed.steps > 0) {
        note_success(m);
        m->error.text[0] = '\0';
    }
    m->doing = DRBD_ORDER_NONE;
    drbd_settle(m->all);
}

static void on_message(void *owner, const void *data, size_t size)
{
    struct mirror *m = owner;
    if (!drbd_deed_reply_ok(data, size)) {
        child_kill(m->child);
        return;
    }
    m->answered = true;
    memcpy(&m->reply, data, sizeof m->reply);
}

static void on_ended(void *owner, int status, bool timed_out)
{
    struct mirror *m = owner;
    char why[64], text[128];
    if (m->answered) {
        finish(m, m->reply.result != 0 ? m->reply.error.text : NULL);
        return;
    }
    child_describe_end(status, timed_out, why, sizeof why);
    snprintf(text, sizeof text, "its worker %s", why);
    finish(m, text);
}

void drbd_deed_start(struct mirror *m, const struct drbd_plan *plan, enum drbd_order order)
{
    static const struct child_events events = {.message = on_message, .ended = on_ended};
    struct err e;
    m->deed = (struct drbd_deed){.mirror = *m->view.want, .steps = plan->steps};
    /* Metadata that has been made is to be seen, and a device that is another now. */
    m->deed.look = plan->look || order == DRBD_ORDER_CREATE || order == DRBD_ORDER_CREATE_FORCED ||
                   order == DRBD_ORDER_ATTACH;
    memcpy(m->deed.step, plan->step, sizeof m->deed.step);
    m->doing = order;
    m->answered = false;
    m->all->deeds++;
    m->child =
        child_start(m->all->loop,
                    &(struct child_spec){
                        .role = "drbd-deed", .deadline_ms = DEED_MS, .events = &events, .owner = m},
                    &e);
    if (m->child == NULL)
        finish(m, e.text);
    else if (child_send(m->child, &m->deed, sizeof m->deed, &e) != 0)
        child_kill(m->child); /* it then ends without an answer */
}

void drbd_order_start(struct mirror *m)
{
    struct drbd_plan plan = {.steps = 0};
    struct err e;
    enum drbd_order order = (enum drbd_order)m->wish.order;
    m->doing = order;
    if (drbd_plan_order(&m->view, order, &plan, &e) != 0)
        finish_order(m, e.text);
    else if (plan.steps == 0)
        finish_order(m, NULL);
    else {
        drbd_deed_start(m, &plan, order);
        return;
    }
    m->doing = DRBD_ORDER_NONE;
}
