/* relevod itself: the event loop and what hangs on it. */
#pragma once
#include "config/site.h"

/* Runs until SIGTERM, then stops the guests; returns the exit status. */
int daemon_run(const struct site_source *source);
