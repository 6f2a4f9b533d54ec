/* The rules in the kernel: tc's flower classifier on the interface's ingress, before the bridge
 * sees a frame. They vanish with the interface. These calls wait for the kernel. */
#pragma once
#include "network/filter_rules.h"

struct nl_sock;

struct filter_count {
    uint64_t packets[FILTER_CLASSES];
    uint32_t rules; /* in the kernel */
};

/* Makes the rules anew: none at all where the filter is off. While that lasts, frames pass that the
 * filter would drop: the interface must be down. */
int filter_set(struct nl_sock *sock, const struct vif *vif, struct err *e);

/* What each class has matched since the rules were made, and how many there are. */
int filter_read(struct nl_sock *sock, int index, struct filter_count *count, struct err *e);

/* Whether what was read has all rules. */
bool filter_is_set(const struct vif *vif, const struct filter_count *count);
