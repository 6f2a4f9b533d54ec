/* Nodes whose sites differ: each tells the others its card, and what differs is said. A guest that
 * one of its nodes has on other disks is two guests under one name: it is not started here, also
 * when that node is silent, for it may have been the one that was right. A reload is the operator's
 * word that this node's site is: it ends what silent nodes have said. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/run_dir.h"
#include "cluster/inside.h"
#include "control/json.h"

#define AGAIN_MS 5000 /* a card may be lost, as any message */

_Static_assert(sizeof(struct card) <= CODEC_MESSAGE_MAX, "a full card fits a packet");

static const char *name_of(const struct cluster *c, uint8_t node)
{
    return c->site->cluster.node[node].name;
}

/* ---- kept for the next relevod ---- */

static int path_of(const struct cluster *c, uint8_t node, char path[PATH_MAX])
{
    char file[sizeof "site-of-" + CLUSTER_NAME_SIZE];
    snprintf(file, sizeof file, "site-of-%s", name_of(c, node));
    return run_path(path, PATH_MAX, file, NULL);
}

static void put(struct cluster *c, uint8_t node, const struct card *card)
{
    free(c->cards.other[node]);
    c->cards.other[node] = card != NULL ? malloc(card_size(card)) : NULL;
    if (c->cards.other[node] != NULL)
        memcpy(c->cards.other[node], card, card_size(card));
}

static void keep(const struct cluster *c, uint8_t node)
{
    const struct card *card = c->cards.other[node];
    char path[PATH_MAX];
    struct err e;
    if (path_of(c, node, path) != 0)
        return;
    if (card == NULL)
        unlink(path);
    else if (file_replace_bytes(path, card, card_size(card), &e) != 0)
        log_err("cluster: that node %s has another site cannot be kept: %s", name_of(c, node),
                e.text);
}

static void take_kept(struct cluster *c, uint8_t node)
{
    static struct card card;
    char path[PATH_MAX];
    ptrdiff_t size =
        path_of(c, node, path) == 0 ? file_read_bytes(path, &card, sizeof card, NULL) : -1;
    if (size > 0 && card_ok(&card, (size_t)size))
        put(c, node, &card);
}

/* ---- what follows ---- */

static void judge_guest(struct cluster *c, int index)
{
    struct cards *k = &c->cards;
    const struct site_guest *g = &c->core.guest[index];
    bool disputed = false;
    for (uint8_t i = 0; i < c->core.nodes; i++) {
        const struct card *other = k->other[i];
        bool ours = other != NULL && other->cluster == k->mine.cluster;
        bool lacks = ours && !card_has_guest(other, g->id);
        disputed |= ours && site_is_candidate(g, i) && card_other_disks(&k->mine, other, g->id);
        if (lacks == guest_in(&k->lacks[i], index))
            continue;
        guest_set(&k->lacks[i], index, lacks);
        cluster_event(c,
                      &(struct event){.kind = EVENT_LACKS, .node = i, .index = index, .on = lacks});
    }
    guest_set(&k->disputed, index, disputed);
}

static void say(struct cluster *c, uint8_t node)
{
    struct cards *k = &c->cards;
    char text[CARD_TEXT_SIZE] = "";
    if (k->other[node] != NULL)
        card_compare(&k->mine, k->other[node], c->site, text);
    uint64_t told = text[0] != '\0' ? hash_text(text, 0) : 0;
    if (told != 0 && told != k->told[node])
        log_warn("cluster: node %s has another site: %s", name_of(c, node), text);
    else if (told == 0 && k->told[node] != 0)
        log_notice("cluster: node %s has the same site as this one", name_of(c, node));
    k->told[node] = told;
}

static void judge(struct cluster *c)
{
    for (int i = 0; i < c->core.guests; i++)
        judge_guest(c, i);
    cluster_look_at_disks(c);
}

/* ---- from outside ---- */

void cards_begin(struct cluster *c)
{
    for (uint8_t i = 0; i < c->core.nodes; i++)
        if (i != c->site->cluster.self)
            take_kept(c, i);
}

void cards_site(struct cluster *c)
{
    struct cards *k = &c->cards;
    char path[PATH_MAX], version[4 * CARD_VERSION_SIZE] = "";
    snprintf(path, sizeof path, "%s/VERSION", c->site->cluster.folder);
    file_read(path, version, sizeof version, NULL);
    version[strcspn(version, "\n")] = '\0';
    card_fill(&k->mine, c->site, c->core.cluster, version);
    memset(k->lacks, 0, sizeof k->lacks); /* core/ begins anew, too */
    memset(&k->ran, 0, sizeof k->ran);    /* found again where they run */
    k->send_at = 0;
    for (uint8_t i = 0; i < c->core.nodes; i++)
        say(c, i);
    judge(c);
}

void cards_forget_silent(struct cluster *c)
{
    for (uint8_t i = 0; i < c->core.nodes; i++)
        if (c->cards.other[i] != NULL && !node_hears(&c->node, i, clock_ms())) {
            put(c, i, NULL);
            keep(c, i);
        }
}

void cards_heard(struct cluster *c, uint8_t node, const uint8_t *data, size_t size)
{
    static struct card card; /* aligned, as the packet is not */
    struct cards *k = &c->cards;
    if (node >= c->core.nodes || size > sizeof card)
        return;
    memcpy(&card, data, size);
    if (!card_ok(&card, size)) {
        log_info("cluster: what node %s says of its site cannot be read", name_of(c, node));
        return;
    }
    memcpy(k->version[node], card.version, sizeof card.version);
    bool same = size == card_size(&k->mine) &&
                memcmp(&card.cluster, &k->mine.cluster, size - offsetof(struct card, cluster)) == 0;
    const struct card *was = k->other[node];
    if (same ? was == NULL : was != NULL && card_size(was) == size && memcmp(was, &card, size) == 0)
        return;
    put(c, node, same ? NULL : &card);
    keep(c, node);
    say(c, node);
    judge(c);
}

void cards_beat(struct cluster *c, uint8_t node, const struct beat *beat)
{
    struct beat *newest = &c->cards.newest[node];
    if (newest->incarnation != beat->incarnation || newest->life != beat->life)
        c->cards.send_at = 0;
    *newest = *beat;
}

void cards_send(struct cluster *c)
{
    static struct wire_packet packet = {.type = WIRE_SEND, .node = EVERYBODY, .kind = WIRE_CARD};
    const struct card *mine = &c->cards.mine;
    uint64_t now = clock_ms();
    struct err e;
    if (now < c->cards.send_at || c->transport.child == NULL)
        return;
    c->cards.send_at = now + AGAIN_MS;
    memcpy(packet.data, mine, card_size(mine));
    child_send(c->transport.child, &packet, wire_packet_size(card_size(mine)), &e);
}

const char *cards_version(const struct cluster *c, uint8_t node)
{
    return node == c->site->cluster.self ? c->cards.mine.version : c->cards.version[node];
}

void cards_text(const struct cluster *c, uint8_t node, char text[CARD_TEXT_SIZE])
{
    text[0] = '\0';
    if (c->cards.other[node] != NULL)
        card_compare(&c->cards.mine, c->cards.other[node], c->site, text);
}

void cluster_sites_json(const struct cluster *c, struct json *j)
{
    json_list(j, "other_sites");
    for (uint8_t i = 0; c->began && i < c->core.nodes; i++) {
        char text[CARD_TEXT_SIZE], line[CARD_TEXT_SIZE + 2 * CARD_VERSION_SIZE];
        cards_text(c, i, text);
        snprintf(line, sizeof line, "node %s: %s", name_of(c, i), text);
        if (text[0] != '\0')
            json_text(j, NULL, line);
    }
    json_list_end(j);
}
