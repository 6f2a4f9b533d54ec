/* The multipath document, for relevo multipath, monitoring and tests. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "control/json.h"
#include "control/request.h"
#include "storage/digest.h"

static const char *dm_state(const struct multipath_path *p)
{
    return p->group == NO_GROUP ? "undef" : (p->failed != 0 ? "failed" : "active");
}

static void write_path(struct json *j, const struct multipath_path *p)
{
    char device[24];
    snprintf(device, sizeof device, "%u:%u", p->major, p->minor);
    json_open(j, NULL);
    json_text(j, "name", p->name);
    json_text(j, "hctl", p->hctl);
    json_text(j, "dev", device);
    json_text(j, "dm", dm_state(p));
    json_text(j, "check", verdict_name((enum verdict)p->verdict));
    json_text(j, "access", path_access_name((enum path_access)p->access));
    json_text(j, "state", p->state);
    json_number(j, "failures", p->failures);
    json_text(j, "text", p->text);
    json_close(j);
}

static void write_paths(struct json *j, const struct multipath_status *s, uint32_t group)
{
    for (uint32_t i = 0; i < s->paths; i++)
        if (s->path[i].group == group)
            write_path(j, &s->path[i]);
}

static const char *group_state(char state)
{
    return state == 'A' ? "active" : (state == 'D' ? "disabled" : "enabled");
}

static void write_map(struct json *j, const struct site_multipath *want,
                      const struct multipath_status *s, uint64_t now)
{
    json_open(j, NULL);
    json_text(j, "alias", want->alias);
    json_text(j, "wwid", want->wwid);
    json_text(j, "state", map_state_name((enum map_state)s->state));
    json_text(j, "text", s->text);
    json_number(j, "minor", s->exists != 0 ? (int64_t)s->minor : -1);
    json_number(j, "size_bytes", (int64_t)(s->sectors * 512));
    json_number(j, "opened", s->opened);
    json_bool(j, "queueing", s->queueing != 0);
    json_text(j, "handler", s->handler);
    json_text(j, "selector", s->selector);
    json_number(j, "paths", s->paths);
    json_number(j, "changed_ms_ago",
                s->changed_ms != 0 && now > s->changed_ms ? (int64_t)(now - s->changed_ms) : 0);
    json_list(j, "groups");
    for (uint32_t g = 0; g < s->groups; g++) {
        json_open(j, NULL);
        json_text(j, "state", group_state(s->group_state[g]));
        json_list(j, "paths");
        write_paths(j, s, g);
        json_list_end(j);
        json_close(j);
    }
    json_list_end(j);
    json_list(j, "left_out");
    write_paths(j, s, NO_GROUP);
    json_list_end(j);
    json_close(j);
}

/* A number that is the same on every node whose list of LUNs is. */
static void write_list(struct json *j, const struct node *node)
{
    struct multipath_digest digest;
    char list[20];
    multipath_digest(&node->site->multipath, node->multipath->status, &digest);
    snprintf(list, sizeof list, "%016" PRIx64, digest.list);
    json_text(j, "list", list);
}

char *multipath_json(const struct node *node, size_t *size)
{
    const struct multipath_config *config = &node->site->multipath;
    struct json j;
    if (document_begin(&j, node) != 0)
        return NULL;
    uint64_t now = clock_ms();
    write_list(&j, node);
    json_list(&j, "multipath");
    for (uint32_t i = 0; i < config->maps; i++)
        write_map(&j, &config->map[i], &node->multipath->status[i], now);
    json_list_end(&j);
    json_close(&j);
    return json_end(&j, size);
}
