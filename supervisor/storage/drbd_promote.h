/* Making a guest's mirrors Primary before it is built. */
#pragma once
#include "base/err.h"
#include "config/guest.h"

/* Makes each of the guest's disks that is a mirror Primary on this node; 0 also where none is. Asks
 * the kernel, which may ask the peer and relevod: only for workers. -1 and why not. */
int drbd_promote_disks(const struct guest *guest, struct err *e);
