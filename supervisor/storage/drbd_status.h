/* What the drbd role and relevod tell each other once the configuration is sent. */
#pragma once
#include "storage/drbd_plan.h"

/* How one mirror stands: sent when it has changed. */
struct drbd_status {
    uint32_t mirror;    /* index in the configuration */
    uint32_t condition; /* enum drbd_condition */
    struct drbd_state state;
    uint32_t use;          /* the last that the role has been told */
    uint32_t busy;         /* 1: something is being done to it */
    uint32_t break_number; /* of the link; counts up */
    uint32_t split;
    uint32_t lost_disk;
    uint32_t ticket;     /* of the last order that is done; 0: none yet */
    uint64_t changed_ms; /* clock_ms() of the last change of condition; 0: none yet */
    uint64_t sync_began_ms, sync_began_bytes; /* when and with how much to do it was first seen */
    char text[200];
    char refused[200]; /* why the order was not carried out; empty: it was */
};

/* relevod's wishes for one mirror. */
struct drbd_wish {
    uint32_t mirror;
    uint32_t refresh;  /* 1: the numbers are to be asked for; the kernel tells of few changes */
    uint32_t use;      /* enum drbd_use */
    uint32_t released; /* the break of the link for which the peer is known to be stale or dead */
    uint32_t order;    /* enum drbd_order; with */
    uint32_t ticket;   /* its number, from 1 */
};

bool drbd_config_ok(const void *data, size_t size);
size_t drbd_config_size(uint32_t mirrors);
bool drbd_status_ok(const void *data, size_t size, uint32_t mirrors);
bool drbd_wish_ok(const void *data, size_t size, uint32_t mirrors);
