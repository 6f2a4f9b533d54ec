/* The journal process: waits for the device, reads it, then writes what it is given. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cluster/journal_wire.h"
#include "cluster/state_file.h"

/* Between two attempts: a stick may appear late, or an operator may prepare it. */
#define RETRY_MS 2000

static int send_note(enum journal_type type, uint64_t ticket, const char *text)
{
    struct journal_note note = {.type = (uint32_t)type, .ticket = ticket};
    snprintf(note.text, sizeof note.text, "%.*s", (int)sizeof note.text - 1, text);
    return role_send(&note, sizeof note);
}

static void rest(void)
{
    const struct timespec time = {.tv_sec = RETRY_MS / 1000, .tv_nsec = RETRY_MS % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

static int load_once(const struct journal_config *config, struct state *s, struct state_io *io,
                     struct journal_memory *m, struct err *e)
{
    size_t size;
    if (state_open(io, config->device, true, e) != 0)
        return -1;
    if (state_load(s, io, &config->owner, m->data, &size, e) == 0) {
        m->size = (uint32_t)size;
        return 0;
    }
    state_close(io);
    return -1;
}

/* 0 when it is loaded and said, -1 when the parent is gone. */
static int load(const struct journal_config *config, struct state *s, struct state_io *io,
                struct journal_memory *m)
{
    struct err e;
    while (load_once(config, s, io, m, &e) != 0) {
        if (send_note(JOURNAL_PROBLEM, 0, e.text) != 0)
            return -1;
        rest();
    }
    m->type = JOURNAL_LOADED;
    m->ticket = 0;
    return role_send(m, JOURNAL_MEMORY_SIZE(m->size));
}

static int store(struct state *s, const struct journal_memory *m)
{
    struct err e;
    while (state_store(s, m->data, m->size, &e) != 0) {
        if (send_note(JOURNAL_PROBLEM, m->ticket, e.text) != 0)
            return -1;
        rest();
    }
    return send_note(JOURNAL_STORED, m->ticket, "");
}

int journal_role(void)
{
    static struct journal_config config;
    static struct journal_memory memory;
    struct state state;
    struct state_io io;
    ptrdiff_t size = role_receive(&config, sizeof config);
    if (size <= 0)
        return size == 0 ? 0 : 1;
    if (!journal_config_ok(&config, (size_t)size))
        return 1;
    if (load(&config, &state, &io, &memory) != 0)
        return 0;
    while ((size = role_receive(&memory, sizeof memory)) > 0) {
        if (!journal_memory_ok(&memory, (size_t)size, JOURNAL_STORE))
            return 1;
        if (store(&state, &memory) != 0)
            return 0;
    }
    return size == 0 ? 0 : 1;
}
