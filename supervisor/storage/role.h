/* The multipath role, and relevod's side of it. What looks at SAN disks may wait for them: so not
 * in relevod's loop. The role itself looks only at what the kernel keeps; what waits for a device
 * is done by its own workers. */
#pragma once
#include <qb/qbloop.h>

#include "base/kept.h"
#include "config/site.h"
#include "storage/status.h"

/* The role: converges whenever the kernel tells of a change, until its parent is gone. */
int multipath_role(void);

/* relevod's side: keeps the role running. */
struct multipath {
    const struct site *site;
    struct kept process;
    void (*changed)(void *data); /* a LUN has come, gone or been lost */
    void *changed_data;
    struct multipath_status *status; /* one for each configured LUN; paths 0 and no text: unknown */
};

/* The site must outlive it. Returns -1 when out of memory. */
int multipath_init(struct multipath *m, qb_loop_t *loop, const struct site *site, struct err *e);

/* Starts the role, if anything is configured. */
void multipath_begin(struct multipath *m);

/* Whether those of the guest's disks that are configured LUNs can be used. multipath: a struct
 * multipath. */
bool multipath_ready(const struct guest *guest, void *multipath);

/* Looks for new LUNs, paths and sizes. 0 and what happens now in said, or -1. */
int multipath_rescan(struct multipath *m, struct err *said);
