/* relevod itself: the event loop and what hangs on it. */
#pragma once
#include "config/site.h"

/* Runs until SIGTERM, then stops the guests. Returns 0, or -1 if it could not begin. */
int daemon_run(const struct site_source *source);
