/* relevod's side of the drbd role. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "storage/drbd_memory.h"
#include "storage/drbd_role.h"

/* drbd.h of the kernel, enum drbd_peer_state: what a helper's exit code says of the peer. */
enum { HELPER_AGAIN = 0, HELPER_UNKNOWN = 1, HELPER_OUTDATED = 4, HELPER_DOWN = 7 };

/* A demotion waits for writes to the peer, a detach for the disk. */
#define RELEASE_MS 8000

static const struct site_drbd *config_of(const struct drbd *d, uint32_t mirror)
{
    return &d->site->drbd.mirror[mirror];
}

static int find(const struct drbd *d, const char *name)
{
    for (uint32_t i = 0; i < d->site->drbd.mirrors; i++)
        if (strcmp(config_of(d, i)->name, name) == 0 && config_of(d, i)->me != DRBD_NOBODY)
            return (int)i;
    return -1;
}

/* Known to be stale or dead, for the break of the link that there is now. */
static bool is_released(const struct drbd_side *side)
{
    return side->wish.released != 0 && side->wish.released == side->status.break_number;
}

static void send_wish(struct drbd *d, uint32_t mirror)
{
    struct err e;
    struct drbd_side *side = &d->side[mirror];
    side->wish.mirror = mirror;
    if (d->process.child != NULL &&
        child_send(d->process.child, &side->wish, sizeof side->wish, &e) != 0)
        log_err("drbd: %s", e.text);
    side->wish.order = DRBD_ORDER_NONE; /* is given once */
    side->wish.ticket = 0;
}

static void tell_frozen(struct drbd *d, uint32_t mirror)
{
    struct drbd_side *side = &d->side[mirror];
    if (d->watch == NULL || side->told_frozen == side->status.break_number)
        return;
    side->told_frozen = side->status.break_number;
    d->watch->frozen(d->watch->data, config_of(d, mirror)->name, side->status.break_number);
}

static void tell_watch(struct drbd *d, uint32_t mirror)
{
    struct drbd_side *side = &d->side[mirror];
    bool synced = drbd_in_sync(&side->status.state);
    if (side->status.state.frozen && !is_released(side))
        tell_frozen(d, mirror);
    if (d->watch != NULL && synced && !side->synced)
        d->watch->synced(d->watch->data, config_of(d, mirror)->name);
    if (d->watch != NULL && !synced && side->synced)
        d->watch->apart(d->watch->data, config_of(d, mirror)->name);
    side->synced = synced;
}

void drbd_set_watch(struct drbd *d, const struct drbd_watch *watch)
{
    d->watch = watch;
    for (uint32_t i = 0; d->site != NULL && i < d->site->drbd.mirrors; i++) {
        d->side[i].told_frozen = 0;
        d->side[i].synced = false;
        if (d->side[i].status.changed_ms != 0)
            tell_watch(d, i);
    }
}

static void log_change(const struct drbd *d, const struct drbd_status *before,
                       const struct drbd_status *now)
{
    const struct drbd_state *s = &now->state;
    bool same = before->changed_ms != 0 && before->condition == now->condition &&
                strcmp(before->text, now->text) == 0 &&
                (before->state.role == s->role || before->state.role == DRBD_ROLE_UNKNOWN);
    if (same)
        return;
    bool calm = now->condition == DRBD_GOOD || now->condition == DRBD_SYNCING ||
                now->condition == DRBD_VERIFYING;
    log_line(now->condition == DRBD_SPLIT ? LOG_ERR : (calm ? LOG_NOTICE : LOG_WARNING),
             "mirror %s: %s; %s, %s, %s/%s%s%s", config_of(d, now->mirror)->name,
             drbd_condition_name(now->condition), drbd_role_name(s->role), drbd_conn_name(s->conn),
             drbd_disk_name(s->device ? s->disk : DRBD_DISKLESS), drbd_disk_name(s->peer_disk),
             now->text[0] != '\0' ? ": " : "", now->text);
}

/* The node goes down: whether all mirrors are, or the time for it is over. */
static void finish_release(struct drbd *d, bool late)
{
    bool up = false;
    for (uint32_t i = 0; i < d->site->drbd.mirrors; i++)
        up = up || d->side[i].status.state.resource;
    if (d->released == NULL || (up && !late))
        return;
    if (up)
        log_err("drbd: not all mirrors could be taken down; going on without");
    void (*released)(void *data) = d->released;
    d->released = NULL;
    timer_clear(&d->release);
    released(d->released_data);
}

static bool on_message(void *owner, const void *data, size_t size)
{
    static struct drbd_status before;
    struct drbd *d = owner;
    if (!drbd_status_ok(data, size, d->site->drbd.mirrors))
        return false;
    const struct drbd_status *now = data;
    struct drbd_side *side = &d->side[now->mirror];
    before = side->status;
    side->status = *now;
    log_change(d, &before, now);
    tell_watch(d, now->mirror);
    if (now->use != side->wish.use) /* a new role process */
        send_wish(d, now->mirror);
    if (d->released != NULL)
        finish_release(d, false);
    else if (d->changed != NULL)
        d->changed(d->changed_data);
    return true;
}

static void give_up_release(void *drbd)
{
    finish_release(drbd, true);
}

void drbd_init(struct drbd *d, qb_loop_t *loop)
{
    kept_init(&d->process, loop, "drbd", on_message, d);
    d->release = (struct timer){.loop = loop, .fire = give_up_release, .data = d};
}

/* What is known of mirrors that stay is kept. */
static void keep_sides(struct drbd *d, const struct drbd_config *next)
{
    static struct drbd_side before[SITE_DRBDS_MAX];
    const struct drbd_config *now = &d->site->drbd;
    memcpy(before, d->side, sizeof before);
    memset(d->side, 0, sizeof d->side);
    for (uint32_t i = 0; i < next->mirrors; i++)
        for (uint32_t j = 0; j < now->mirrors; j++)
            if (strcmp(now->mirror[j].name, next->mirror[i].name) == 0) {
                d->side[i] = before[j];
                d->side[i].status.mirror = i;
            }
}

static void note_any(const char *name, void *data)
{
    (void)name;
    *(bool *)data = true;
}

void drbd_take(struct drbd *d, const struct site *site)
{
    const struct drbd_config *config = &site->drbd;
    bool here = false;
    drbd_memory_for_each(note_any, &here); /* some may still be up */
    if (d->site != NULL)
        keep_sides(d, config);
    d->site = site;
    for (uint32_t i = 0; i < config->mirrors; i++)
        here = here || config->mirror[i].me != DRBD_NOBODY;
    if (kept_begun(&d->process) || here)
        kept_take(&d->process, config, drbd_config_size(config->mirrors));
}

/* The role must have heard that the mirror is used before it is: it would demote it meanwhile. */
static const char *why_not(const struct drbd *d, const struct drbd_side *side)
{
    const struct drbd_status *s = &side->status;
    if (s->changed_ms == 0 || s->use != DRBD_USE_HERE || side->wish.use != DRBD_USE_HERE)
        return "its state is not known yet";
    if (s->busy) /* it may just be demoted, as no guest had it a moment ago */
        return "a change of it is under way";
    if (s->split && s->state.role != DRBD_PRIMARY)
        return "split brain: relevo drbd resolve";
    /* Whether the peer has newer data is the watch's to know: it is asked by the promotion. */
    return drbd_why_not_usable(&s->state, is_released(side) || d->watch != NULL);
}

static enum guest_disks judge(const struct drbd *d, const struct drbd_side *side, char *why,
                              size_t size)
{
    const struct drbd_state *s = &side->status.state;
    const char *text = why_not(d, side);
    enum guest_disks how = text != NULL ? DISKS_MISSING : DISKS_READY;
    if (s->role == DRBD_PRIMARY && (s->frozen || s->no_data)) {
        how = DISKS_WAITING;
        text = side->status.text;
    } else if (s->role == DRBD_PRIMARY && s->disk < DRBD_UP_TO_DATE &&
               s->peer_disk < DRBD_UP_TO_DATE) {
        how = DISKS_LOST;
        text = "no current data here or on its peer";
    }
    snprintf(why, size, "%s", text != NULL ? text : "");
    return how;
}

enum guest_disks drbd_disks(const struct guest *guest, char *why, size_t size, void *drbd)
{
    const struct drbd *d = drbd;
    enum guest_disks worst = DISKS_READY;
    for (uint32_t i = 0; i < guest->disks; i++) {
        char text[200];
        int mirror = drbd_find_disk(&d->site->drbd, guest->disk[i].path);
        enum guest_disks how =
            mirror >= 0 ? judge(d, &d->side[mirror], text, sizeof text) : DISKS_READY;
        if (how <= worst)
            continue;
        worst = how;
        snprintf(why, size, "disk %s: mirror %s: %s", guest->disk[i].vdev,
                 config_of(d, (uint32_t)mirror)->name, text);
    }
    return worst;
}

bool drbd_refresh(struct drbd *d)
{
    for (uint32_t i = 0; i < d->site->drbd.mirrors; i++)
        if (drbd_syncing(d->side[i].status.state.conn)) {
            d->side[i].wish.refresh = 1;
            send_wish(d, i);
            d->side[i].wish.refresh = 0;
            return true;
        }
    return false;
}

void drbd_use(struct drbd *d, uint32_t mirror, enum drbd_use use)
{
    if (d->side[mirror].wish.use == use || d->side[mirror].wish.use == DRBD_USE_DOWN)
        return;
    d->side[mirror].wish.use = use;
    send_wish(d, mirror);
}

void drbd_release(struct drbd *d, void (*released)(void *data), void *data)
{
    d->released = released;
    d->released_data = data;
    for (uint32_t i = 0; i < d->site->drbd.mirrors; i++)
        if (config_of(d, i)->me != DRBD_NOBODY)
            drbd_use(d, i, DRBD_USE_DOWN);
    timer_set(&d->release, RELEASE_MS);
    finish_release(d, d->process.child == NULL);
}

static void release(struct drbd *d, uint32_t mirror, uint32_t break_number, bool confirmed)
{
    struct drbd_side *side = &d->side[mirror];
    side->wish.released = break_number;
    side->confirmed = confirmed;
    send_wish(d, mirror);
    if (d->changed != NULL)
        d->changed(d->changed_data);
}

void drbd_resume(struct drbd *d, const char *name, uint32_t break_number)
{
    int mirror = find(d, name);
    if (mirror >= 0)
        release(d, (uint32_t)mirror, break_number, false);
}

int drbd_confirm(struct drbd *d, const char *name, struct err *said)
{
    int mirror = find(d, name);
    if (mirror < 0)
        return err_set(said, "this node has no mirror %s", name);
    const struct site_drbd *config = config_of(d, (uint32_t)mirror);
    const struct drbd_state *s = &d->side[mirror].status.state;
    const char *peer = config->node[1 - config->me].name;
    if (!s->device || s->conn >= DRBD_CONNECTED)
        return err_set(said, "mirror %s: %s", name,
                       s->device ? "its peer is connected" : "it is not up");
    if (d->watch != NULL)
        return err_set(said, "mirror %s: the cluster decides; relevo confirm-down %s tells it",
                       name, peer);
    release(d, (uint32_t)mirror, d->side[mirror].status.break_number, true);
    log_warn("mirror %s: the operator says that %s is down", name, peer);
    snprintf(said->text, sizeof said->text,
             "mirror %s: %s is taken to be down until it connects again. What it may have written "
             "alone meanwhile is not here",
             name, peer);
    return 0;
}

int drbd_order(struct drbd *d, const char *name, enum drbd_order order, uint32_t *ticket,
               struct err *e)
{
    int mirror = find(d, name);
    if (mirror < 0)
        return err_set(e, "this node has no mirror %s", name);
    struct drbd_side *side = &d->side[mirror];
    if (d->process.child == NULL || side->status.changed_ms == 0)
        return err_set(e, "mirror %s: its state is not known yet", name);
    d->ticket++;
    *ticket = d->ticket;
    side->wish.order = order;
    side->wish.ticket = d->ticket;
    send_wish(d, (uint32_t)mirror);
    return 0;
}

int drbd_fence_answer(struct drbd *d, const char *name)
{
    int mirror = find(d, name);
    if (mirror < 0)
        return HELPER_UNKNOWN;
    struct drbd_side *side = &d->side[mirror];
    if (side->status.changed_ms == 0 || side->status.state.conn >= DRBD_CONNECTED)
        return HELPER_AGAIN; /* the news has not come here yet */
    /* Frozen writes are let go by one who cannot be doubled, the role: were the helper to do it at
     * the same moment, DRBD would begin two generations and take the peer's for a split brain. */
    if (side->status.state.role == DRBD_PRIMARY) {
        if (!is_released(side))
            tell_frozen(d, (uint32_t)mirror);
        return HELPER_UNKNOWN;
    }
    if (is_released(side))
        return side->confirmed ? HELPER_DOWN : HELPER_OUTDATED;
    if (d->watch == NULL)
        return HELPER_UNKNOWN; /* a promotion: it fails, and says why */
    tell_frozen(d, (uint32_t)mirror);
    return HELPER_AGAIN;
}
