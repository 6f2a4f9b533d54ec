/* Heartbeats and their echoes, and the watchdog that is fed on them. */
#pragma once
#include "core/node.h"

void heartbeat_send(struct node *n, uint64_t now, struct actions *out);
void heartbeat_heard(struct node *n, const struct message *m, uint64_t now, struct actions *out);

/* R14: the watchdog is fed only on a valid lease, or while nothing runs that it would have to end;
 * and it is first armed on the first proof. */
void heartbeat_feed(struct node *n, uint64_t now, struct actions *out);
