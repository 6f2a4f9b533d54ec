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
    /* One for each configured LUN; all 0: unknown. Mostly never touched, so it costs no memory. */
    struct multipath_status status[SITE_MULTIPATHS_MAX];
};

void multipath_init(struct multipath *multipath, qb_loop_t *loop);

/* Makes site's LUNs those to assemble, at start-up and whenever the configuration is read again.
 * The site must outlive its use; the one before may go after the call. */
void multipath_take(struct multipath *multipath, const struct site *site);

/* Whether those of the guest's disks that are configured LUNs can be used. multipath: a struct
 * multipath. */
bool multipath_ready(const struct guest *guest, void *multipath);

/* Looks for new LUNs, paths and sizes. 0 and what happens now in said, or -1. */
int multipath_rescan(struct multipath *m, struct err *said);
