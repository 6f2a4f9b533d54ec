/* Running a program to its end, for workers: blocks. The program dies with its caller. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* argv: closed with NULL, argv[0] the path. 0 if it exits with 0, else -1 and what it has
 * written. The caller's own deadline, a parent's kill, is what bounds it. */
int program_run(char *const argv[], struct err *e);

/* The same with a time limit (0: none), for programs whose answer counts: the exit status, or -1
 * where there is none. said: what it has written, its lines joined to one. */
int program_ask(char *const argv[], uint32_t limit_ms, char *said, size_t size, struct err *e);
