#include "base/kept.h"

#include <string.h>

#include "base/log.h"

#define AGAIN_FIRST_MS 250
#define AGAIN_MAX_MS   10000

static void retry(struct kept *k, const char *why)
{
    /* The first in a row goes to the console. */
    log_line(k->again_ms == AGAIN_FIRST_MS ? LOG_ERR : LOG_INFO,
             "%s: its process %s; again in %u ms", k->role, why, k->again_ms);
    timer_set(&k->again, k->again_ms);
    k->again_ms = k->again_ms * 2 < AGAIN_MAX_MS ? k->again_ms * 2 : AGAIN_MAX_MS;
}

static void on_message(void *kept, const void *data, size_t size)
{
    struct kept *k = kept;
    if (k->outdated || k->unwanted)
        return;
    if (k->message(k->owner, data, size)) {
        k->again_ms = AGAIN_FIRST_MS;
        return;
    }
    log_err("%s: its process sent a broken message of %zu bytes; it is replaced", k->role, size);
    child_kill(k->child);
}

static void start(void *kept);

static void on_ended(void *kept, int status, bool timed_out)
{
    struct kept *k = kept;
    char why[64];
    child_describe_end(status, timed_out, why, sizeof why);
    k->child = NULL;
    if (k->ended != NULL)
        k->ended(k->owner);
    if (k->unwanted)
        return;
    if (k->outdated)
        start(k);
    else
        retry(k, why);
}

static void start(void *kept)
{
    static const struct child_events events = {.message = on_message, .ended = on_ended};
    struct kept *k = kept;
    struct err e;
    k->outdated = false;
    k->child = child_start(
        k->loop, &(struct child_spec){.role = k->role, .events = &events, .owner = k}, &e);
    if (k->child == NULL) {
        retry(k, e.text);
        return;
    }
    if (k->config != NULL && child_send(k->child, k->config, k->config_size, &e) != 0)
        child_kill(k->child);
    if (k->began != NULL)
        k->began(k->owner);
}

void kept_init(struct kept *k, qb_loop_t *loop, const char *role,
               bool (*message)(void *owner, const void *data, size_t size), void *owner)
{
    *k = (struct kept){.loop = loop,
                       .role = role,
                       .message = message,
                       .owner = owner,
                       .again = {.loop = loop, .fire = start, .data = k}};
}

bool kept_begun(const struct kept *k)
{
    return k->again_ms != 0 && !k->unwanted;
}

void kept_end(struct kept *k)
{
    k->unwanted = true;
    timer_clear(&k->again);
    if (k->child != NULL)
        child_kill(k->child);
}

static bool has(const struct kept *k, const void *config, size_t size)
{
    return k->config_size == size && (size == 0 || memcmp(k->config, config, size) == 0);
}

void kept_take(struct kept *k, const void *config, size_t config_size)
{
    bool same = has(k, config, config_size) && !k->unwanted;
    k->unwanted = false;
    k->config = config;
    k->config_size = config_size;
    if (k->child == NULL) {
        k->again_ms = AGAIN_FIRST_MS;
        timer_clear(&k->again);
        start(k);
    } else if (!same) {
        k->outdated = true;
        child_kill(k->child);
    }
}
