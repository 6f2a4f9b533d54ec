/* Running a program to its end, for workers: blocks. */
#pragma once
#include "base/err.h"

/* argv: closed with NULL, argv[0] the path. 0 if it exits with 0, else -1 and what it has
 * written. The caller's own deadline, a parent's kill, is what bounds it; the program dies with it.
 */
int program_run(char *const argv[], struct err *e);
