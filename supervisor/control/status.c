/* The status document, for relevo status, monitoring and tests. */
#include <string.h>

#include "base/clock.h"
#include "control/json.h"
#include "control/request.h"
#include "guest/policy.h"

static int64_t age_ms(uint64_t then, uint64_t now)
{
    return then != 0 && now > then ? (int64_t)(now - then) : 0;
}

static void write_vif(struct json *j, const struct network_vif *vif)
{
    json_open(j, NULL);
    json_text(j, "name", vif->name);
    json_text(j, "bridge", vif->bridge);
    json_number(j, "domid", vif->domid);
    json_bool(j, "good", vif->good);
    json_text(j, "text", vif->text);
    json_text(j, "filter", vif->filtered ? "on" : "off");
    json_open(j, "dropped");
    for (int class = FILTER_PASS + 1; class < FILTER_CLASSES; class ++)
        json_number(j, filter_class_name((enum filter_class) class),
                    (int64_t)vif->dropped[class - 1]);
    json_close(j);
    json_close(j);
}

/* domid -1: every guest's. */
static void write_vifs(struct json *j, const struct network_vifs *vifs, int64_t domid)
{
    json_list(j, "vifs");
    for (uint32_t i = 0; i < vifs->vifs; i++)
        if (domid < 0 || vifs->vif[i].domid == domid)
            write_vif(j, &vifs->vif[i]);
    json_list_end(j);
}

/* How its disks are; and what it waits for, if that is why it does not run. */
static void write_disks(struct json *j, const struct guest_run *run, const char *state)
{
    char why[GUEST_WHY_SIZE] = "";
    enum guest_disks disks = guest_disks(run, why, sizeof why);
    json_text(j, "disks", guest_disks_name(disks));
    json_text(j, "disks_text", disks != DISKS_READY ? why : "");
    bool waits = strcmp(state, "waiting") == 0 && policy_waits(run, why, sizeof why);
    json_text(j, "waits_for", waits ? why : "");
}

static void write_guest(struct json *j, const struct node *node, const struct guest_run *run,
                        uint64_t now)
{
    const struct guest *g = run->config;
    const struct record *r = &run->record;
    bool runs = run->present && run->domain.state == XEN_RUNNING;
    json_open(j, NULL);
    json_text(j, "name", g->name);
    json_text(j, "state", guest_state_name(run));
    json_number(j, "domid", run->present ? (int64_t)run->domain.domid : -1);
    json_text(j, "type", guest_type_name(g->type));
    json_number(j, "memory_mib", g->memory_mib);
    json_number(j, "vcpus", g->vcpus);
    json_text(j, "home", g->home);
    json_text(j, "owner", cluster_owner(node->cluster, run));
    json_number(j, "priority", g->priority);
    json_text(j, "origin", g->origin);
    json_bool(j, "configured", run->dropped == NULL);
    json_bool(j, "changed", guest_has_changed(run));
    json_text(j, "hold", hold_name(r->hold));
    json_number(j, "starts", r->starts);
    json_number(j, "ends", r->ends);
    json_text(j, "last_end", r->ends > 0 ? guest_end_name(r->last_end) : "");
    json_number(j, "failures", r->restart.failures);
    json_number(j, "up_ms", runs ? age_ms(r->started_ms, now) : 0);
    json_number(j, "started_ms", (int64_t)r->started_ms);
    json_number(j, "ended_ms", (int64_t)r->ended_ms);
    json_number(j, "create_ms", run->last_create_ms);
    json_number(j, "start_in_ms",
                !runs && r->start_at_ms > now ? (int64_t)(r->start_at_ms - now) : 0);
    write_disks(j, run, guest_state_name(run));
    json_text(j, "error", g->broken ? g->error : run->error);
    write_vifs(j, &node->network->view.vifs, run->present ? (int64_t)run->domain.domid : INT64_MAX);
    json_close(j);
}

static void write_network(struct json *j, const struct network_status *network)
{
    json_list(j, "network");
    for (uint32_t i = 0; i < network->pieces; i++) {
        json_open(j, NULL);
        json_text(j, "kind", network->piece[i].kind);
        json_text(j, "name", network->piece[i].name);
        json_bool(j, "good", network->piece[i].good);
        json_text(j, "text", network->piece[i].text);
        json_close(j);
    }
    json_list_end(j);
}

int document_begin(struct json *j, const struct node *node)
{
    if (json_begin(j) != 0)
        return -1;
    json_open(j, NULL);
    json_bool(j, "ok", true);
    json_text(j, "node", node->site->hostname);
    return 0;
}

char *network_json(const struct node *node, size_t *size)
{
    struct json j;
    if (document_begin(&j, node) != 0)
        return NULL;
    write_network(&j, &node->network->view.status);
    write_vifs(&j, &node->network->view.vifs, -1);
    json_close(&j);
    return json_end(&j, size);
}

void errors_json(struct json *j, const struct site *site)
{
    json_list(j, "errors");
    for (uint32_t i = 0; i < site->errors; i++)
        json_text(j, NULL, site->error[i].text);
    json_list_end(j);
    json_list(j, "warnings");
    for (uint32_t i = 0; i < site->warnings; i++)
        json_text(j, NULL, site->warning[i].text);
    json_list_end(j);
    json_number(j, "errors_dropped", site->errors_dropped);
}

char *status_json(const struct node *node, size_t *size)
{
    struct json j;
    if (document_begin(&j, node) != 0)
        return NULL;
    uint64_t now = clock_ms();
    json_text(&j, "incarnation", node->incarnation);
    json_number(&j, "now_ms", (int64_t)now);
    json_number(&j, "relevod_up_ms", age_ms(node->began_ms, now));
    json_text(&j, "xen", node->guests->watch.connected ? "connected" : "not reached");
    json_bool(&j, "leaving", node->guests->leaving);
    json_list(&j, "guests");
    for (uint32_t i = 0; i < node->guests->count; i++)
        write_guest(&j, node, node->guests->run[i], now);
    json_list_end(&j);
    write_network(&j, &node->network->view.status);
    cluster_sites_json(node->cluster, &j);
    errors_json(&j, node->site);
    json_close(&j);
    return json_end(&j, size);
}
