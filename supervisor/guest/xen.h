/* Xen, as workers see it. Everything here may block: never call it from relevod itself.
 * xen_libxl.c is the real one; tests/fake_xen.c keeps a world in a folder. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/guest.h"

#define XEN_DOMAINS_MAX  512
#define XEN_DISKS_MAX    (2 * GUEST_DISKS_MAX) /* some may be attached by hand */
#define XEN_CONSOLE_SIZE 2048                  /* bytes that a console keeps (xen/io/console.h) */

enum xen_state {
    XEN_UNBUILT, /* never ran: being built, or left half-built */
    XEN_RUNNING, /* or paused or blocked after it ran */
    XEN_ENDED,   /* shut down or crashed; waits to be destroyed */
    XEN_DYING,   /* destroyed, but not all of its memory is back yet */
    XEN_STATES,
};

struct xen_domain {
    uint32_t domid;
    uint8_t uuid[16];
    char name[GUEST_NAME_SIZE]; /* empty when xenstore has none (any more) */
    uint8_t state;              /* enum xen_state */
    uint8_t end;                /* enum guest_end, of XEN_ENDED */
    bool paused;
};

struct xen;

/* Connects to the hypervisor and to xenstore; NULL on failure. */
struct xen *xen_open(struct err *e);
void xen_close(struct xen *xen);

/* Lets dom0 have a processor before guests that all want one: a host that is busy with theirs must
 * be heard by its peers in time. */
int xen_prefer_dom0(struct xen *xen, struct err *e);

/* All domains but dom0, at most max of them: how many, or -1. */
int xen_list(struct xen *xen, struct xen_domain *domain, int max, struct err *e);

/* Checks memory and disks, builds the guest paused, and lets it run. Leaves nothing behind when it
 * fails. */
int xen_create(struct xen *xen, const struct guest *guest, uint32_t *domid, struct err *e);

/* Ends the domain without asking it, and waits until its devices are released. */
int xen_destroy(struct xen *xen, uint32_t domid, struct err *e);

/* What the domain wrote last to its console, as it wrote it; zeros before that, if it was less.
 * Also of one that has ended. */
int xen_last_words(struct xen *xen, uint32_t domid, char text[XEN_CONSOLE_SIZE], struct err *e);

/* Asks the domain to power itself off; does not wait for it. */
int xen_shutdown(struct xen *xen, uint32_t domid, struct err *e);

/* The domain's disks as they are now, at most max: how many, or -1. Of each only path, vdev and
 * writable are filled. */
int xen_disks(struct xen *xen, uint32_t domid, struct guest_disk *disk, int max, struct err *e);
/* Waits until the backend serves the disk; the guest takes it when it likes. */
int xen_attach(struct xen *xen, uint32_t domid, const struct guest_disk *disk, struct err *e);
/* Asks the guest for the disk back; fails if it does not give it within seconds (mounted, say). It
 * may still do so later. */
int xen_detach(struct xen *xen, uint32_t domid, const char *vdev, struct err *e);

/* Prepares for xen_watch_next(): a descriptor that becomes readable when a domain came or ended. */
int xen_watch(struct xen *xen, struct err *e);

/* Takes what the descriptor has to say, without waiting. -1: the connection is lost. */
int xen_watch_take(struct xen *xen, struct err *e);
