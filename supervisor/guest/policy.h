/* Which guests this node is to run. The one place that decides it. */
#pragma once
#include "guest/guests.h"
#include "guest/plan.h"

/* As the cluster orders, if there is one; else those whose home is this node, unless held. A domain
 * that is this node's work runs on when the configuration drops its guest, and is shut down with
 * the node. */
enum plan_wish policy_wish(const struct guest_run *run);

/* Whether the configuration has this node run the guest. */
bool policy_is_ours(const struct guest_run *run);

/* Whether it is the guest's turn. Starts: at most GUEST_STARTS_MAX at once, in order of priority,
 * after the guests it names, and when
 * its disks are there. Stops, when the node goes down: the reverse. */
bool policy_may_start(const struct guest_run *run);
/* Why it is not: false, and why undefined, if it is. */
bool policy_waits(const struct guest_run *run, char *why, size_t size);
bool policy_may_stop(const struct guest_run *run);
