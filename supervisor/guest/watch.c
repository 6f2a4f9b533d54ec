#include "guest/watch.h"

#include "base/log.h"

#define AGAIN_FIRST_MS 250
#define AGAIN_MAX_MS   10000

static void start(void *data);

static void retry(struct watch *w, const char *why)
{
    bool first = w->connected || w->again_ms == AGAIN_FIRST_MS;
    log_line(first ? LOG_WARNING : LOG_INFO,
             "cannot see Xen's domains: the watcher %s; again in %u ms", why, w->again_ms);
    w->connected = false;
    timer_set(&w->again, w->again_ms);
    w->again_ms = w->again_ms * 2 < AGAIN_MAX_MS ? w->again_ms * 2 : AGAIN_MAX_MS;
}

static void on_message(void *owner, const void *data, size_t size)
{
    struct watch *w = owner;
    const struct message_domains *m = data;
    if (!message_ok(data, size) || m->type != MESSAGE_DOMAINS) {
        log_err("the watcher sent a broken message of %zu bytes; it is replaced", size);
        child_kill(w->child);
        return;
    }
    if (m->ticket < w->valid_from)
        return; /* it has not heard our first question yet */
    if (!w->connected)
        log_info("sees Xen's domains (watcher is process %d)", child_pid(w->child));
    w->connected = true;
    w->again_ms = AGAIN_FIRST_MS;
    if (m->ticket == w->asked)
        timer_clear(&w->unanswered);
    w->domains(w->owner, m);
}

static void on_ended(void *owner, int status, bool timed_out)
{
    struct watch *w = owner;
    char why[64];
    child_describe_end(status, timed_out, why, sizeof why);
    w->child = NULL;
    timer_clear(&w->unanswered);
    retry(w, why);
}

static void on_unanswered(void *data)
{
    struct watch *w = data;
    log_err("the watcher has not answered for %d s; it is replaced", WATCH_ANSWER_MS / 1000);
    if (w->child != NULL)
        child_kill(w->child);
}

static void start(void *data)
{
    static const struct child_events events = {.message = on_message, .ended = on_ended};
    struct watch *w = data;
    struct err e;
    w->child = child_start(
        w->loop, &(struct child_spec){.role = "watcher", .events = &events, .owner = w}, &e);
    if (w->child == NULL)
        retry(w, e.text);
    else
        w->valid_from = watch_ask(w);
}

void watch_begin(struct watch *w)
{
    w->again = (struct timer){.loop = w->loop, .fire = start, .data = w};
    w->unanswered = (struct timer){.loop = w->loop, .fire = on_unanswered, .data = w};
    w->again_ms = AGAIN_FIRST_MS;
    start(w);
}

uint32_t watch_ask(struct watch *w)
{
    struct message_list m = {.type = MESSAGE_LIST, .ticket = ++w->asked};
    struct err e;
    if (w->child == NULL)
        return w->asked; /* the next watcher is asked when it starts */
    if (child_send(w->child, &m, sizeof m, &e) != 0) {
        log_err("the watcher does not listen: %s; it is replaced", e.text);
        child_kill(w->child);
    } else if (!w->unanswered.set) {
        timer_set(&w->unanswered, WATCH_ANSWER_MS);
    }
    return w->asked;
}
