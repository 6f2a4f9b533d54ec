/* What the other nodes' sites say, as far as they differ from this node's. */
#pragma once
#include "cluster/card.h"
#include "core/message.h"

struct cards {
    struct card mine;
    struct card *other[CORE_NODES]; /* NULL: the same as mine, or not known */
    char version[CORE_NODES][CARD_VERSION_SIZE];
    uint64_t told[CORE_NODES];         /* a hash of what was last said to differ; 0: nothing */
    struct beat newest[CORE_NODES];    /* who has last been heard */
    uint64_t send_at;                  /* when mine is due */
    struct guestset disputed;          /* guests that one of their nodes has on other disks */
    struct guestset lacks[CORE_NODES]; /* guests that it has not, as core/ has been told */
    struct guestset ran; /* ... but that have run here since this node has owned them */
};
