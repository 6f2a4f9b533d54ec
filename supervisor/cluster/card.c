#include "cluster/card.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"

/* Salts: not of anything else that is hashed. */
enum { SALT_NODE = 6, SALT_DISK, SALT_GUEST, SALT_MIRROR };

#define NAMED_MAX 6 /* pieces that are named; others are counted */

_Static_assert(offsetof(struct card, piece) % 8 == 0 && sizeof(struct card_piece) == 24,
               "no padding goes over the network");

size_t card_size(const struct card *card)
{
    return offsetof(struct card, piece) +
           (card->guests + card->mirrors) * sizeof(struct card_piece);
}

bool card_ok(const void *data, size_t size)
{
    const struct card *card = data;
    return size >= offsetof(struct card, piece) && card->guests <= CORE_GUESTS &&
           card->mirrors <= SITE_DRBDS_MAX && size == card_size(card) &&
           memchr(card->version, '\0', sizeof card->version) != NULL;
}

/* ---- filling ---- */

static uint64_t digest_nodes(const struct cluster_config *c)
{
    uint64_t h = hash_text(c->name, SALT_NODE);
    for (uint32_t i = 0; i < c->nodes; i++) {
        h = hash_mix_number(h, c->node[i].memory_mib);
        for (uint32_t k = 0; k < c->node[i].links; k++) {
            char text[INET6_ADDRSTRLEN];
            cluster_address_format(&c->node[i].link[k], text);
            h = hash_mix_text(h, text);
        }
    }
    return h;
}

/* The LUN behind /dev/mapper/ALIAS; empty: something else. */
static const char *wwid_of(const struct multipath_config *luns, const char *path)
{
    for (uint32_t i = 0; i < luns->maps; i++)
        if (multipath_is_disk(path, luns->map[i].alias))
            return luns->map[i].wwid;
    return "";
}

/* What is under a mirror may be another device on each side, and often is. */
static uint64_t digest_disks(const struct site *site, const struct guest *g)
{
    uint64_t h = hash_text(g->name, SALT_DISK);
    for (uint32_t i = 0; i < g->disks; i++) {
        h = hash_mix_text(hash_mix_text(h, g->disk[i].vdev), g->disk[i].path);
        h = hash_mix_text(hash_mix_number(h, g->disk[i].writable),
                          wwid_of(&site->multipath, g->disk[i].path));
    }
    return h != 0 ? h : 1;
}

static uint64_t digest_guest(const struct guest *g)
{
    uint64_t h = hash_mix_number(hash_text(g->name, SALT_GUEST), guest_fingerprint(g));
    h = hash_mix_number(hash_mix_number(h, guest_disks_fingerprint(g)), (uint64_t)g->priority);
    h = hash_mix_number(hash_mix_text(h, g->home), g->peers);
    for (uint32_t i = 0; i < g->peers; i++)
        h = hash_mix_text(h, g->peer[i]);
    h = hash_mix_number(h, g->afters);
    for (uint32_t i = 0; i < g->afters; i++)
        h = hash_mix_text(h, g->after[i]);
    for (int end = 0; end < GUEST_END_COUNT; end++)
        h = hash_mix_number(h, g->on[end]);
    h = hash_mix_text(hash_mix_number(h, g->failback), g->probe);
    return hash_mix_number(h, g->probe_interval_s);
}

static uint64_t digest_mirror(const struct site_drbd *m)
{
    uint64_t h = hash_text(m->name, SALT_MIRROR);
    for (int i = 0; i < 2; i++) {
        char text[DRBD_ADDRESS_TEXT];
        drbd_address_format(&m->node[i].address, true, text, sizeof text);
        h = hash_mix_text(hash_mix_text(h, m->node[i].name), text);
    }
    return hash_mix(h, m->value, sizeof m->value);
}

void card_fill(struct card *card, const struct site *site, uint64_t cluster, const char *version)
{
    struct card_piece *piece = card->piece;
    memset(card, 0, sizeof *card);
    snprintf(card->version, sizeof card->version, "%s", version);
    card->cluster = cluster;
    card->nodes = digest_nodes(&site->cluster);
    for (uint32_t i = 0; i < site->guests; i++) {
        const struct guest *g = site->guest[i];
        *piece++ = (struct card_piece){.id = cluster_id(g->name),
                                       .disks = g->broken ? 0 : digest_disks(site, g),
                                       .words = g->broken ? 0 : digest_guest(g)};
    }
    for (uint32_t i = 0; i < site->drbd.mirrors; i++)
        *piece++ = (struct card_piece){.id = cluster_id(site->drbd.mirror[i].name),
                                       .words = digest_mirror(&site->drbd.mirror[i])};
    card->guests = site->guests;
    card->mirrors = site->drbd.mirrors;
}

/* ---- comparing ---- */

static const struct card_piece *find(const struct card_piece *piece, uint32_t count, uint64_t id)
{
    for (uint32_t i = 0; i < count; i++)
        if (piece[i].id == id)
            return &piece[i];
    return NULL;
}

bool card_has_guest(const struct card *card, uint64_t guest)
{
    return find(card->piece, card->guests, guest) != NULL;
}

static bool other_disks(const struct card_piece *a, const struct card_piece *b)
{
    return a != NULL && b != NULL && a->disks != 0 && b->disks != 0 && a->disks != b->disks;
}

bool card_other_disks(const struct card *mine, const struct card *other, uint64_t guest)
{
    return other_disks(find(mine->piece, mine->guests, guest),
                       find(other->piece, other->guests, guest));
}

struct report {
    char *text;
    uint32_t named, unnamed;
};

__attribute__((format(printf, 2, 3))) static void add(struct report *r, const char *format, ...)
{
    size_t length = strlen(r->text);
    va_list args;
    va_start(args, format);
    if (length > 0 && length + 2 < CARD_TEXT_SIZE) {
        memcpy(r->text + length, "; ", 3);
        length += 2;
    }
    vsnprintf(r->text + length, CARD_TEXT_SIZE - length, format, args);
    va_end(args);
}

__attribute__((format(printf, 2, 3))) static void name(struct report *r, const char *format, ...)
{
    char text[160];
    va_list args;
    if (r->named == NAMED_MAX) {
        r->unnamed++;
        return;
    }
    r->named++;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add(r, "%s", text);
}

/* Of what the other node has and this one has not, only ids are known. */
static void add_more(struct report *r, const char *kind, const struct card_piece *mine,
                     uint32_t my_count, const struct card_piece *its, uint32_t its_count)
{
    uint32_t more = 0;
    for (uint32_t i = 0; i < its_count; i++)
        more += find(mine, my_count, its[i].id) == NULL;
    if (more > 0)
        add(r, "it has %u %s%s that this node has not", more, kind, more > 1 ? "s" : "");
}

static void compare_guests(struct report *r, const struct card *mine, const struct card *other,
                           const struct site *site)
{
    for (uint32_t i = 0; i < mine->guests; i++) {
        const struct card_piece *a = &mine->piece[i];
        const struct card_piece *b = find(other->piece, other->guests, a->id);
        const char *guest = site->guest[i]->name;
        if (b == NULL)
            name(r, "it has no guest %s, and cannot be given it", guest);
        else if (other_disks(a, b))
            name(r, "guest %s has other disks there: not started while that is so", guest);
        else if (a->words == b->words)
            continue;
        else if (a->words == 0 || b->words == 0)
            name(r, "guest %s has errors %s", guest, a->words == 0 ? "here" : "there");
        else
            name(r, "guest %s is described otherwise", guest);
    }
    add_more(r, "guest", mine->piece, mine->guests, other->piece, other->guests);
}

static void compare_mirrors(struct report *r, const struct card *mine, const struct card *other,
                            const struct site *site)
{
    const struct card_piece *my = mine->piece + mine->guests, *its = other->piece + other->guests;
    for (uint32_t i = 0; i < mine->mirrors; i++) {
        const struct card_piece *b = find(its, other->mirrors, my[i].id);
        const char *mirror = site->drbd.mirror[i].name;
        if (b == NULL)
            name(r, "it has no mirror %s", mirror);
        else if (my[i].words != b->words)
            name(r, "mirror %s is described otherwise", mirror);
    }
    add_more(r, "mirror", my, mine->mirrors, its, other->mirrors);
}

void card_compare(const struct card *mine, const struct card *other, const struct site *site,
                  char text[CARD_TEXT_SIZE])
{
    struct report r = {.text = text};
    text[0] = '\0';
    if (mine->cluster != other->cluster) {
        add(&r, "its words cluster= or node= differ: it is not listened to");
        return;
    }
    if (mine->nodes != other->nodes)
        add(&r, "the nodes' addresses or memory differ");
    compare_guests(&r, mine, other, site);
    compare_mirrors(&r, mine, other, site);
    if (r.unnamed > 0)
        add(&r, "and %u more", r.unnamed);
}
