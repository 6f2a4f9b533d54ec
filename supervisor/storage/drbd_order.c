/* What an operator's order to a mirror takes, and when it is out of place. */
#include "storage/drbd_plan.h"

static int refuse(struct err *e, const struct drbd_view *v, const char *why)
{
    return err_set(e, "mirror %s: %s", v->want->name, why);
}

/* --- orders of several steps --- */

static int create(const struct drbd_view *v, bool forced, struct drbd_plan *p, struct err *e)
{
    if (v->state.device && v->state.disk != DRBD_DISKLESS)
        return refuse(e, v, "its disk is attached: it has metadata");
    switch ((enum drbd_found_kind)v->found.kind) {
    case DRBD_FOUND_BLANK:
        break;
    case DRBD_FOUND_DATA:
    case DRBD_FOUND_FOREIGN:
    case DRBD_FOUND_OURS:
        if (forced)
            break;
        return err_set(e, "mirror %s: %s holds %s; relevo drbd create %s --force %s overwrites it",
                       v->want->name, v->want->backing,
                       v->found.kind == DRBD_FOUND_DATA   ? v->found.text
                       : v->found.kind == DRBD_FOUND_OURS ? "this mirror's metadata already"
                                                          : "the metadata of another mirror",
                       v->want->name, v->want->name);
    case DRBD_FOUND_NOTHING_YET:
        return refuse(e, v, "its device has not been looked at yet");
    case DRBD_FOUND_MISSING:
    case DRBD_FOUND_TOO_SMALL:
    case DRBD_FOUNDS:
        return refuse(e, v, v->found.text);
    }
    drbd_plan_add(p, DRBD_CREATE_METADATA);
    drbd_plan_add(p, DRBD_STAMP_METADATA);
    return 0;
}

static int order_create(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    return create(v, false, p, e);
}

static int order_create_forced(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    return create(v, true, p, e);
}

/* Both sides are new: neither has the other's data. */
static int check_new(const struct drbd_view *v, struct err *e)
{
    const struct drbd_state *s = &v->state;
    if (s->conn != DRBD_CONNECTED)
        return refuse(e, v, "expected both sides to be connected");
    if (s->disk != DRBD_INCONSISTENT || s->peer_disk != DRBD_INCONSISTENT)
        return refuse(e, v, "expected it to be new on both sides (Inconsistent)");
    return 0;
}

static int order_seed_blank(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    if (check_new(v, e) != 0)
        return -1;
    if (v->state.uuid[DRBD_UUID_CURRENT] != DRBD_JUST_CREATED)
        return refuse(e, v, "it has held data before; expected --from NODE");
    drbd_plan_add(p, DRBD_SKIP_FIRST_SYNC);
    return 0;
}

static int order_seed(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    if (check_new(v, e) != 0)
        return -1;
    drbd_plan_add(p, DRBD_PROMOTE_FORCED);
    if (v->use != DRBD_USE_HERE)
        drbd_plan_add(p, DRBD_DEMOTE);
    return 0;
}

/* The bits that a verify has set are only looked at when both sides meet anew, and then only if the
 * generations differ: a Primary that is disconnected begins a new one. */
static int order_resync(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    const struct drbd_state *s = &v->state;
    if (!drbd_in_sync(s) || s->conn != DRBD_CONNECTED)
        return refuse(e, v, "expected both sides to be connected and UpToDate");
    if (s->out_of_sync == 0)
        return refuse(e, v, "nothing is known to differ; relevo drbd verify looks");
    if (s->peer_role == DRBD_PRIMARY)
        return refuse(e, v, "expected this on the node where its guest runs");
    if (s->role != DRBD_PRIMARY)
        drbd_plan_add(p, DRBD_PROMOTE);
    drbd_plan_add(p, DRBD_DISCONNECT);
    drbd_plan_add(p, DRBD_CONNECT);
    if (s->role != DRBD_PRIMARY)
        drbd_plan_add(p, DRBD_DEMOTE);
    return 0;
}

/* The side that DRBD has not told of it is waiting for the other. */
static int order_keep(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    if (!v->split && (v->state.conn >= DRBD_CONNECTED || !v->state.device))
        return refuse(e, v, "there is no split brain");
    if (v->split && v->state.conn != DRBD_STANDALONE)
        drbd_plan_add(p, DRBD_DISCONNECT);
    if (v->split || v->state.conn == DRBD_STANDALONE)
        drbd_plan_add(p, DRBD_CONNECT);
    return 0;
}

static int order_discard(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    if (!v->split && (v->state.conn >= DRBD_CONNECTED || !v->state.device))
        return refuse(e, v, "there is no split brain");
    if (v->use == DRBD_USE_HERE && v->state.role == DRBD_PRIMARY)
        return refuse(e, v, "its guest runs on this side: stop it first (relevo stop GUEST)");
    if (v->state.conn != DRBD_STANDALONE)
        drbd_plan_add(p, DRBD_DISCONNECT);
    if (v->state.role == DRBD_PRIMARY)
        drbd_plan_add(p, DRBD_DEMOTE);
    drbd_plan_add(p, DRBD_CONNECT_DISCARD);
    return 0;
}

/* --- orders of one step --- */

static bool is_attached(const struct drbd_state *s)
{
    return s->device && s->disk != DRBD_DISKLESS;
}

static int one(const struct drbd_view *v, bool fits, const char *why, enum drbd_step step,
               struct drbd_plan *p, struct err *e)
{
    if (!fits)
        return refuse(e, v, why);
    drbd_plan_add(p, step);
    return 0;
}

static int order_verify(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    if (v->want->value[DRBD_VERIFY_ALG] == DRBD_ALG_NONE)
        return refuse(e, v, "expected a verify-alg other than none");
    return one(v, v->state.conn == DRBD_CONNECTED && drbd_in_sync(&v->state),
               "expected both sides to be connected and UpToDate", DRBD_VERIFY, p, e);
}

static int order_resize(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    return one(v, v->state.conn == DRBD_CONNECTED && is_attached(&v->state),
               "expected both sides to be connected", DRBD_RESIZE, p, e);
}

static int order_connect(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    if (v->split)
        return refuse(e, v, "split brain: relevo drbd resolve says whose data is given up");
    return one(v, v->state.device && v->state.conn == DRBD_STANDALONE, "it is not disconnected",
               DRBD_CONNECT, p, e);
}

static int order_disconnect(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    return one(v, v->state.connection != 0, "it is not connected", DRBD_DISCONNECT, p, e);
}

/* Whose metadata it has is looked at by the worker, before it does anything. */
static int order_attach(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    if (!v->state.device)
        return refuse(e, v, "it is not up");
    if (is_attached(&v->state))
        return refuse(e, v, "its disk is attached");
    drbd_plan_add(p, DRBD_APPLY_AL);
    drbd_plan_add(p, DRBD_ATTACH);
    return 0;
}

static int order_detach(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    return one(v, is_attached(&v->state), "its disk is not attached", DRBD_DETACH, p, e);
}

static int order_two_primaries(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    return one(v, drbd_in_sync(&v->state), "expected both sides to be connected and UpToDate",
               DRBD_TWO_PRIMARIES, p, e);
}

static int order_one_primary(const struct drbd_view *v, struct drbd_plan *p, struct err *e)
{
    return one(v, v->state.connection != 0, "it has no connection", DRBD_ONE_PRIMARY, p, e);
}

/* --- all of them --- */

static const struct {
    const char *name;
    int (*plan)(const struct drbd_view *v, struct drbd_plan *p, struct err *e);
} rule[DRBD_ORDERS] = {
    [DRBD_ORDER_NONE] = {"", NULL},
    [DRBD_ORDER_CREATE] = {"create", order_create},
    [DRBD_ORDER_CREATE_FORCED] = {"create", order_create_forced},
    [DRBD_ORDER_SEED] = {"seed", order_seed},
    [DRBD_ORDER_SEED_BLANK] = {"seed", order_seed_blank},
    [DRBD_ORDER_VERIFY] = {"verify", order_verify},
    [DRBD_ORDER_RESYNC] = {"resync", order_resync},
    [DRBD_ORDER_RESIZE] = {"resize", order_resize},
    [DRBD_ORDER_KEEP] = {"resolve", order_keep},
    [DRBD_ORDER_DISCARD] = {"resolve", order_discard},
    [DRBD_ORDER_CONNECT] = {"connect", order_connect},
    [DRBD_ORDER_DISCONNECT] = {"disconnect", order_disconnect},
    [DRBD_ORDER_ATTACH] = {"attach", order_attach},
    [DRBD_ORDER_DETACH] = {"detach", order_detach},
    [DRBD_ORDER_TWO_PRIMARIES] = {"allow two primaries", order_two_primaries},
    [DRBD_ORDER_ONE_PRIMARY] = {"allow one primary", order_one_primary},
};

int drbd_plan_order(const struct drbd_view *v, enum drbd_order order, struct drbd_plan *p,
                    struct err *e)
{
    p->steps = 0;
    if ((unsigned)order >= DRBD_ORDERS || rule[order].plan == NULL)
        return refuse(e, v, "no such order");
    return rule[order].plan(v, p, e);
}

const char *drbd_order_name(uint32_t order)
{
    return rule[order < DRBD_ORDERS ? order : DRBD_ORDER_NONE].name;
}
