/* Room for a guest that no node has the memory for. */
#pragma once
#include "core/node.h"

/* Guests of lower priority give way to it, the lowest first, on the first of its nodes where that
 * is enough; none where it would not be. index: of the guest in the site; it has no owner. */
void room_wishes(struct node *n, struct wishes *w, int index, uint64_t now);
