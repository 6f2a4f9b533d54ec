/* The register's messages: a round is prepared, promised, accepted, and then chosen. */
#pragma once
#include "core/node.h"

/* Proposes the changes. */
void rounds_begin(struct node *n, const struct wishes *w, uint64_t now, struct actions *out);

/* Once a heartbeat: asks again those that have not answered, and gives up what gets no further. */
void rounds_beat(struct node *n, uint64_t now, struct actions *out);

/* Any message but heartbeats and requests. */
void rounds_message(struct node *n, const struct message *m, uint64_t now, struct actions *out);
