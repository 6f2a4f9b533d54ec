/* A guest's description in libxenlight's terms. */
#pragma once
#include <libxl.h>

#include "base/err.h"
#include "config/guest.h"

/* Fills config, which the caller has initialised and disposes of. Fails on what the description
 * names and this host does not have: files, disks. */
int xen_build_config(libxl_ctx *ctx, const struct guest *guest, libxl_domain_config *config,
                     struct err *e);

/* The same for one disk, which the caller disposes of in any case. */
int xen_build_disk(const struct guest_disk *from, libxl_device_disk *to, struct err *e);
