/* Fence devices: having a node switched off, and being told by the device that it is off. */
#pragma once
#include "base/child.h"
#include "base/timer.h"
#include "config/cluster.h"

/* What a worker needs to know: one node and its device. */
struct fence_order {
    char node[CLUSTER_NAME_SIZE];
    struct cluster_fence by; /* target: of an exec: device the whole path */
    char password_file[CLUSTER_DEVICE_SIZE];
};

/* Fills an order. -1: the node has no device, or a path does not fit. */
int fence_order(struct fence_order *order, const struct cluster_node *node, const char *folder);

/* Switches off, and asks until the device says "off". Whether switching off went well does not
 * count: a node that is off may answer with an error. Blocks, at most FENCE_MS. -1: not confirmed.
 */
int fence_off(const struct fence_order *order, struct err *e);
/* Asks once: *off. -1: the device does not say. */
int fence_is_off(const struct fence_order *order, bool *off, struct err *e);

#define FENCE_MS 45000 /* a BMC takes some seconds for each answer, and for the power to fall */

struct fence_events {
    /* The device has confirmed: this generation of the node, and any before it, is off. */
    void (*fenced)(void *owner, uint8_t node, uint32_t generation);
};

struct fencing {
    qb_loop_t *loop;
    const struct cluster_config *cluster;
    const struct fence_events *events;
    void *owner;
    struct fence_work {
        struct fencing *fencing;
        struct child *child;
        uint32_t generation; /* that was running when the worker started */
        bool answered, confirmed, dropped;
        uint32_t failures;
        uint64_t not_before_ms; /* after a failure */
        char problem[256];      /* of the last attempt; empty: none, or it went well */
    } node[CORE_NODES];
};

/* It must stay in place; events must outlive it, and cluster until another is put in its place. */
void fencing_init(struct fencing *f, qb_loop_t *loop, const struct cluster_config *cluster,
                  const struct fence_events *events, void *owner);

/* Has a node switched off: to be called again and again for as long as that is wanted. A worker is
 * started unless one is at work, or the last one failed a short while ago. Never blocks. */
void fencing_want(struct fencing *f, uint8_t node, uint32_t generation);

/* Gives up what is under way to switch off a generation of a node that is not this one any more. */
void fencing_keep(struct fencing *f, uint8_t node, uint32_t generation);

/* The role: one order, then it ends. */
int fence_role(void);

/* `relevo fence off|status NODE [FOLDER]`: by hand, without relevod. An exit status. */
int fence_command(int argc, char **argv);
