/* Where relevod keeps what must outlive it: a tmpfs, gone when the host is. */
#pragma once
#include <stddef.h>

/* /run/relevo, or $RELEVO_RUN (tests). */
const char *run_dir(void);

/* "RUN_DIR/a" or "RUN_DIR/a/b" (b may be NULL) into path; -1 if it does not fit. */
int run_path(char *path, size_t size, const char *a, const char *b);
