/* Where libxenlight's and libxenctrl's messages go: to the log, and the first error to whoever asks
 * why a call failed. */
#pragma once
#include <stdbool.h>
#include <xentoollog.h>

struct xen_log {
    xentoollog_logger vtable; /* first: libraries get a pointer to it */
    char first_error[300];    /* since xen_log_reset(); empty: none */
    bool from_script;         /* it is what a hotplug program said */
};

void xen_log_init(struct xen_log *log);
void xen_log_reset(struct xen_log *log);
