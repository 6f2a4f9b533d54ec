/* What the SSH server reads: who may log in, and the host's key. */
#pragma once
#include "base/err.h"
#include "config/site.h"

/* Writes RUN_DIR/ssh/authorized_keys, from sshkey= and the site's authorized_keys, and
 * RUN_DIR/ssh/host_key, the site's ssh_host_key or a new one, whose fingerprint it tells. Runs
 * dropbearkey and waits for it. Returns 0, or -1 with the reason in the log. */
int ssh_prepare(const struct site_source *source);

/* Writes the first of the two alone, for a site and the folder that it was read from: small files,
 * no other process. */
int ssh_authorize(const struct site *site, const char *folder, struct err *e);
