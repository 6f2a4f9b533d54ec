/* The multipath role, and relevod's side of it. What looks at SAN disks may wait for them: so not
 * in relevod's loop. The role itself looks only at what the kernel keeps; what waits for a device
 * is done by its own workers. */
#pragma once
#include <qb/qbloop.h>

#include "base/kept.h"
#include "config/site.h"
#include "guest/guests.h"
#include "storage/status.h"

/* The role: converges whenever the kernel tells of a change, until its parent is gone. */
int multipath_role(void);

/* relevod's side: keeps the role running. */
struct multipath {
    const struct site *site;
    struct kept process;
    void (*changed)(void *data); /* a LUN has come, gone or been lost */
    void *changed_data;
    void (*released)(void *data); /* called once when no I/O waits any more; NULL: not asked for */
    void *released_data;
    struct timer patience; /* for that */
    /* One for each configured LUN; all 0: unknown. Mostly never touched, so it costs no memory. */
    struct multipath_status status[SITE_MULTIPATHS_MAX];
};

/* Of one that is all zero: what is not used is never touched. */
void multipath_init(struct multipath *multipath, qb_loop_t *loop);

/* Makes site's LUNs those to assemble, at start-up and whenever the configuration is read again.
 * The site must outlive its use; the one before may go after the call. */
void multipath_take(struct multipath *multipath, const struct site *site);

/* How those of the guest's disks are that are configured LUNs: the worst of them, and in why
 * (unless all are ready) which and for what reason. multipath: a struct multipath. */
enum guest_disks multipath_disks(const struct guest *guest, char *why, size_t size,
                                 void *multipath);

/* What operators ask for: 0 and what happens now in said, or -1. */

/* Looks for new LUNs, paths and sizes. */
int multipath_rescan(struct multipath *m, struct err *said);
/* Takes a map away, and its devices too if asked, until multipath_add() or the host's reboot. user:
 * a guest that runs on it, or NULL. */
int multipath_remove(struct multipath *m, const char *alias, bool delete_paths, const char *user,
                     struct err *said);
int multipath_add(struct multipath *m, const char *alias, struct err *said);

/* The node goes down. First: I/O without a path waits for seconds only, lest guests that are to be
 * destroyed hang. Then, when they are gone: no I/O waits any more, lest the shutdown hangs; calls
 * released(data) when that is so, or after some seconds. */
void multipath_leave(struct multipath *m);
void multipath_release(struct multipath *m, void (*released)(void *data), void *data);

/* --- for its own parts --- */

/* Logs that something has happened to the storage of the guests on the LUN. */
void multipath_tell_guests(const struct multipath *m, const char *alias, const char *what);
void multipath_finish_release(struct multipath *m);
void multipath_give_up_release(void *multipath);
