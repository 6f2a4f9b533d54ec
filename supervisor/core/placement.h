/* Where guests should run. */
#pragma once
#include "core/node.h"

/* The node lives, is in touch, has a lease and a watchdog, and takes guests. */
bool placement_is_able(const struct node *n, uint8_t node, uint64_t now);

/* The node could not start the guest, or cannot have its disks, or knows no such guest. */
bool placement_is_unfit(const struct node *n, int index, uint8_t node, uint64_t now);

/* Whether the guest could run on the node by all that is known here: able, devices, fresh mirrors,
 * memory, apart, together; judged by n->scratch. index: of the guest in the site. */
bool placement_fits(const struct node *n, int index, uint8_t node, uint64_t now);

/* The same but for the memory. */
bool placement_suits(const struct node *n, int index, uint8_t node, uint64_t now);

/* Claims for guests without an owner, and goals for those that should move. */
void placement_wishes(struct node *n, struct wishes *w, uint64_t now);
