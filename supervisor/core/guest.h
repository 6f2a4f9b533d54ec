/* The guests of this node: what is done with each, from what the ledger says and what was seen. */
#pragma once
#include "core/node.h"

/* The guest's entry if this incarnation owns it by the known value, else NULL. */
const struct ledger_guest *guest_owned(const struct node *n, int index);

/* What workers report of the guest with that index; see the events of the same names. */
void guest_running(struct node *n, int index, uint64_t now);
void guest_ended(struct node *n, int index, enum guest_end end, uint64_t now, struct actions *out);
void guest_gone(struct node *n, int index, uint64_t now);
void guest_offer_ready(struct node *n, int index, uint64_t now, struct actions *out);
void guest_offer_failed(struct node *n, int index, uint64_t now);
void guest_incoming(struct node *n, int index, uint32_t epoch, uint64_t now);

/* Starts, stops, kills, moves: whatever separates what is from what should be. */
void guest_converge_all(struct node *n, uint64_t now, struct actions *out);

/* What was given away and is still ours by the known value. */
void guest_wishes(struct node *n, struct wishes *w, uint64_t now);

/* Nothing of ours runs, and no worker could make it run. */
bool guest_all_idle(const struct node *n);

/* For the heartbeat. */
void guest_summary(const struct node *n, uint64_t now, struct guestset *unfit,
                   struct guestset *running);
