/* How long the kernel waits for a path: the SCSI layer for a command and for the path's recovery,
 * Fibre Channel for a port that has gone. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "config/multipath.h"

/* Pure: in which order a remote port's two times are written, from what dev_loss_tmo is now.
 * fast_s: MULTIPATH_NEVER for off. */
#define TUNE_WRITES_MAX 3
struct tune_write {
    bool dev_loss; /* else fast_io_fail_tmo */
    uint32_t value_s;
};
uint32_t tune_order(uint32_t loss_now_s, uint32_t loss_s, uint32_t fast_s,
                    struct tune_write write[TUNE_WRITES_MAX]);

/* Sets what of a path differs from the configuration; what its transport does not have is passed
 * over. Never waits: the kernel only keeps these numbers. A failure is said, and borne. */
void tune_path(const struct site_multipath *want, const char *name);
