/* Who is suspected, who is dead, and what follows: the duties of the node that proposes. */
#pragma once
#include "core/node.h"

/* The node that proposes for everybody, as seen from here: the lowest-numbered one that is heard
 * and holds a lease; if none does, the lowest-numbered one that is heard. Safety does not depend on
 * there being one, or only one. */
uint8_t takeover_leader(const struct node *n, uint64_t now);

/* The node is linked both ways with a majority, as far as can be told from here: it could have a
 * lease. */
bool takeover_is_well(const struct node *n, uint8_t node, uint64_t now);

/* R31: another era begins, in which the numbers of suspicions and generations mean other things. */
void takeover_forget(struct node *n);

/* Starts the clocks of the suspicions that the known value holds and did not hold before. */
void takeover_learned(struct node *n, uint64_t now);

/* What the proposing node wants changed: suspicions and what becomes of them, moves, claims. */
void takeover_wishes(struct node *n, struct wishes *w, uint64_t now);

/* What any node may know of its own: that a fence device or the operator has answered. */
void takeover_fenced_wishes(struct node *n, struct wishes *w);

/* Has nodes switched off where there is a fence device. */
void takeover_fence(struct node *n, uint64_t now, struct actions *out);
