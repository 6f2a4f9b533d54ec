/* The watchdog of the hardware, behind Xen's: it ends the host where Xen itself hangs. What opens
 * or feeds it may block (a BMC answers when it likes), so a process of its own does, and relevod
 * never waits for it. It is fed when Xen's is (R14), and nothing rests on it: without one, or with
 * one that is stuck, Xen's is as good as ever. */
#pragma once
#include <stddef.h>

#include "base/kept.h"
#include "cluster/hardware_device.h"

/* A feed that the process comes to later than this is not carried out: its lease may be over. */
#define HARDWARE_LATE_MS 1000

enum hardware_type {
    HARDWARE_FEED = 1, /* relevod: the host may live on, for seconds from at_ms */
    HARDWARE_STOP,     /* relevod: it goes down in order */
    HARDWARE_STATE,    /* the process: what has become of it */
};

struct hardware_order {
    uint32_t type;
    uint32_t seconds;
    uint64_t at_ms; /* when it was decided, by clock_ms() */
};

struct hardware_state {
    uint32_t type;
    uint32_t seconds;              /* after which it resets the host; 0: it is not armed */
    char name[HARDWARE_NAME_SIZE]; /* as its driver calls itself; empty: there is none */
    char text[160];                /* what is wrong; empty: nothing */
};

bool hardware_order_ok(const void *data, size_t size);
bool hardware_state_ok(const void *data, size_t size);

struct hardware {
    struct kept process;
    struct hardware_state state; /* as last heard of */
    uint32_t devices;            /* those that there were when the process was started */
    struct timer wait;
    void (*stopped)(void *data);
    void *stopped_data;
};

/* Nothing runs before the first feed, or where there is no such device. The hardware must stay in
 * place. */
void hardware_init(struct hardware *hardware, qb_loop_t *loop);

/* To be called whenever Xen's watchdog has been fed; the first time arms it, or the first time that
 * there is one. Never blocks. */
void hardware_feed(struct hardware *hardware, uint32_t seconds);

/* Disarms it, and calls stopped(data) from the loop when that is done, or after some seconds. */
void hardware_stop(struct hardware *hardware, void (*stopped)(void *data), void *data);

/* The role. */
int hardware_role(void);
