/* This node's part in the cluster: core/ on a real node. It brings core/ the clock, corosync's
 * messages and what becomes of guests, and carries out what core/ decides, in its order. */
#pragma once
#include <qb/qbloop.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/site.h"

struct cluster;
struct guest_run;
struct json;

/* What it works with. */
struct cluster_parts {
    struct guests *guests;
    struct multipath *multipath;
    struct drbd *drbd;
};

/* Of a node that may have a cluster. incarnation: init's name for this boot, 16 hex digits. NULL
 * when out of memory. */
struct cluster *cluster_new(qb_loop_t *loop, const struct cluster_parts *parts,
                            const char *incarnation);

/* Whether a running node may take this configuration: guests may come and change; nodes, names and
 * timing stay until the next boot, and so do guests that this node owns. */
int cluster_may_take(const struct cluster *cluster, const struct site *site, struct err *e);

/* Takes a configuration that the guests have taken. The first one begins, if it has a cluster, as
 * soon as it is known what runs in Xen. Any other means what a new relevod would. */
void cluster_take(struct cluster *cluster, const struct site *site);

/* Whether a cluster decides on guests here. */
bool cluster_decides(const struct cluster *cluster);

/* Something about guests' disks has changed. */
void cluster_look_at_disks(struct cluster *cluster);

/* The node goes down in order: no guest is started here, and each is given away as soon as it has
 * stopped. guests_leave() is to follow. */
void cluster_leave(struct cluster *cluster);

/* ... and then, when the guests are gone: calls left(data) when the others know, or after a moment,
 * with the watchdog disarmed. Waits for those that go down at the same time, and still need a
 * majority. */
void cluster_finish(struct cluster *cluster, void (*left)(void *data), void *data);

/* --- the operator's side: 0 and what happens now in said, or -1 --- */

int cluster_run(struct cluster *cluster, const char *guest, bool on, struct err *said);
int cluster_move(struct cluster *cluster, const char *guest, const char *node, struct err *said);
int cluster_drain(struct cluster *cluster, const char *name, bool on, struct err *said);
int cluster_confirm_down(struct cluster *cluster, const char *name, struct err *said);

/* The mirror's stale side on that node counts as current from now on. sure: false: only says what
 * would be lost, and returns -1. */
int cluster_override(struct cluster *cluster, const char *mirror, const char *name, bool sure,
                     struct err *said);

/* Whose the guest is by the ledger; empty: nobody's, or no cluster decides. */
const char *cluster_owner(const struct cluster *cluster, const struct guest_run *run);

/* Writes the member "other_sites": what differs in other nodes' sites. */
void cluster_sites_json(const struct cluster *cluster, struct json *j);

/* Writes the members of the cluster document; see relevo(8). */
void cluster_json(const struct cluster *cluster, struct json *j);
