/* relevod's side of the journal. */
#include "cluster/journal.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cluster/journal_wire.h"

/* A write that takes longer is worth a line: until it returns, this node promises nothing. */
#define LATE_MS 5000

static void send_newest(struct journal *j)
{
    static struct journal_memory m;
    struct err e;
    if (!j->ready || j->sent != j->done || j->given == j->done)
        return;
    m.type = JOURNAL_STORE;
    m.size = (uint32_t)j->size;
    m.ticket = j->given;
    memcpy(m.data, j->data, j->size);
    if (child_send(j->process.child, &m, JOURNAL_MEMORY_SIZE(j->size), &e) != 0) {
        child_kill(j->process.child); /* the next one gets it */
        return;
    }
    j->sent = j->given;
    j->sent_ms = clock_ms();
    timer_set(&j->late, LATE_MS);
}

static void set_problem(struct journal *j, const char *text)
{
    if (strcmp(j->problem, text) == 0)
        return;
    bool over = text[0] == '\0';
    log_line(over ? LOG_NOTICE : LOG_ERR, "state=%s: %s", j->config.device,
             over ? "works again" : text);
    snprintf(j->problem, sizeof j->problem, "%s", text);
}

static void on_late(void *data)
{
    struct journal *j = data;
    if (j->sent == j->done)
        return;
    char text[96];
    snprintf(text, sizeof text, "a write has not returned for %llu s",
             (unsigned long long)(clock_ms() - j->sent_ms) / 1000);
    if (j->problem[0] == '\0')
        set_problem(j, text);
}

static void on_loaded(struct journal *j, const struct journal_memory *m)
{
    set_problem(j, "");
    j->ready = true;
    j->sent = j->done; /* what an earlier process was given may not be written */
    if (!j->loaded) {
        j->loaded = true;
        j->events->loaded(j->owner, m->data, m->size);
    }
    send_newest(j);
}

static bool on_stored(struct journal *j, uint64_t ticket)
{
    if (ticket != j->sent || ticket == j->done)
        return false;
    j->done = ticket;
    timer_clear(&j->late);
    set_problem(j, "");
    j->events->stored(j->owner, ticket);
    send_newest(j);
    return true;
}

static bool on_message(void *owner, const void *data, size_t size)
{
    struct journal *j = owner;
    if (journal_memory_ok(data, size, JOURNAL_LOADED)) {
        on_loaded(j, data);
        return true;
    }
    if (!journal_note_ok(data, size))
        return false;
    const struct journal_note *note = data;
    if (note->type == JOURNAL_STORED)
        return on_stored(j, note->ticket);
    set_problem(j, note->text);
    return true;
}

void journal_begin(struct journal *j, qb_loop_t *loop, const struct cluster_config *cluster,
                   const struct journal_events *events, void *owner)
{
    *j = (struct journal){.config = {.type = JOURNAL_CONFIG},
                          .events = events,
                          .owner = owner,
                          .late = {.loop = loop, .fire = on_late, .data = j}};
    snprintf(j->config.device, sizeof j->config.device, "%s", cluster->device);
    snprintf(j->config.owner.cluster, sizeof j->config.owner.cluster, "%s", cluster->name);
    snprintf(j->config.owner.node, sizeof j->config.owner.node, "%s",
             cluster->node[cluster->self].name);
    kept_init(&j->process, loop, "journal", on_message, j);
    kept_take(&j->process, &j->config, sizeof j->config);
}

void journal_store(struct journal *j, const void *data, size_t size, uint64_t ticket)
{
    if (size > sizeof j->data)
        return; /* core/codec.h keeps below it */
    memcpy(j->data, data, size);
    j->size = size;
    j->given = ticket;
    send_newest(j);
}
