/* Where relevod keeps what must outlive it: a tmpfs, gone when the host is. */
#pragma once
#include <stddef.h>

#include "base/err.h"

/* /run/relevo, or $RELEVO_RUN (tests). */
const char *run_dir(void);

/* "RUN_DIR/a" or "RUN_DIR/a/b" (b may be NULL) into path; -1 if it does not fit. */
int run_path(char *path, size_t size, const char *a, const char *b);

/* What is remembered of one thing among many is the file of its name in a folder. Reading is as in
 * file_read(); saving makes the folder, and replaces the file in one step. */
int run_load(const char *folder, const char *name, char *text, size_t size);
int run_save(const char *folder, const char *name, const char *text, struct err *e);
void run_forget(const char *folder, const char *name);

/* Calls found() with the name of each file in the folder, in no order. It may forget that one. */
void run_for_each(const char *folder, void (*found)(const char *name, void *data), void *data);
