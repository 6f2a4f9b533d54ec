/* The mirrors' document, for relevo drbd, monitoring and tests, and the requests on them. */
#include "control/drbd.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "control/json.h"
#include "control/request.h"

static void write_hex(struct json *j, uint64_t number)
{
    char text[20];
    snprintf(text, sizeof text, "%016" PRIX64, number);
    json_text(j, NULL, text);
}

/* How far a sync is: done and left of what it had to do, and its rate since it was first seen. */
static void write_sync(struct json *j, const struct drbd_status *s, uint64_t now)
{
    uint64_t left = s->state.out_of_sync, total = s->state.sync_total;
    uint64_t ms = now > s->sync_began_ms ? now - s->sync_began_ms : 1;
    uint64_t done = s->sync_began_bytes > left ? s->sync_began_bytes - left : 0;
    uint64_t rate = done * 1000 / ms;
    if (total < left)
        total = left;
    json_open(j, "sync");
    json_number(j, "total_bytes", (int64_t)total);
    json_number(j, "left_bytes", (int64_t)left);
    json_number(j, "rate_bytes_s", (int64_t)rate);
    json_number(j, "left_ms", rate > 0 ? (int64_t)(left * 1000 / rate) : -1);
    json_close(j);
}

static void write_mirror(struct json *j, const struct site_drbd *m, const struct drbd_side *side,
                         uint64_t now)
{
    const struct drbd_status *status = &side->status;
    const struct drbd_state *s = &status->state;
    char address[DRBD_ADDRESS_TEXT];
    json_open(j, NULL);
    json_text(j, "name", m->name);
    json_number(j, "minor", m->minor);
    json_text(j, "backing", m->backing);
    json_text(j, "peer", m->node[1 - m->me].name);
    drbd_address_format(&m->node[m->me].address, false, address, sizeof address);
    json_text(j, "address", address);
    drbd_address_format(&m->node[1 - m->me].address, false, address, sizeof address);
    json_text(j, "peer_address", address);
    json_text(j, "condition",
              status->changed_ms != 0 ? drbd_condition_name(status->condition) : "unknown");
    json_text(j, "text", status->text);
    json_number(j, "changed_ms_ago",
                status->changed_ms != 0 && now > status->changed_ms
                    ? (int64_t)(now - status->changed_ms)
                    : 0);
    json_bool(j, "up", s->device != 0);
    json_text(j, "role", drbd_role_name(s->role));
    json_text(j, "peer_role", drbd_role_name(s->peer_role));
    json_text(j, "connection", drbd_conn_name(s->conn));
    json_text(j, "disk", drbd_disk_name(s->device ? s->disk : DRBD_DISKLESS));
    json_text(j, "peer_disk", drbd_disk_name(s->device ? s->peer_disk : DRBD_DISK_UNKNOWN));
    json_number(j, "size_bytes", (int64_t)(s->sectors * 512));
    json_number(j, "out_of_sync_bytes", (int64_t)s->out_of_sync);
    json_bool(j, "frozen", s->frozen != 0);
    json_bool(j, "split_brain", status->split != 0);
    json_bool(j, "used", side->wish.use == DRBD_USE_HERE);
    json_bool(j, "was_primary",
              (s->uuid[DRBD_UUID_CURRENT] & 1) != 0 || (s->flags & DRBD_FLAG_CRASHED_PRIMARY) != 0);
    json_list(j, "generations");
    for (int i = 0; i < DRBD_UUIDS; i++)
        write_hex(j, s->uuid[i] & ~1ULL);
    json_list_end(j);
    if (drbd_syncing(s->conn))
        write_sync(j, status, now);
    json_number(j, "ticket", status->ticket);
    json_text(j, "refused", status->refused);
    json_close(j);
}

char *drbd_json(const struct node *node, size_t *size)
{
    const struct drbd_config *config = &node->site->drbd;
    struct json j;
    if (document_begin(&j, node) != 0)
        return NULL;
    uint64_t now = clock_ms();
    json_bool(&j, "refreshing", drbd_refresh(node->drbd));
    json_list(&j, "drbd");
    for (uint32_t i = 0; i < config->mirrors; i++)
        if (config->mirror[i].me != DRBD_NOBODY)
            write_mirror(&j, &config->mirror[i], &node->drbd->side[i], now);
    json_list_end(&j);
    json_close(&j);
    return json_end(&j, size);
}

/* ticket 0, code -1: none. */
static char *outcome(bool ok, const char *text, uint32_t ticket, int code, size_t *size)
{
    struct json j;
    if (json_begin_outcome(&j, ok, text) != 0)
        return NULL;
    if (ticket != 0)
        json_number(&j, "ticket", ticket);
    if (code >= 0)
        json_number(&j, "code", code);
    json_close(&j);
    return json_end(&j, size);
}

/* Which order the operator's word is, on this node. DRBD_ORDER_NONE with the reason. */
static enum drbd_order order_of(const struct node *node, const char *verb, const char *name,
                                const char *operand, struct err *e)
{
    static const struct {
        const char *verb;
        enum drbd_order order;
    } plain[] = {
        {"create", DRBD_ORDER_CREATE},   {"create-forced", DRBD_ORDER_CREATE_FORCED},
        {"verify", DRBD_ORDER_VERIFY},   {"seed-blank", DRBD_ORDER_SEED_BLANK},
        {"resync", DRBD_ORDER_RESYNC},   {"resize", DRBD_ORDER_RESIZE},
        {"connect", DRBD_ORDER_CONNECT}, {"disconnect", DRBD_ORDER_DISCONNECT},
        {"attach", DRBD_ORDER_ATTACH},   {"detach", DRBD_ORDER_DETACH},
    };
    bool here = operand != NULL && strcmp(operand, node->site->hostname) == 0;
    if (strcmp(verb, "seed") == 0 && operand != NULL) {
        if (!here)
            err_set(e, "mirror %s: expected this on %.60s, whose data it is", name, operand);
        return here ? DRBD_ORDER_SEED : DRBD_ORDER_NONE;
    }
    if (strcmp(verb, "resolve") == 0 && operand != NULL)
        return here ? DRBD_ORDER_DISCARD : DRBD_ORDER_KEEP;
    for (size_t i = 0; operand == NULL && i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(plain[i].verb, verb) == 0)
            return plain[i].order;
    err_set(e, "expected create, seed NODE, verify, resync, resize, resolve NODE, connect, "
               "disconnect, attach, detach or confirm");
    return DRBD_ORDER_NONE;
}

/* The other side of a mirror must be one of its nodes. */
static bool is_side(const struct node *node, const char *name, const char *operand)
{
    const struct drbd_config *config = &node->site->drbd;
    for (uint32_t i = 0; i < config->mirrors; i++)
        if (strcmp(config->mirror[i].name, name) == 0)
            return drbd_side_of(&config->mirror[i], operand) != DRBD_NOBODY;
    return true; /* no such mirror: that is said instead */
}

char *drbd_request(struct node *node, char *operands, size_t *size)
{
    struct err said = {.text = ""};
    uint32_t ticket = 0;
    if (operands == NULL)
        return drbd_json(node, size);
    const char *verb = strsep(&operands, " ");
    const char *name = strsep(&operands, " ");
    const char *operand = strsep(&operands, " ");
    if (name == NULL || operands != NULL)
        return outcome(false, "expected drbd VERB MIRROR [NODE]", 0, -1, size);
    if (strcmp(verb, "fence") == 0)
        return outcome(true, "", 0, drbd_fence_answer(node->drbd, name), size);
    if (strcmp(verb, "confirm") == 0) {
        bool ok = drbd_confirm(node->drbd, name, &said) == 0;
        return outcome(ok, said.text, 0, -1, size);
    }
    if (operand != NULL && !is_side(node, name, operand)) {
        err_set(&said, "mirror %.40s has no side on %.60s", name, operand);
        return outcome(false, said.text, 0, -1, size);
    }
    enum drbd_order order = order_of(node, verb, name, operand, &said);
    bool ok = order != DRBD_ORDER_NONE && drbd_order(node->drbd, name, order, &ticket, &said) == 0;
    return outcome(ok, said.text, ticket, -1, size);
}
