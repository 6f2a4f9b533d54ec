/* The device of state= as the kernel gives it. */
#pragma once
#include "cluster/state_device.h"

/* Opens it for this process alone; io is then good until state_close(). Blocks, as all that is done
 * with it. -1: not there, too small, or in use. */
int state_open(struct state_io *io, const char *path, bool writable, struct err *e);
void state_close(struct state_io *io);
