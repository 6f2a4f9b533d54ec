#include "storage/drbd_plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HOUR_MS 3600000ULL /* the unit of verify-every= */

void drbd_plan_add(struct drbd_plan *p, enum drbd_step step)
{
    if (p->steps < DRBD_PLAN_STEPS_MAX)
        p->step[p->steps++] = step;
}

__attribute__((format(printf, 3, 4))) static void
judge(struct drbd_plan *p, enum drbd_condition condition, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    p->condition = condition;
    vsnprintf(p->text, sizeof p->text, format, args);
    va_end(args);
}

static const char *peer(const struct drbd_view *v)
{
    return v->want->node[1 - v->want->me].name;
}

static void wake(struct drbd_plan *p, uint64_t at_ms)
{
    if (p->wake_ms == 0 || at_ms < p->wake_ms)
        p->wake_ms = at_ms;
}

/* Whether its time has come; else the plan is to be asked again then. */
static bool due(const struct drbd_view *v, struct drbd_plan *p, uint64_t at_ms)
{
    if (v->now_ms >= at_ms)
        return true;
    wake(p, at_ms);
    return false;
}

bool drbd_in_sync(const struct drbd_state *s)
{
    return (s->conn == DRBD_CONNECTED || s->conn == DRBD_VERIFY_S || s->conn == DRBD_VERIFY_T) &&
           s->disk == DRBD_UP_TO_DATE && s->peer_disk == DRBD_UP_TO_DATE;
}

const char *drbd_why_not_usable(const struct drbd_state *s, bool released)
{
    bool linked = s->conn >= DRBD_CONNECTED;
    if (s->role == DRBD_PRIMARY)
        return NULL;
    if (!s->device)
        return "it is not up";
    if (linked && s->peer_role == DRBD_PRIMARY)
        return "its peer is Primary";
    if (linked)
        return s->disk == DRBD_UP_TO_DATE || s->peer_disk == DRBD_UP_TO_DATE
                   ? NULL
                   : "neither side has current data";
    if (s->disk < DRBD_CONSISTENT)
        return s->disk == DRBD_OUTDATED ? "its peer has newer data" : "it has no current data";
    return released || s->peer_disk <= DRBD_OUTDATED ? NULL
                                                     : "its peer is away and may have newer data";
}

/* --- what has to be done --- */

static void plan_up(const struct drbd_view *v, struct drbd_plan *p)
{
    const struct drbd_state *s = &v->state;
    if (!s->resource)
        drbd_plan_add(p, DRBD_NEW_RESOURCE);
    if (!s->device)
        drbd_plan_add(p, DRBD_NEW_MINOR);
}

static void plan_attach(const struct drbd_view *v, struct drbd_plan *p)
{
    if (v->state.device && v->state.disk != DRBD_DISKLESS)
        return;
    if (v->found.kind != DRBD_FOUND_OURS || v->lost_disk || !due(v, p, v->attach_at_ms))
        return;
    drbd_plan_add(p, DRBD_APPLY_AL);
    drbd_plan_add(p, DRBD_ATTACH);
}

/* A first connection waits for the disk, unless that cannot be had. */
static void plan_connect(const struct drbd_view *v, struct drbd_plan *p)
{
    if (v->state.conn != DRBD_STANDALONE || v->split || v->kept_apart || !v->address_here ||
        !due(v, p, v->connect_at_ms))
        return;
    drbd_plan_add(p, DRBD_CONNECT);
}

static bool plan_bring_up(const struct drbd_view *v, struct drbd_plan *p)
{
    const struct drbd_state *s = &v->state;
    bool attached = s->device && s->disk != DRBD_DISKLESS;
    if (!attached && !v->lost_disk &&
        (v->found.kind == DRBD_FOUND_NOTHING_YET || v->found.kind == DRBD_FOUND_MISSING) &&
        due(v, p, v->look_at_ms)) {
        p->look = true;
        return true;
    }
    if (v->found.kind == DRBD_FOUND_FOREIGN || v->found.kind == DRBD_FOUND_NOTHING_YET) {
        if (!attached)
            return false;
    }
    if (!due(v, p, v->act_at_ms))
        return false;
    plan_up(v, p);
    plan_attach(v, p);
    if (p->steps == 0 || v->found.kind != DRBD_FOUND_OURS)
        plan_connect(v, p);
    return p->steps > 0;
}

static void plan_running(const struct drbd_view *v, struct drbd_plan *p)
{
    const struct drbd_state *s = &v->state;
    if (!due(v, p, v->act_at_ms))
        return;
    /* The side that found it drops the connection itself; the other would try again. */
    if (v->split && (s->conn == DRBD_WF_CONNECTION || s->conn >= DRBD_CONNECTED))
        drbd_plan_add(p, DRBD_DISCONNECT);
    else if (s->frozen && v->released && !s->asking)
        drbd_plan_add(p, DRBD_RESUME_IO);
    else if (s->role == DRBD_PRIMARY && v->use == DRBD_USE_NONE)
        drbd_plan_add(p, DRBD_DEMOTE);
    else if (!v->options_set) {
        if (s->disk >= DRBD_NEGOTIATING)
            drbd_plan_add(p, DRBD_DISK_OPTIONS);
        if (s->connection)
            drbd_plan_add(p, DRBD_NET_OPTIONS);
    }
}

/* --- how it stands --- */

static void judge_apart(const struct drbd_view *v, struct drbd_plan *p)
{
    const struct drbd_state *s = &v->state;
    const char *why = drbd_why_not_usable(s, v->released);
    if (s->frozen)
        judge(p, DRBD_FROZEN,
              "writes wait: is %s down or behind? The link tells again, or relevo drbd confirm %s",
              peer(v), v->want->name);
    else if (s->no_data)
        judge(p, DRBD_FROZEN, "I/O waits: there is no disk, here or on %s", peer(v));
    else if (!v->address_here && s->conn == DRBD_STANDALONE)
        judge(p, DRBD_WAITING, "no interface has this side's address yet");
    else if (v->kept_apart)
        judge(p, why == NULL ? DRBD_DEGRADED : DRBD_WAITING,
              "disconnected by order; relevo drbd connect %s ends it", v->want->name);
    else if (why == NULL)
        judge(p, DRBD_DEGRADED, "%s is away; this is the only copy", peer(v));
    else
        judge(p, DRBD_WAITING, "%s", why);
}

static void judge_connected(const struct drbd_view *v, struct drbd_plan *p)
{
    const struct drbd_state *s = &v->state;
    if (drbd_syncing(s->conn))
        judge(p, DRBD_SYNCING, "%s",
              s->conn == DRBD_PAUSED_SYNC_S || s->conn == DRBD_PAUSED_SYNC_T ? "paused" : "");
    else if (s->conn == DRBD_VERIFY_S || s->conn == DRBD_VERIFY_T)
        judge(p, DRBD_VERIFYING, "%s", "");
    else if (s->disk == DRBD_INCONSISTENT && s->peer_disk == DRBD_INCONSISTENT)
        judge(p, DRBD_REFUSED, "new on both sides: relevo drbd seed %s --from NODE, or --blank",
              v->want->name);
    else if (drbd_in_sync(s) && s->out_of_sync > 0)
        judge(p, DRBD_DEGRADED, "%llu KiB differ; relevo drbd resync %s on the side that is right",
              (unsigned long long)(s->out_of_sync / 1024), v->want->name);
    else if (drbd_in_sync(s))
        judge(p, DRBD_GOOD, "%s", "");
    else if (s->disk == DRBD_UP_TO_DATE || s->peer_disk == DRBD_UP_TO_DATE)
        judge(p, DRBD_DEGRADED, "only %s has current data",
              s->disk == DRBD_UP_TO_DATE ? v->want->node[v->want->me].name : peer(v));
    else
        judge(p, DRBD_WAITING, "neither side has current data");
}

/* What keeps the disk away; false: nothing. */
static bool judge_disk(const struct drbd_view *v, struct drbd_plan *p)
{
    enum drbd_condition otherwise =
        v->state.conn >= DRBD_CONNECTED && v->state.peer_disk == DRBD_UP_TO_DATE ? DRBD_DEGRADED
                                                                                 : DRBD_REFUSED;
    if (v->state.device && v->state.disk != DRBD_DISKLESS)
        return false;
    if (v->lost_disk) {
        judge(p, otherwise, "%s is detached; relevo drbd attach %s tries it again",
              v->want->backing, v->want->name);
        return true;
    }
    switch ((enum drbd_found_kind)v->found.kind) {
    case DRBD_FOUND_NOTHING_YET:
    case DRBD_FOUND_OURS:
    case DRBD_FOUNDS:
        return false;
    case DRBD_FOUND_MISSING:
        judge(p, otherwise == DRBD_DEGRADED ? DRBD_DEGRADED : DRBD_WAITING, "%s", v->found.text);
        return true;
    case DRBD_FOUND_TOO_SMALL:
        judge(p, otherwise, "%s", v->found.text);
        return true;
    case DRBD_FOUND_BLANK:
        judge(p, otherwise, "%s has no metadata; relevo drbd create %s makes it", v->want->backing,
              v->want->name);
        return true;
    case DRBD_FOUND_DATA:
        judge(p, otherwise, "%s has no metadata, but %s; expected a blank device", v->want->backing,
              v->found.text);
        return true;
    case DRBD_FOUND_FOREIGN:
        judge(p, DRBD_REFUSED, "%s has the metadata of another mirror; left alone",
              v->want->backing);
        return true;
    }
    return false;
}

static void plan_down(const struct drbd_view *v, struct drbd_plan *p)
{
    judge(p, DRBD_WAITING, "this node goes down");
    if (!v->state.resource || !due(v, p, v->act_at_ms))
        return;
    if (v->state.role == DRBD_PRIMARY)
        drbd_plan_add(p, DRBD_DEMOTE);
    drbd_plan_add(p, DRBD_DOWN);
}

void drbd_plan_make(const struct drbd_view *v, struct drbd_plan *p)
{
    *p = (struct drbd_plan){.condition = DRBD_WAITING};
    if (v->use == DRBD_USE_DOWN) {
        plan_down(v, p);
        return;
    }
    if (v->split)
        judge(p, DRBD_SPLIT,
              "split brain: both sides have data of their own; relevo drbd resolve %s",
              v->want->name);
    else if (judge_disk(v, p)) {
        if (v->state.frozen || v->state.no_data)
            judge_apart(v, p);
    } else if (!v->state.device)
        judge(p, DRBD_WAITING, "coming up");
    else if (v->state.conn >= DRBD_CONNECTED)
        judge_connected(v, p);
    else
        judge_apart(v, p);
    if (!plan_bring_up(v, p) && v->state.device)
        plan_running(v, p);
}

uint64_t drbd_verify_at(const struct drbd_view *v)
{
    uint64_t every_ms = v->want->value[DRBD_VERIFY_EVERY] * HOUR_MS;
    bool mine = v->want->me == 0; /* once is enough */
    if (every_ms == 0 || !mine || v->state.conn != DRBD_CONNECTED || !drbd_in_sync(&v->state))
        return 0;
    return v->verified_ms + every_ms;
}

const char *drbd_condition_name(uint32_t condition)
{
    static const char *const names[DRBD_CONDITIONS] = {
        "waiting", "good", "syncing", "verifying", "degraded", "frozen", "split-brain", "refused",
    };
    return names[condition < DRBD_CONDITIONS ? condition : DRBD_WAITING];
}
