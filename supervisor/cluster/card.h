/* What a node's site says, as numbers that can be compared: nodes tell it to each other, so that a
 * site that differs is noticed before it matters. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "config/site.h"

#define CARD_VERSION_SIZE 64
#define CARD_PIECES_MAX   (CORE_GUESTS + SITE_DRBDS_MAX)
#define CARD_TEXT_SIZE    400

struct card_piece {
    uint64_t id;    /* of the name */
    uint64_t disks; /* guest: which disks it has, and on what they are; 0: its words have errors */
    uint64_t words; /* all that is said of it and must be the same */
};

/* Goes over the network as it is: all nodes run one image. */
struct card {
    char version[CARD_VERSION_SIZE]; /* of the bundle; empty: it has none */
    uint64_t cluster;                /* core_site.cluster: who differs here is not listened to */
    uint64_t nodes;                  /* their addresses and memory */
    uint32_t guests, mirrors;
    struct card_piece piece[CARD_PIECES_MAX]; /* guests, then mirrors */
};

/* The pieces beyond the last one are not part of it. */
size_t card_size(const struct card *card);

/* Whether data is a whole, sane card. */
bool card_ok(const void *data, size_t size);

/* cluster: core_site.cluster. version may be longer than there is room. */
void card_fill(struct card *card, const struct site *site, uint64_t cluster, const char *version);

/* Whether the other site has this guest on other disks: they are not the same guest. Not so where
 * either has none of that name, or one with errors. */
bool card_other_disks(const struct card *mine, const struct card *other, uint64_t guest);

bool card_has_guest(const struct card *card, uint64_t guest);

/* What differs in the other's, for the operator, by the names of this node's site; empty: nothing.
 * The version is not a difference by itself. */
void card_compare(const struct card *mine, const struct card *other, const struct site *site,
                  char text[CARD_TEXT_SIZE]);
