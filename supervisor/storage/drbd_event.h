/* What the kernel's DRBD tells over generic netlink, read and entered into a mirror's state. Pure:
 * drbd_netlink.c does the receiving. */
#pragma once
#include "storage/drbd_state.h"

#define DRBD_RESOURCE_SIZE 128

enum drbd_event_kind {
    DRBD_EVENT_OTHER,
    DRBD_EVENT_RESOURCE,
    DRBD_EVENT_DEVICE,
    DRBD_EVENT_CONNECTION,
    DRBD_EVENT_PEER,
    DRBD_EVENT_NUMBERS, /* generations, progress: beside every change, and while a sync runs */
    DRBD_EVENT_HELPER,  /* the helper program was called, or has answered */
    DRBD_EVENT_ALL_TOLD /* the end of an answer */
};

struct drbd_event {
    enum drbd_event_kind kind;
    char resource[DRBD_RESOURCE_SIZE];
    bool gone;    /* no longer there; of a helper: it has ended */
    bool numbers; /* there is a disk, which has them */
    char helper[32];
    struct drbd_state state; /* the fields that this kind of event has */
};

/* Reads one netlink message of size bytes, header and all. Whatever is not understood is
 * DRBD_EVENT_OTHER. */
void drbd_event_parse(void *message, size_t size, struct drbd_event *event);

/* Enters it into the state of the mirror that it names. */
void drbd_event_apply(const struct drbd_event *event, struct drbd_state *state);
