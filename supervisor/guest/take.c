/* The guests of a configuration: those that stay keep what is known of them, new ones are added,
 * and those that are gone from it are kept in view while they have a domain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "guest/guests.h"

/* A configuration being taken: first everything is allocated, then nothing can fail. */
struct take {
    struct guests *all;
    struct site *site;
    struct guest_run **run; /* what all->run will be */
    uint32_t count, room;
    struct guest **dropped; /* per all->run: a copy of its description if it is dropped now */
};

static struct guest_run *new_run(struct guests *all, const char *name)
{
    struct guest_run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return NULL;
    run->all = all;
    record_load(&run->record, name);
    return run;
}

void guests_free_run(struct guest_run *run)
{
    free(run->dropped);
    free(run);
}

/* Gives back what prepare() has allocated. */
static void abandon(struct take *t)
{
    for (uint32_t i = 0; t->run != NULL && i < t->count; i++)
        if (t->run[i]->config == NULL)
            guests_free_run(t->run[i]);
    for (uint32_t i = 0; t->dropped != NULL && i < t->all->count; i++)
        free(t->dropped[i]);
    free(t->run);
    free(t->dropped);
}

static int prepare(struct take *t)
{
    const struct guests *all = t->all;
    t->room = t->site->guests + all->count + SITE_GUESTS_MAX;
    t->run = calloc(t->room, sizeof(struct guest_run *));
    t->dropped = calloc(all->count + 1, sizeof(struct guest *));
    if (t->run == NULL || t->dropped == NULL)
        return -1;
    for (uint32_t i = 0; i < t->site->guests; i++) {
        const char *name = t->site->guest[i]->name;
        struct guest_run *run = guests_find(all, name);
        if (run == NULL && (run = new_run(t->all, name)) == NULL)
            return -1;
        t->run[t->count++] = run;
    }
    for (uint32_t i = 0; i < all->count; i++) {
        const struct guest_run *run = all->run[i];
        if (run->dropped != NULL || site_find_guest(t->site, run->config->name) != NULL)
            continue;
        if ((t->dropped[i] = malloc(guest_size(run->config))) == NULL)
            return -1;
        memcpy(t->dropped[i], run->config, guest_size(run->config));
    }
    return 0;
}

/* What a guest failed by may have been mended with its description: its failures are forgotten. */
static void forgive(struct guest_run *run)
{
    struct record *r = &run->record;
    bool same = r->built == guest_fingerprint(run->config) &&
                r->disks == guest_disks_fingerprint(run->config);
    if (r->built == 0 || r->domid >= 0 || r->building || same)
        return;
    r->restart = (struct restart_state){0};
    r->start_at_ms = 0;
    if (r->hold == HOLD_GAVE_UP)
        r->hold = HOLD_NONE;
}

static void describe(struct guest_run *run, const struct guest *config, uint32_t ticket)
{
    if (run->config == NULL)
        run->need_ticket = ticket;
    bool changed = run->config != NULL && run->present &&
                   guest_fingerprint(run->config) != guest_fingerprint(config);
    run->config = config;
    free(run->dropped);
    run->dropped = NULL;
    if (changed)
        log_notice("guest %s: its description has changed%s", config->name,
                   guest_has_changed(run) ? "; takes it at its next start" : "");
    forgive(run);
}

static void drop(struct guest_run *run, struct guest *copy)
{
    run->dropped = copy;
    run->config = copy;
    if (run->present)
        log_warn("guest %s: is no longer configured; runs on, relevo stop %s ends it", copy->name,
                 copy->name);
}

/* The record of a guest that is in no configuration: an earlier relevod's was dropped. */
static void note_record(const char *name, void *data)
{
    struct take *t = data;
    for (uint32_t i = 0; i < t->count; i++)
        if (strcmp(t->run[i]->config->name, name) == 0)
            return;
    struct guest *copy = t->count < t->room ? malloc(sizeof *copy) : NULL;
    struct guest_run *run = copy != NULL ? new_run(t->all, name) : NULL;
    if (run == NULL) {
        log_err("guest %s: no room for what is known of it; left alone", name);
        free(copy);
        return;
    }
    guest_init(copy);
    snprintf(copy->name, sizeof copy->name, "%s", name);
    guest_complete(copy);
    run->config = run->dropped = copy;
    t->run[t->count++] = run;
}

int guests_take(struct guests *all, struct site *site, struct err *e)
{
    struct take t = {.all = all, .site = site};
    if (prepare(&t) != 0) {
        abandon(&t);
        return err_set(e, "out of memory for %u guests", site->guests);
    }
    all->site = site;
    uint32_t configured = t.count;
    /* Of what is new there is no picture yet: Xen is asked, and nothing done before the answer. */
    uint32_t ticket = watch_ask(&all->watch);
    for (uint32_t i = 0; i < configured; i++)
        describe(t.run[i], site->guest[i], ticket);
    for (uint32_t i = 0; i < all->count; i++) {
        struct guest_run *run = all->run[i];
        if (t.dropped[i] != NULL)
            drop(run, t.dropped[i]);
        if (run->dropped != NULL)
            t.run[t.count++] = run;
    }
    record_for_each(note_record, &t);
    for (uint32_t i = configured; i < t.count; i++)
        if (t.run[i]->need_ticket == 0)
            t.run[i]->need_ticket = ticket;
    free(all->run);
    free(t.dropped);
    all->run = t.run;
    all->count = t.count;
    return 0;
}
