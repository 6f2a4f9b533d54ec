/* relevod's side of the watcher: keeps one running, asks it, hands its lists on. */
#pragma once
#include <qb/qbloop.h>

#include "base/kept.h"
#include "guest/messages.h"

/* How long the watcher may take for an answer. Hypercalls and xenstored answer in milliseconds; a
 * loaded machine takes seconds. */
#define WATCH_ANSWER_MS 30000

struct watch {
    struct kept process;
    void (*domains)(void *owner, const struct message_domains *m);
    void *owner;
    struct timer unanswered; /* kills one that does not answer */
    uint32_t asked;          /* the last ticket given out */
    uint32_t valid_from;     /* tickets before belong to an earlier watcher */
    bool connected;          /* the present watcher has answered */
};

void watch_init(struct watch *watch, qb_loop_t *loop,
                void (*domains)(void *owner, const struct message_domains *m), void *owner);

/* Starts watching. Lists come to domains() for ever, one after each change and after watch_ask();
 * watcher processes that die are replaced. */
void watch_begin(struct watch *watch);

/* Asks for a list; returns its ticket: a list with this ticket or a later one is younger than the
 * call. */
uint32_t watch_ask(struct watch *watch);
