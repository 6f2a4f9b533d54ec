/* The console of a domain: a page that it shares with xenconsoled, in which what it wrote stays
 * after it was read. For xen_libxl.c. */
#pragma once
#include <stdint.h>
#include <xenstore.h>

#include "guest/xen.h"

/* xen_last_words(), through this connection. */
int xen_console_read(struct xs_handle *xs, uint32_t domid, char text[XEN_CONSOLE_SIZE],
                     struct err *e);
