/* The freshness of mirrors, as their primary sees it. */
#pragma once
#include "core/node.h"

/* EVENT_MIRROR_FROZEN and EVENT_MIRROR_SYNCED. */
void mirror_frozen(struct node *n, int index, struct actions *out);
void mirror_synced(struct node *n, int index);

/* Lets writes go on where the known value has the mark of the present break. */
void mirrors_converge(struct node *n, struct actions *out);

void mirrors_wishes(struct node *n, struct wishes *w);
