/* relevod's side of the network role. */
#include <string.h>

#include "base/log.h"
#include "network/role.h"

#define AGAIN_FIRST_MS 500
#define AGAIN_MAX_MS   30000

static void start(void *data);

static void retry(struct network *n, const char *why)
{
    log_err("network: its process %s; again in %.1f s", why, (double)n->again_ms / 1000);
    timer_set(&n->again, n->again_ms);
    n->again_ms = n->again_ms * 2 < AGAIN_MAX_MS ? n->again_ms * 2 : AGAIN_MAX_MS;
}

/* One line for each piece whose standing has changed. */
static void tell_changes(const struct network_status *before, const struct network_status *now)
{
    for (uint32_t i = 0; i < now->pieces; i++) {
        const struct network_piece *piece = &now->piece[i];
        bool same = i < before->pieces && strcmp(before->piece[i].text, piece->text) == 0;
        if (!same)
            log_line(piece->good ? LOG_NOTICE : LOG_WARNING, "network: %s %s: %s", piece->kind,
                     piece->name, piece->text);
    }
}

static void on_message(void *owner, const void *data, size_t size)
{
    static struct network_status before;
    struct network *n = owner;
    before = n->view.status;
    if (!network_view_take(&n->view, data, size)) {
        log_err("network: its process sent a broken message of %zu bytes; it is replaced", size);
        child_kill(n->child);
        return;
    }
    tell_changes(&before, &n->view.status);
    n->again_ms = AGAIN_FIRST_MS;
}

static void on_ended(void *owner, int status, bool timed_out)
{
    struct network *n = owner;
    char why[64];
    child_describe_end(status, timed_out, why, sizeof why);
    n->child = NULL;
    retry(n, why);
}

static void start(void *data)
{
    static const struct child_events events = {.message = on_message, .ended = on_ended};
    struct network *n = data;
    struct err e;
    n->child = child_start(
        n->loop, &(struct child_spec){.role = "network", .events = &events, .owner = n}, &e);
    if (n->child == NULL)
        retry(n, e.text);
    else if (child_send(n->child, n->config, sizeof *n->config, &e) != 0)
        child_kill(n->child);
}

void network_begin(struct network *n, qb_loop_t *loop, const struct network_config *config)
{
    *n = (struct network){.loop = loop, .config = config, .again_ms = AGAIN_FIRST_MS};
    n->again = (struct timer){.loop = loop, .fire = start, .data = n};
    if (config->ifnames + config->bonds + config->vlans + config->bridges + config->addresses +
            config->nameservers >
        0)
        start(n);
}
