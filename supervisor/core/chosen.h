/* What is known to be chosen, and what it says of this node. */
#pragma once
#include "core/node.h"

/* Somebody names this node: another incarnation than this is an earlier one. */
void chosen_note_name(struct node *n, uint64_t named);

/* Somebody has used this ballot: the next one of ours must be higher. */
void chosen_note_ballot(struct node *n, const struct ballot *b);

/* Takes note of a chosen value; an older one than the known changes nothing. */
void chosen_learn(struct node *n, const struct ballot *b, const struct ledger *v, uint64_t now,
                  struct actions *out);

void chosen_tell(struct node *n, uint8_t to, struct actions *out);

/* R23: an incarnation that was declared dead, or replaced, resets its host: what it may still have
 * queued somewhere dies with it. */
void chosen_check_alive(struct node *n, struct actions *out);
