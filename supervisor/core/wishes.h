/* What this node wants changed in the ledger, and who proposes it. A wish is derived from what is,
 * each time, not queued: a lost request is asked again. */
#pragma once
#include "core/node.h"

/* Collects what this node wants changed, and sees that it is proposed: here or by the leader. */
void wishes_drive(struct node *n, uint64_t now, struct actions *out);

/* Another node's, to be proposed here. */
void wishes_requested(struct node *n, const struct request *r, uint64_t now);

/* The operator's: wished for until the ledger shows it, or for a minute. */
void wishes_command(struct node *n, const struct change *c, uint64_t now);
