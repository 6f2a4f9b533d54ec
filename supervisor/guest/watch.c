#include "guest/watch.h"

#include "base/log.h"

static bool on_message(void *owner, const void *data, size_t size)
{
    struct watch *w = owner;
    const struct message_domains *m = data;
    if (!message_ok(data, size) || m->type != MESSAGE_DOMAINS)
        return false;
    if (m->ticket < w->valid_from)
        return true; /* it has not heard our first question yet */
    if (!w->connected)
        log_info("sees Xen's domains (watcher is process %d)", child_pid(w->process.child));
    w->connected = true;
    if (m->ticket == w->asked)
        timer_clear(&w->unanswered);
    w->domains(w->owner, m);
    return true;
}

static void on_began(void *owner)
{
    struct watch *w = owner;
    w->valid_from = watch_ask(w);
}

static void on_ended(void *owner)
{
    struct watch *w = owner;
    timer_clear(&w->unanswered);
    w->connected = false;
}

static void on_unanswered(void *data)
{
    struct watch *w = data;
    log_err("the watcher has not answered for %d s; it is replaced", WATCH_ANSWER_MS / 1000);
    if (w->process.child != NULL)
        child_kill(w->process.child);
}

void watch_init(struct watch *w, qb_loop_t *loop,
                void (*domains)(void *owner, const struct message_domains *m), void *owner)
{
    *w = (struct watch){.domains = domains, .owner = owner};
    w->unanswered = (struct timer){.loop = loop, .fire = on_unanswered, .data = w};
    kept_init(&w->process, loop, "watcher", on_message, w);
    w->process.began = on_began;
    w->process.ended = on_ended;
}

void watch_begin(struct watch *w)
{
    kept_take(&w->process, NULL, 0);
}

uint32_t watch_ask(struct watch *w)
{
    struct message_list m = {.type = MESSAGE_LIST, .ticket = ++w->asked};
    struct child *watcher = w->process.child;
    struct err e;
    if (watcher == NULL)
        return w->asked; /* the next watcher is asked when it starts */
    if (child_send(watcher, &m, sizeof m, &e) != 0) {
        log_err("the watcher does not listen: %s; it is replaced", e.text);
        child_kill(watcher);
    } else if (!w->unanswered.set) {
        timer_set(&w->unanswered, WATCH_ANSWER_MS);
    }
    return w->asked;
}
