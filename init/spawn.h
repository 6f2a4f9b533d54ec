/* Starting a child: everything between fork and exec. sys_start() and sys_start_failed() of sys.h
 * are here.
 *
 * How a failed exec travels back: parent and children share one small block of memory with a place
 * for each service. A child that cannot go on writes there what failed, and exits; the parent reads
 * it when it has collected the child. No pipe, no descriptor, nothing to wait for. */
#pragma once
#include <stdbool.h>

/* Makes the shared block: init's only mmap. Once, before the first start. False: said, and children
 * that fail to start then look as if their program had exited with status 127. */
bool spawn_open(void);

/* Replaces this process by the program, with the environment that every service gets, which is
 * constant. Returns only on failure, with errno set. */
void execute(const char *path, const char *const *argv);
