/* What ends this host when relevod does not: Xen's watchdog for a domain, which for dom0 means the
 * host and all its guests. The first feed arms it. Nothing here blocks.
 * watchdog_xen.c is the real one; tests/fake_watchdog.c keeps it in a folder. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct watchdog;

/* seconds: W, after which the host is
 * reset. armed: an earlier relevod of this boot has armed it, and it runs. NULL on failure. */
struct watchdog *watchdog_open(uint32_t seconds, bool armed, struct err *e);

/* From now on the host is reset after W, unless it is fed again. */
int watchdog_feed(struct watchdog *w, struct err *e);

/* Ends it in order; -1 if it may still fire. */
int watchdog_disarm(struct watchdog *w, struct err *e);

/* Resets the host, at once and without a word to anything that runs on it. */
_Noreturn void watchdog_reset_host(void);
